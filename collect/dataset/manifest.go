package dataset

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"regexp"
	"slices"
)

// The name and version every manifest carries.
const (
	Format  = "premlp-dataset"
	Version = 1
)

// DefaultShardBytes is the size a rows file does not pass unless a single
// question is larger.
const DefaultShardBytes = 1 << 30

// Limits that keep a hostile manifest from asking for absurd amounts of memory.
const (
	maxManifestBytes = 64 << 20
	maxDim           = 1 << 24
	maxLayers        = 1 << 16
	maxSites         = 64
	maxStats         = 8
)

// Manifest is exactly what determines the bytes of a dataset. Its JSON has one
// form: keys in the order of the fields, indented by two spaces.
type Manifest struct {
	Format    string     `json:"format"`  // set by Create
	Version   int        `json:"version"` // set by Create
	Model     Model      `json:"model"`
	Tokenizer Tokenizer  `json:"tokenizer"`
	Chat      Chat       `json:"chat"`
	Target    string     `json:"target"`
	Controls  []string   `json:"controls"`
	Templates []Template `json:"templates"`

	// These are left out where they are empty.
	Concepts    []Concept `json:"concepts,omitempty"`    // in what forms templates name the target and controls
	Paraphrased bool      `json:"paraphrased,omitempty"` // the questions have the concepts' paraphrases for their names
	Related     string    `json:"related,omitempty"`     // sha256 of related.json

	Sites       []string       `json:"sites"`         // as layers.Site, in the order stored
	Layers      []int          `json:"layers"`        // ascending
	DType       DType          `json:"dtype"`         // of the rows
	Dim         int            `json:"dim"`           // D, the length of a row
	StatsPerRow map[string]int `json:"stats_per_row"` // site → statistics of its norm; sites without any are left out
	Arithmetic  string         `json:"arithmetic"`    // names the numeric contract of the rows

	Questions       int    `json:"questions"`        // set by Create
	Rows            int64  `json:"rows"`             // token positions of all questions; set by Create
	QuestionsDigest string `json:"questions_digest"` // sha256 of questions.jsonl; set by Create
	Seed            int64  `json:"seed"`
	ShardBytes      int64  `json:"shard_bytes"` // 0 in Create: DefaultShardBytes
}

// Model names the weights the rows were computed with.
type Model struct {
	Name         string `json:"name"` // the model's own name, never a path
	Architecture string `json:"architecture"`
	Digest       string `json:"digest"` // sha256 of the weights
	// ConfigDigest is the sha256 of config.json; it is left out where the weights'
	// own file holds the config.
	ConfigDigest string `json:"config_digest,omitempty"`
	Layers       int    `json:"layers"` // of the whole model
	Dim          int    `json:"dim"`
	Vocab        int    `json:"vocab,omitempty"`
}

// Tokenizer names what turned prompts into tokens.
type Tokenizer struct {
	Digest string `json:"digest"`
}

// Chat says how a question became a prompt.
type Chat struct {
	Used           bool    `json:"used"` // false: the question is the prompt
	TemplateDigest string  `json:"template_digest"`
	System         *string `json:"system"` // nil: the template's own default
	Date           string  `json:"date"`   // the day the template was shown, YYYY-MM-DD; "" where it asks for none
}

// Template is a question with a place for the concept.
type Template struct {
	Text    string              `json:"text"` // holds {concept}, or a place for another form
	Type    string              `json:"type"`
	Origin  string              `json:"origin,omitempty"`  // "generated": by a model
	Answers map[string][]string `json:"answers,omitempty"` // concept → right answers
}

// Concept is how questions name a concept, where that is not its name alone.
type Concept struct {
	Name          string   `json:"name"`
	WithArticle   string   `json:"with_article,omitempty"`
	Possessive    string   `json:"possessive,omitempty"`
	SentenceStart string   `json:"sentence_start,omitempty"`
	Aliases       []string `json:"aliases,omitempty"` // other names, which questions about other concepts must not hold
	Paraphrases   []string `json:"paraphrases,omitempty"`
}

var (
	siteName   = regexp.MustCompile(`^[a-z][a-z0-9_]{0,63}$`)
	digestForm = regexp.MustCompile(`^[0-9a-f]{64}$`)
)

