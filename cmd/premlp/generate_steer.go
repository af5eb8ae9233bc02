package main

import (
	"context"
	"fmt"
	"io"
	"math"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"premlp/collect"
	"premlp/collect/steering"
	"premlp/layers"
	"premlp/model"
)

// generateSteer are the flags of generate that put a direction into the model.
type generateSteer struct {
	from, method, target, site string
	layers, after, tokens      string
	alpha                      float64
}

// Tokens that --steer-tokens names.
const (
	steerPrompt = "prompt"
	steerNew    = "new"
	steerAll    = "all"
)

func (s *generateSteer) addFlags(c *cobra.Command) {
	flags := c.Flags()
	flags.StringVar(&s.from, "steer", "", "add a direction: a dataset folder, or a safetensors file with tensors METHOD.SITE.LAYER")
	flags.StringVar(&s.layers, "layer", "", "with --steer, the layers at which it is added, as 0-3,29")
	flags.Float64Var(&s.alpha, "alpha", 2, "with --steer, its strength; below 0 the other way")
	flags.StringVar(&s.site, "site", "resid_post", "with --steer, the site at which it is added")
	flags.StringVar(&s.method, "method", steering.MeanDifference, "with --steer, which directions of a safetensors file")
	flags.StringVar(&s.target, "target", "", "with --steer, whose direction (default: the target of the dataset or file)")
	flags.StringVar(&s.after, "after", "", "with --steer, only the prompt's tokens after this text's last occurrence")
	flags.StringVar(&s.tokens, "steer-tokens", steerAll, "with --steer, where it is added: prompt, new, all")
}

// check refuses values that cannot be meant.
func (s *generateSteer) check(c *cobra.Command) error {
	if s.from == "" {
		for _, name := range []string{"layer", "alpha", "site", "method", "target", "after", "steer-tokens"} {
			if c.Flags().Changed(name) {
				return usagef("--%s: want --steer with it", name)
			}
		}
		return nil
	}
	switch {
	case s.layers == "":
		return usagef("--layer: want the layers at which the direction is added")
	case s.tokens != steerPrompt && s.tokens != steerNew && s.tokens != steerAll:
		return usagef("--steer-tokens: want prompt, new or all, have %q", s.tokens)
	case s.after != "" && s.tokens == steerNew:
		return usagef("--after: want --steer-tokens prompt or all")
	case math.IsNaN(s.alpha) || math.IsInf(s.alpha, 0):
		return usagef("--alpha: want a finite number, have %v", s.alpha)
	}
	return nil
}

// steeredReport is the result of generate --steer.
type steeredReport struct {
	Weights string          `json:"weights"` // sha256, as a dataset's manifest has it
	Off     *generateReport `json:"off"`     // without the direction
	On      *generateReport `json:"on"`
	Steer   steeredBy       `json:"steer"`
}

// steeredBy is what was added where.
type steeredBy struct {
	From   string  `json:"from"`
	Method string  `json:"method"`
	Target string  `json:"target"`
	Site   string  `json:"site"`
	Layers []int   `json:"layers"`
	Alpha  float64 `json:"alpha"`
	Tokens string  `json:"tokens"`
	Rows   []int32 `json:"rows"` // positions of the prompt
}

// runGenerateSteered continues the prompt without and with the direction.
func runGenerateSteered(ctx context.Context, e *env, c *cobra.Command, l *collect.Loaded, f *generateFlags) error {
	prompt, rows, err := f.steeredPrompt(c, l)
	if err != nil {
		return err
	}
	r := &steeredReport{Steer: steeredBy{
		From: f.steer.from, Method: f.steer.method, Site: f.steer.site, Alpha: f.steer.alpha, Tokens: f.steer.tokens, Rows: rows,
	}}
	if r.Weights, err = l.Model.Digest(ctx); err != nil {
		return err
	}
	edits, err := f.steer.edits(ctx, l, &r.Steer)
	if err != nil {
		return err
	}
	off, err := l.Generate(ctx, prompt, f.options, nil)
	if err != nil {
		return err
	}
	options := f.options
	for _, edit := range edits {
		if rows != nil {
			onPrompt := edit
			onPrompt.Rows = rows
			options.Edits = append(options.Edits, onPrompt)
		}
		if f.steer.tokens != steerPrompt {
			options.EditNew = append(options.EditNew, edit)
		}
	}
	on, err := l.Generate(ctx, prompt, options, nil)
	if err != nil {
		return err
	}
	r.Off, r.On = newGenerateReport(l, f, prompt, off), newGenerateReport(l, f, prompt, on)
	if err := e.Result(r, r.print); err != nil {
		return err
	}
	e.Notef("%s", r.On.summary())
	return nil
}

