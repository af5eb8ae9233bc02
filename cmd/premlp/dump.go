package main

import (
	"context"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"premlp/collect"
	"premlp/layers"
	"premlp/model"
	"premlp/weights"
)

// dumpFlags are the flags of dump.
type dumpFlags struct {
	model, text, ids, out string
	sites                 []string
	layers                string
	threads               int
	noLogits              bool
	fast                  fastFlags
	device                string
}

func newDump(e *env) *cobra.Command {
	var f dumpFlags
	c := &cobra.Command{
		Use:   "dump --model MODEL (--text TEXT | --ids 1,2,3) -o FILE",
		Short: "Write one prompt's activations to a safetensors file",
		Long: `Dump runs one prompt and writes a safetensors file: "ids" (int32 [T]), "logits"
(float32 [T, V]) and "<site>.<layer>" (float32 [T, D]) for every site and layer
asked for. The text is the model's raw input: it gets the prefix and suffix the
tokenizer itself adds, and no chat template. Premlp parity reads such a file.`,
		Example: `  premlp dump --model smollm2-135m --text "The capital of France is" -o france.safetensors
  premlp dump --model smollm2-135m --ids 504,3575,282 --sites resid_pre,mlp_in --layers 0-3,29 -o out.safetensors`,
		Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			return e.withDevice(f.device, func(d layers.Device) error { return runDump(c.Context(), e, c, f, d) })
		},
	}
	c.Flags().StringVar(&f.model, "model", "", "the model: a .gguf file, a folder with config.json, or a catalogue name")
	c.Flags().StringVar(&f.text, "text", "", "the prompt as text")
	c.Flags().StringVar(&f.ids, "ids", "", "the prompt as token ids, separated by commas")
	c.Flags().StringVarP(&f.out, "out", "o", "", "the safetensors file to write")
	c.Flags().StringSliceVar(&f.sites, "sites", []string{string(layers.MLPIn)}, "sites to write, or all")
	c.Flags().StringVar(&f.layers, "layers", "", "layers to write, as 0-3,29 (default all)")
	c.Flags().BoolVar(&f.noLogits, "no-logits", false, "leave the logits out; the pass then ends at the last site")
	addThreads(c, &f.threads)
	f.fast.add(c)
	addDevice(c, &f.device)
	c.MarkFlagsOneRequired("text", "ids")
	c.MarkFlagsMutuallyExclusive("text", "ids")
	require(c, "model", "out")
	return c
}

// dumpReport is the result of dump.
type dumpReport struct {
	Model      string   `json:"model"`
	File       string   `json:"file"`
	Tokens     int      `json:"tokens"`
	Tensors    []string `json:"tensors"`
	Arithmetic string   `json:"arithmetic"`
	Device     string   `json:"device"`
	Kernel     string   `json:"kernel"`
	Products   string   `json:"products,omitempty"` // what computed lossy products on a device
}

func runDump(ctx context.Context, e *env, c *cobra.Command, f dumpFlags, device layers.Device) error {
	if err := f.fast.check(device); err != nil {
		return err
	}
	m, err := openModel(f.model)
	if err != nil {
		return err
	}
	defer m.Close()
	ids, err := f.prompt(c, m)
	if err != nil {
		return err
	}
	points, err := sitePoints(m, f.sites, f.layers)
	if err != nil {
		return err
	}
	o := model.SessionOptions{Points: points, Logits: !f.noLogits, Threads: f.threads, FastBF16: f.fast.bf16, FastTF32: f.fast.tf32, Device: device}
	if f.fast.any() {
		sites, err := m.FastError(ctx, o, ids, nil)
		if err != nil {
			return err
		}
		e.noteFast(f.fast, sites)
	}
	s, err := m.Session(o)
	if err != nil {
		return err
	}
	defer s.Close()
	e.noteProducts(s.Products())
	outputs := []weights.Output{weights.IntOutput("ids", ids, len(ids))}
	err = s.Run(ctx, model.Pack([][]int32{ids}, nil), func(p model.Point, rows model.Rows) error {
		outputs = append(outputs, weights.FloatOutput(p.String(), slices.Clone(rows.Data), len(ids), rows.Dim))
		return nil
	})
	if err != nil {
		return err
	}
	meta := map[string]string{"format": "premlp-dump", "arithmetic": s.Arithmetic()}
	if err := weights.WriteSafetensors(f.out, outputs, meta); err != nil {
		return err
	}
	report := dumpReport{Model: m.Path(), File: f.out, Tokens: len(ids), Arithmetic: s.Arithmetic(), Device: s.Device(), Kernel: s.Kernel(), Products: s.Products()}
	for _, o := range outputs {
		report.Tensors = append(report.Tensors, o.Name)
	}
	return e.Result(report, func(w io.Writer) {
		fmt.Fprintf(w, "%s: %d tensors of %d tokens\n", f.out, len(outputs), len(ids))
		fmt.Fprintf(w, "model %s, arithmetic %s, kernel %s\n", m.Path(), report.Arithmetic, report.Kernel)
	})
}

// prompt returns the token ids that the flags give.
func (f dumpFlags) prompt(c *cobra.Command, m *model.Model) ([]int32, error) {
	if c.Flags().Changed("text") {
		return encodePrompt(m, f.text)
	}
	return parseIDs(f.ids)
}

// encodePrompt returns the ids of a model's raw input, with the prefix and suffix
// the tokenizer itself adds.
func encodePrompt(m *model.Model, text string) ([]int32, error) {
	tok, err := collect.OpenTokenizer(m)
	if err != nil {
		return nil, err
	}
	enc, err := tok.Encode(text, true)
	if err != nil {
		return nil, err
	}
	return enc.IDs, nil
}

// parseIDs reads --ids.
func parseIDs(text string) ([]int32, error) {
	var ids []int32
	for _, part := range strings.Split(text, ",") {
		id, err := strconv.ParseInt(strings.TrimSpace(part), 10, 32)
		if err != nil || id < 0 {
			return nil, usagef("--ids: want token ids separated by commas, have %q", part)
		}
		ids = append(ids, int32(id))
	}
	return ids, nil
}

// sitePoints returns every wanted site, as --sites names them, of every wanted
// layer, as --layers does.
func sitePoints(m *model.Model, names []string, which string) ([]model.Point, error) {
	sites, err := parseSites(names, m.Sites())
	if err != nil {
		return nil, err
	}
	wanted, err := parseLayers(which, m.Config().Layers)
	if err != nil {
		return nil, err
	}
	var points []model.Point
	for _, layer := range wanted {
		for _, s := range sites {
			points = append(points, model.Point{Site: s, Layer: layer})
		}
	}
	return points, nil
}
