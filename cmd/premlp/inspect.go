package main

import (
	"context"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"premlp/collect"
	"premlp/model"
)

func newInspect(e *env) *cobra.Command {
	return &cobra.Command{
		Use:   "inspect MODEL",
		Short: "Show what a checkpoint is and whether it can be run",
		Long: `Inspect opens a checkpoint (a .gguf file, a folder with config.json, or a
catalogue name) and shows its architecture and sizes, the sites its activations
can be taken at, its tensors and their types, its tokenizer and chat template,
and what a run takes of memory and disk. It checks every tensor against the
architecture and fails if one is missing, has another shape, or is not used.`,
		Example: `  premlp inspect smollm2-135m
  premlp inspect model/testdata/arch/llama --json`,
		Args: cobra.ExactArgs(1),
		RunE: func(c *cobra.Command, args []string) error { return runInspect(c.Context(), e, args[0]) },
	}
}

// inspection is the result of inspect.
type inspection struct {
	Path       string         `json:"path"`
	Digest     string         `json:"digest"`
	Bytes      int64          `json:"bytes"`
	Config     *model.Config  `json:"config"`
	Sites      []model.Site   `json:"sites"`
	Parameters int64          `json:"parameters"`
	Tensors    int            `json:"tensors"`
	Types      map[string]int `json:"types"`
	Tokenizer  tokenizerInfo  `json:"tokenizer"`
	Chat       chatInfo       `json:"chat_template"`

	Footprint model.Footprint `json:"footprint"` // up to the last mlp_in, in float32
	RowBytes  int64           `json:"row_bytes"` // of one token at mlp_in of all layers, in float32

	Problems []string `json:"problems"`
}

// tokenizerInfo describes a checkpoint's tokenizer.
type tokenizerInfo struct {
	Size   int    `json:"size"`
	Digest string `json:"digest"`
	Error  string `json:"error,omitempty"`
}

// chatInfo describes a checkpoint's chat template.
type chatInfo struct {
	Bytes int    `json:"bytes"` // 0: there is none
	Error string `json:"error,omitempty"`
}

func runInspect(ctx context.Context, e *env, name string) error {
	m, err := openModel(name)
	if err != nil {
		return err
	}
	defer m.Close()
	in := &inspection{
		Path: m.Path(), Bytes: m.Bytes(), Config: m.Config(), Sites: m.Sites(),
		Types: map[string]int{}, Problems: []string{},
	}
	if in.Digest, err = m.Digest(ctx); err != nil {
		return err
	}
	for _, t := range m.Entries() {
		in.Tensors++
		in.Types[t.Type]++
		n := int64(1)
		for _, d := range t.Shape {
			n *= int64(d)
		}
		in.Parameters += n
	}
	in.text(m)
	in.memory(m)
	if err := e.Result(in, in.print); err != nil {
		return err
	}
	if len(in.Problems) > 0 {
		return fmt.Errorf("%s: cannot be run", m.Path())
	}
	return nil
}

// text describes the tokenizer and the chat template. A checkpoint without
// them can still be run on token ids, so their errors are no problems.
func (in *inspection) text(m *model.Model) {
	t, err := collect.OpenTokenizer(m)
	if err != nil {
		in.Tokenizer.Error = err.Error()
		return
	}
	in.Tokenizer.Size, in.Tokenizer.Digest = t.Size(), t.Digest()
	c, err := collect.OpenChat(m)
	switch {
	case err != nil:
		in.Chat.Error = err.Error()
	case c != nil:
		in.Chat.Bytes = len(c.Source())
	}
}

// memory checks the tensors and estimates what the default job takes.
func (in *inspection) memory(m *model.Model) {
	var points []model.Point
	for i := range m.Config().Layers {
		points = append(points, model.Point{Site: "mlp_in", Layer: i})
	}
	f, err := m.Footprint(model.SessionOptions{Points: points})
	if err != nil {
		in.Problems = strings.Split(err.Error(), "\n")
		return
	}
	in.Footprint = f
	in.RowBytes = int64(m.Config().Layers) * int64(m.Config().Dim) * 4
}

// print writes one screen.
func (in *inspection) print(w io.Writer) {
	c := in.Config
	line := func(name, format string, args ...any) {
		fmt.Fprintf(w, "%-14s %s\n", name, fmt.Sprintf(format, args...))
	}
	line("checkpoint", "%s (%s)", in.Path, formatBytes(in.Bytes))
	line("sha256", "%s", in.Digest)
	line("architecture", "%s, %.1f M parameters", c.Architecture, float64(in.Parameters)/1e6)
	line("blocks", "%d of width %d, %s (%s)", c.Layers, c.Dim, mlpText(c), c.Activation)
	heads := fmt.Sprintf("%d heads of %d", c.Heads, c.HeadDim)
	if c.KVHeads != c.Heads {
		heads += fmt.Sprintf(", %d key/value heads", c.KVHeads)
	}
	if c.Window > 0 {
		heads += fmt.Sprintf(", window of %d tokens", c.Window)
	}
	line("attention", "%s; %s", heads, ropeText(c))
	line("vocabulary", "%d, head %s; context %d tokens", c.Vocab, tiedText(c.Tied), c.Context)
	var sites []string
	for _, s := range in.Sites {
		sites = append(sites, string(s))
	}
	line("sites", "%s", strings.Join(sites, " "))
	var types []string
	for _, t := range slices.Sorted(maps.Keys(in.Types)) {
		types = append(types, fmt.Sprintf("%d %s", in.Types[t], t))
	}
	line("tensors", "%d: %s", in.Tensors, strings.Join(types, ", "))
	if in.Tokenizer.Error != "" {
		line("tokenizer", "none: %s", in.Tokenizer.Error)
	} else {
		line("tokenizer", "%d tokens, digest %.16s…", in.Tokenizer.Size, in.Tokenizer.Digest)
	}
	switch {
	case in.Chat.Error != "":
		line("chat template", "unusable: %s", in.Chat.Error)
	case in.Chat.Bytes > 0:
		line("chat template", "%d bytes", in.Chat.Bytes)
	default:
		line("chat template", "none")
	}
	if len(c.Unknown) > 0 {
		line("unknown keys", "%s", strings.Join(c.Unknown, ", "))
	}
	if len(in.Problems) == 0 {
		line("memory", "%s of packed weights, %s per token of a batch", formatBytes(in.Footprint.Weights), formatBytes(in.Footprint.PerToken))
		line("disk", "%s per token at mlp_in of all layers, float32", formatBytes(in.RowBytes))
		line("check", "every tensor is there, has its shape, and is used")
	}
	for _, p := range in.Problems {
		line("problem", "%s", p)
	}
}

// mlpText says what the MLPs are.
func mlpText(c *model.Config) string {
	if c.Experts == 0 {
		return fmt.Sprintf("MLP width %d", c.Hidden)
	}
	return fmt.Sprintf("%d experts of width %d, %d for each token", c.Experts, c.ExpertHidden, c.ExpertsChosen)
}

// ropeText says how positions are rotated.
func ropeText(c *model.Config) string {
	if c.RopeType == "" {
		return "no rope"
	}
	return fmt.Sprintf("rope %s, theta %g", c.RopeType, c.RopeTheta)
}

// tiedText says where the vocabulary head comes from.
func tiedText(tied bool) string {
	if tied {
		return "tied to the embedding"
	}
	return "of its own"
}
