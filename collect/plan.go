package collect

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"sync"
	"time"

	"premlp/collect/dataset"
	"premlp/model"
	"premlp/tokenizer"
)

// DefaultBatchTokens is how many tokens of prompts are computed at once. More
// make products larger and need more memory; the result does not depend on it.
const DefaultBatchTokens = 4096

// Options says which activations of a job are stored and how.
type Options struct {
	Sites       []model.Site
	Layers      []int // ascending
	DType       dataset.DType
	Threads     int
	BatchTokens int          // of prompts computed at once; 0: DefaultBatchTokens
	BatchBytes  int          // of rows held until they are written; 0: see DefaultBatchBytes
	Seed        int64        // recorded in the manifest
	ShardBytes  int64        // 0: dataset.DefaultShardBytes
	FastBF16    bool         // a lossy arithmetic, see model.SessionOptions
	FastTF32    bool         // another
	Device      model.Device // where rows are computed; nil: this machine's processor
	// Devices, where there are any, take the place of Device: each computes units of
	// its own.
	Devices   []model.Device
	NoSharing bool // compute what prompts begin with alike for each of them; the result is the same
	Dir       string
	Related   []byte // related.json, where the controls were found by package related; else nil

	Checked func(done, total int) // told of the questions that Prepare checked; may be nil

	Run dataset.RunInfo // who runs it; times and counts are filled in
}

// devices are those that compute; nil is this machine's processor.
func (o *Options) devices() []model.Device {
	if len(o.Devices) > 0 {
		return o.Devices
	}
	return []model.Device{o.Device}
}

// Plan is a job that is ready to run: its questions were built and checked, and
// it is known what the dataset will hold. It keeps counts of the questions and
// makes them again where they are needed.
type Plan struct {
	Manifest dataset.Manifest
	Findings []Finding // of the design checks; none is fatal
	Tokens   int       // of all prompts
	Bytes    int64     // the rows files will have

	loaded    *Loaded
	builder   *builder
	questions *dataset.List
	summary   Summary
	points    []model.Point
	session   *model.Session   // the first
	sessions  []*model.Session // one for each device
	runners   []runner         // the sessions
	options   Options
}

// Prepare builds and checks a job's questions and opens a session that computes
// what they need. The plan is to be closed.
func Prepare(ctx context.Context, l *Loaded, j Job, o Options) (*Plan, error) {
	p := &Plan{loaded: l, options: o, summary: Summary{Dir: o.Dir}}
	if err := p.survey(ctx, j); err != nil {
		return nil, err
	}
	if len(o.Sites) == 0 || len(o.Layers) == 0 {
		return nil, fmt.Errorf("options: want at least one site and layer, have %d and %d", len(o.Sites), len(o.Layers))
	}
	for _, layer := range o.Layers {
		for _, s := range o.Sites {
			p.points = append(p.points, model.Point{Site: s, Layer: layer})
		}
	}
	// The digest, which the manifest will state, is taken while weights are packed.
	var digest sync.WaitGroup
	digest.Go(func() { l.Model.Digest(ctx) }) // manifest asks again
	defer digest.Wait()                       // the caller may close the model
	err := p.openSessions()
	if err == nil {
		p.Manifest, err = p.manifest(ctx, j)
	}
	if err == nil {
		p.Bytes, _, err = dataset.Estimate(p.Manifest, p.questions)
	}
	if err != nil {
		return nil, errors.Join(err, p.Close())
	}
	return p, nil
}

// Len is the number of questions.
func (p *Plan) Len() int { return p.questions.Len() }

// ID is the id of question i.
func (p *Plan) ID(i int) string { return p.questions.ID(i) }

// Find returns the index of the question with an id, -1 where there is none.
func (p *Plan) Find(id string) int { return p.questions.Find(id) }

// Question makes question i.
func (p *Plan) Question(i int) (*dataset.Question, error) { return p.builder.question(i) }

// WriteQuestions writes the questions as the dataset will have them.
func (p *Plan) WriteQuestions(w io.Writer) error { return dataset.WriteQuestions(w, p.questions) }

// Completed is the manifest as the dataset will have it.
func (p *Plan) Completed() dataset.Manifest { return dataset.Complete(p.Manifest, p.questions) }

// Model is the model that computes the plan.
func (p *Plan) Model() *Loaded { return p.loaded }