// Validate checks everything about m that can be checked without the questions.
func (m *Manifest) Validate() error {
	if m.Format != Format {
		return fmt.Errorf("manifest: format: want %q, have %q", Format, m.Format)
	}
	if m.Version != Version {
		return fmt.Errorf("manifest: version: want %d, have %d", Version, m.Version)
	}
	if m.DType.Size() == 0 {
		return fmt.Errorf("manifest: dtype: want f32, bf16 or f16, have %q", m.DType)
	}
	if m.Dim < 1 || m.Dim > maxDim {
		return fmt.Errorf("manifest: dim: want 1 to %d, have %d", maxDim, m.Dim)
	}
	if m.Arithmetic == "" {
		return fmt.Errorf("manifest: arithmetic: want a name, have none")
	}
	if m.Questions < 1 {
		return fmt.Errorf("manifest: questions: want at least 1, have %d", m.Questions)
	}
	if m.ShardBytes < 1 {
		return fmt.Errorf("manifest: shard_bytes: want at least 1, have %d", m.ShardBytes)
	}
	if m.Related != "" && !digestForm.MatchString(m.Related) {
		return fmt.Errorf("manifest: related: want a sha256 in hex, have %q", m.Related)
	}
	if err := m.validateLayers(); err != nil {
		return err
	}
	return m.validateSites()
}

func (m *Manifest) validateLayers() error {
	if len(m.Layers) < 1 || len(m.Layers) > maxLayers {
		return fmt.Errorf("manifest: layers: want 1 to %d of them, have %d", maxLayers, len(m.Layers))
	}
	for i, l := range m.Layers {
		if l < 0 || l >= m.Model.Layers {
			return fmt.Errorf("manifest: layers[%d]: want 0 to %d, have %d", i, m.Model.Layers-1, l)
		}
		if i > 0 && l <= m.Layers[i-1] {
			return fmt.Errorf("manifest: layers[%d]: want more than %d, have %d", i, m.Layers[i-1], l)
		}
	}
	return nil
}

func (m *Manifest) validateSites() error {
	if len(m.Sites) < 1 || len(m.Sites) > maxSites {
		return fmt.Errorf("manifest: sites: want 1 to %d of them, have %d", maxSites, len(m.Sites))
	}
	for i, s := range m.Sites {
		if !siteName.MatchString(s) {
			return fmt.Errorf("manifest: sites[%d]: want a name like mlp_in, have %q", i, s)
		}
		if slices.Contains(m.Sites[:i], s) {
			return fmt.Errorf("manifest: sites[%d]: want each site once, have %q again", i, s)
		}
	}
	for _, s := range slices.Sorted(maps.Keys(m.StatsPerRow)) {
		if !slices.Contains(m.Sites, s) {
			return fmt.Errorf("manifest: stats_per_row: want sites of this dataset, have %q", s)
		}
		if n := m.StatsPerRow[s]; n < 1 || n > maxStats {
			return fmt.Errorf("manifest: stats_per_row: %s: want 1 to %d, have %d", s, maxStats, n)
		}
	}
	return nil
}

// layerIndex is the place of a layer among those stored, -1 where it is not.
func (m *Manifest) layerIndex(layer int) int {
	if i, ok := slices.BinarySearch(m.Layers, layer); ok {
		return i
	}
	return -1
}

// encode gives m's one JSON form.
func (m *Manifest) encode() ([]byte, error) {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	e.SetIndent("", "  ")
	if err := e.Encode(m); err != nil {
		return nil, fmt.Errorf("manifest: %w", err)
	}
	return b.Bytes(), nil
}

// decodeManifest reads a manifest.json. It accepts only the one form encode
// writes, so that the file and its digest stand for the same values.
func decodeManifest(data []byte) (*Manifest, error) {
	var head struct {
		Format  string `json:"format"`
		Version int    `json:"version"`
	}
	if err := json.Unmarshal(data, &head); err != nil {
		return nil, fmt.Errorf("manifest.json: %w: %w", ErrCorrupt, err)
	}
	if head.Format != Format || head.Version != Version {
		return nil, fmt.Errorf("manifest.json: format and version: want %s %d, have %s %d", Format, Version, head.Format, head.Version)
	}
	d := json.NewDecoder(bytes.NewReader(data))
	d.DisallowUnknownFields()
	var m Manifest
	if err := d.Decode(&m); err != nil {
		return nil, fmt.Errorf("manifest.json: %w: %w", ErrCorrupt, err)
	}
	if err := m.Validate(); err != nil {
		return nil, fmt.Errorf("manifest.json: %w: %w", ErrCorrupt, err)
	}
	same, err := m.encode()
	if err != nil {
		return nil, err
	}
	if !bytes.Equal(same, data) {
		return nil, fmt.Errorf("manifest.json: %w: want its canonical form, have a difference at byte %d", ErrCorrupt, difference(same, data))
	}
	return &m, nil
}

// difference is the first byte at which a and b differ.
func difference(a, b []byte) int {
	n := min(len(a), len(b))
	for i := range n {
		if a[i] != b[i] {
			return i
		}
	}
	return n
}