// steeredPrompt returns the prompt's tokens and the positions that are edited,
// nil for none.
func (f *generateFlags) steeredPrompt(c *cobra.Command, l *collect.Loaded) (ids, rows []int32, err error) {
	first := 1 // many models keep large values in the first token, on which all lean
	if f.steer.after == "" {
		ids, err = f.ids(c, l)
	} else {
		j := collect.Job{Now: time.Now()}
		if f.chat {
			j.Chat = l.Chat
		}
		if c.Flags().Changed("system") {
			j.System = &f.system
		}
		var asked collect.Asked
		asked, err = l.Ask(j, f.prompt, f.steer.after, "")
		ids, first = asked.IDs, asked.Concept[1]
	}
	if err != nil {
		return nil, nil, err
	}
	if f.steer.tokens != steerNew {
		for at := first; at < len(ids); at++ {
			rows = append(rows, int32(at))
		}
	}
	if f.steer.tokens == steerPrompt && rows == nil {
		return nil, nil, usagef("--steer-tokens: want tokens of the prompt, have none after %q", f.steer.after)
	}
	return ids, rows, nil
}

// edits makes the edits, without rows, and notes whose direction and which layers
// they are.
func (s *generateSteer) edits(ctx context.Context, l *collect.Loaded, by *steeredBy) ([]model.Edit, error) {
	site, err := layers.ParseSite(s.site)
	if err != nil {
		return nil, usagef("--site: %w; %s", err, nearestSite(s.site, l.Model.Sites()))
	}
	if by.Layers, err = parseLayers(s.layers, l.Model.Config().Layers); err != nil {
		return nil, err
	}
	place := steering.Place{Site: site, Layers: by.Layers}
	if err := l.Model.Editable(place.Points()...); err != nil {
		return nil, err
	}
	source, err := openDirections(s.from, s.method)
	if err != nil {
		return nil, err
	}
	defer source.Close()
	if by.Target = s.target; by.Target == "" {
		by.Target = source.target
	}
	var vectors steering.Vectors = source.file
	if source.data != nil {
		if _, err := steering.Form(ctx, l, source.data.Manifest()); err != nil {
			return nil, err
		}
		if vectors, err = steering.ReadMeans(ctx, source.data, place.Points(), ""); err != nil {
			return nil, err
		}
	}
	var edits []model.Edit
	for _, p := range place.Points() {
		change, err := steering.AddDirection(vectors, by.Target, s.alpha, p)
		if err != nil {
			return nil, err
		}
		edits = append(edits, model.Edit{At: p, Change: change})
	}
	return edits, nil
}

// print writes the texts one after the other.
func (r *steeredReport) print(w io.Writer) {
	write := func(title string, g *generateReport) {
		for i, s := range g.Samples {
			sample := ""
			if len(g.Samples) > 1 {
				sample = fmt.Sprintf(", sample %d", i)
			}
			fmt.Fprintf(w, "--- %s%s\n%s\n", title, sample, strings.TrimSuffix(s.Text, "\n"))
		}
	}
	write("without", r.Off)
	write(fmt.Sprintf("with %g × the direction of %s at %s", r.Steer.Alpha, orDash(r.Steer.Target), steering.Place{Site: model.Site(r.Steer.Site), Layers: r.Steer.Layers}), r.On)
}
