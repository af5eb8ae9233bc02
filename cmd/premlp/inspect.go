package main

import (
	"context"
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"premlp/collect"
	"premlp/model"
	"premlp/weights/catalogue"
)

func newInspect(e *env) *cobra.Command {
	var f inspectFlags
	c := &cobra.Command{
		Use:   "inspect MODEL",
		Short: "Show what a checkpoint is and whether it can be run",
		Long: `Inspect opens a checkpoint (a .gguf file, a folder with config.json, or a
catalogue name) and shows its architecture and sizes, the sites its activations
can be taken at, its tensors and their types, its tokenizer and chat template,
and what a run takes of memory and disk. It checks every tensor against the
architecture and fails if one is missing, has another shape, or is not used.

With --graph the graph of the forward pass is drawn to a file too: every op with
the shapes of its value and weights and the sites it is, blocks as boxes around
them, as .svg or, for Graphviz, as .dot. --block draws one block alone.`,
		Example: `  premlp inspect smollm2-135m
  premlp inspect smollm2-135m --graph block.svg --block 5
  premlp inspect model/testdata/arch/llama --json`,
		Args: cobra.ExactArgs(1),
		RunE: func(c *cobra.Command, args []string) error { return runInspect(c.Context(), e, c, args[0], f) },
	}
	c.Flags().StringVar(&f.graph, "graph", "", "file that gets the picture of the graph: .svg or .dot")
	c.Flags().IntVar(&f.block, "block", 0, "the only block drawn (default all)")
	return c
}

// inspection is the result of inspect.
type inspection struct {
	Path       string         `json:"path"`
	Embedded   bool           `json:"embedded"` // part of this program; path is its copy in the cache
	Digest     string         `json:"digest"`
	Bytes      int64          `json:"bytes"`
	Config     *model.Config  `json:"config"`
	Sites      []model.Site   `json:"sites"`
	SiteNotes  []siteInfo     `json:"site_notes"` // all sites; empty where there are problems
	Parameters int64          `json:"parameters"`
	Tensors    int            `json:"tensors"`
	Types      map[string]int `json:"types"`
	Tokenizer  tokenizerInfo  `json:"tokenizer"`
	Chat       chatInfo       `json:"chat_template"`

	Footprint model.Footprint `json:"footprint"` // up to the last mlp_in, in float32
	RowBytes  int64           `json:"row_bytes"` // of one token at mlp_in of all layers, in float32

	Problems []string `json:"problems"`
	Graph    string   `json:"graph,omitempty"` // the file it was drawn to
}

// siteInfo describes a site of the model's blocks.
type siteInfo = model.SiteInfo

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

func runInspect(ctx context.Context, e *env, c *cobra.Command, name string, f inspectFlags) error {
	if err := f.check(c); err != nil {
		return err
	}
	m, err := openModel(name)
	if err != nil {
		return err
	}
	defer m.Close()
	entry, _ := catalogue.Lookup(name)
	in := &inspection{
		Path: m.Path(), Embedded: entry.Embedded(), Bytes: m.Bytes(), Config: m.Config(), Sites: m.Sites(),
		SiteNotes: []siteInfo{}, Types: map[string]int{}, Problems: []string{},
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
	if f.graph != "" && len(in.Problems) == 0 {
		if err := f.draw(c, m); err != nil {
			return err
		}
		in.Graph = f.graph
		e.Notef("wrote %s", f.graph)
	}
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
		in.Tokenizer.Error = strings.TrimPrefix(err.Error(), m.Path()+": ")
		return
	}
	in.Tokenizer.Size, in.Tokenizer.Digest = t.Size(), t.Digest()
	c, err := collect.OpenChat(m)
	switch {
	case err != nil:
		in.Chat.Error = strings.TrimPrefix(err.Error(), m.Path()+": ")
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
	if err == nil {
		in.SiteNotes, err = m.SiteInfos()
	}
	if err != nil {
		in.Problems = strings.Split(strings.TrimPrefix(err.Error(), m.Path()+": "), "\n")
		return
	}
	in.Footprint = f
	in.RowBytes = int64(m.Config().Layers) * int64(m.Config().Dim) * 4
}