// Related is related.json, nil where there is none.
func (p *Plan) Related() []byte { return p.options.Related }

// Prefix is what every prompt begins with before its question.
func (p *Plan) Prefix() string { return p.builder.prefix }

// sessionOptions says what the plan's sessions compute.
func (p *Plan) sessionOptions(d model.Device) model.SessionOptions {
	return model.SessionOptions{Points: p.points, Threads: p.options.Threads, FastBF16: p.options.FastBF16, FastTF32: p.options.FastTF32, Device: d}
}

// openSessions opens a session on each device.
func (p *Plan) openSessions() error {
	for _, d := range p.options.devices() {
		s, err := p.loaded.Model.Session(p.sessionOptions(d))
		if err != nil {
			return err
		}
		p.sessions, p.runners = append(p.sessions, s), append(p.runners, s)
		if have, want := s.Arithmetic(), p.sessions[0].Arithmetic(); have != want {
			return fmt.Errorf("devices: want all to compute in one arithmetic, have %q and %q", want, have)
		}
	}
	p.session = p.sessions[0]
	return nil
}

// FastError measures, on the first question, how far the lossy arithmetic of
// Options.FastBF16 or FastTF32 is off at each site.
func (p *Plan) FastError(ctx context.Context) ([]model.SiteError, error) {
	q, err := p.Question(0)
	if err != nil {
		return nil, err
	}
	return p.loaded.Model.FastError(ctx, p.sessionOptions(p.options.devices()[0]), q.IDs, q.Rows)
}

// Products says by what lossy products are computed, see model.Session.Products.
func (p *Plan) Products() string { return p.session.Products() }

// Summary counts what the plan will make.
func (p *Plan) Summary() *Summary {
	s := p.summary
	return &s
}

// Close frees the plan's sessions.
func (p *Plan) Close() error {
	var err error
	for _, s := range p.sessions {
		err = errors.Join(err, s.Close())
	}
	return err
}

// manifest states everything that determines the dataset's bytes.
func (p *Plan) manifest(ctx context.Context, j Job) (dataset.Manifest, error) {
	c, o := p.loaded.Model.Config(), p.options
	digest, err := p.loaded.Model.Digest(ctx)
	if err != nil {
		return dataset.Manifest{}, err
	}
	m := dataset.Manifest{
		Model: dataset.Model{
			Name: p.loaded.Name, Architecture: c.Architecture, Digest: digest, ConfigDigest: p.loaded.Model.ConfigDigest(),
			Layers: c.Layers, Dim: c.Dim, Vocab: c.Vocab,
		},
		Tokenizer: dataset.Tokenizer{Digest: p.loaded.Tokenizer.Digest()},
		Target:    j.Target, Controls: j.Controls,
		Layers: o.Layers, DType: o.DType, Dim: c.Dim, StatsPerRow: map[string]int{},
		Arithmetic: p.session.Arithmetic(), Seed: o.Seed, ShardBytes: o.ShardBytes,
	}
	storeTemplates(&m, j)
	if o.Related != nil {
		sum := sha256.Sum256(o.Related)
		m.Related = hex.EncodeToString(sum[:])
	}
	for _, s := range o.Sites {
		m.Sites = append(m.Sites, string(s))
		if n := p.session.StatsPerRow(model.Point{Site: s, Layer: o.Layers[0]}); n > 0 {
			m.StatsPerRow[string(s)] = n
		}
	}
	if j.Chat != nil {
		m.Chat, err = chatManifest(j)
	}
	return m, err
}

// chatManifest states how questions became prompts. The date is stated only
// where the template shows it.
func chatManifest(j Job) (dataset.Chat, error) {
	c := dataset.Chat{Used: true, TemplateDigest: templateDigest(j.Chat), System: j.System}
	j.Now = day(j.Now)
	today, err := (&prompter{job: j}).render("?")
	if err != nil {
		return c, err
	}
	now := j.Now
	j.Now = now.AddDate(1, 1, 1)
	later, err := (&prompter{job: j}).render("?")
	if today != later {
		c.Date = now.Format(time.DateOnly)
	}
	return c, err
}

// templateDigest is the sha256 of a chat template's text, in hex.
func templateDigest(t *tokenizer.ChatTemplate) string {
	sum := sha256.Sum256([]byte(t.Source()))
	return hex.EncodeToString(sum[:])
}
