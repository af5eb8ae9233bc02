package main

import (
	"fmt"
	"io"
	"time"

	"github.com/spf13/cobra"

	"premlp/collect"
	"premlp/collect/related"
)

func newTemplates(e *env) *cobra.Command {
	var q related.Questions
	var model string
	var noChat bool
	var threads int
	c := &cobra.Command{
		Use:   "templates [SET|FILE]",
		Short: "List the built-in question templates, print a set, or let a model write more",
		Long: `Templates lists the built-in sets of question templates; prints the YAML of one,
to begin one's own with; or checks a file of templates and prints it.

With --more a model goes on with the list and writes more templates, which are
marked as generated, in the file and later in a dataset's manifest. They are the
model's, with its faults: read them.`,
		Example: `  premlp templates
  premlp templates animals > mine.yaml
  premlp templates countries --more 5 --model smollm2-135m --concept France > mine.yaml`,
		Args: cobra.MaximumNArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			switch {
			case len(args) == 0 && q.N > 0:
				return usagef("--more: want a set or a file to begin with")
			case len(args) == 0:
				return listTemplates(e)
			case q.N < 0:
				return usagef("--more: want a number above 0, have %d", q.N)
			case q.N > 0 && (model == "" || q.Concept == ""):
				return usagef("--more: want --model and --concept with it")
			case q.N == 0 && model != "":
				return usagef("--model: want --more with it")
			}
			set, err := collect.OpenTemplates(args[0])
			if err != nil {
				return err
			}
			text, _ := collect.BuiltinTemplateFile(args[0]) // with its remarks; else the set is written anew
			if q.N > 0 {
				text, q.Begun = nil, set.Templates
				more, err := writeTemplates(e, c, model, q, related.LocalOptions{NoChat: noChat, Now: time.Now(), Threads: threads})
				if err != nil {
					return err
				}
				set.Templates = append(set.Templates, more...)
			}
			if text == nil {
				if text, err = set.Encode(); err != nil {
					return err
				}
			}
			return e.Result(newTemplatesReport(set), func(w io.Writer) { w.Write(text) })
		},
	}
	c.Flags().IntVar(&q.N, "more", 0, "templates that a model is to write")
	c.Flags().StringVar(&model, "model", "", "the model that writes them: a .gguf file, a folder with config.json, or a catalogue name")
	c.Flags().StringVar(&q.Concept, "concept", "", "the concept about which it writes them")
	c.Flags().Uint64Var(&q.Seed, "seed", 0, "determines what is drawn")
	c.Flags().Float64Var(&q.Settings.Temperature, "temperature", 0, fmt.Sprintf("of drawing them (default %v)", related.DefaultTemperature))
	c.Flags().BoolVar(&noChat, "no-chat", false, "let the model go on with a text, not answer in its chat form")
	addThreads(c, &threads)
	return c
}

// writeTemplates lets a model write more templates.
func writeTemplates(e *env, c *cobra.Command, model string, q related.Questions, o related.LocalOptions) ([]collect.Template, error) {
	l, err := loadModel(e, model)
	if err != nil {
		return nil, err
	}
	defer l.Close()
	p := e.Progress("templates", "questions", 0)
	defer p.Close()
	o.Progress = func(items, most int) { p.Set(int64(items), int64(most)) }
	more, err := related.WriteTemplates(c.Context(), l, q, o)
	if err == nil && len(more) < q.N {
		e.Notef("warning: only %d of %d templates are fit", len(more), q.N)
	}
	return more, err
}

// templateSetReport is a set in the list of sets.
type templateSetReport struct {
	Name      string `json:"name"`
	Templates int    `json:"templates"`
	First     string `json:"first"`
}

// listTemplates lists the built-in sets.
func listTemplates(e *env) error {
	var sets []templateSetReport
	for _, name := range collect.BuiltinTemplates() {
		set, err := collect.OpenTemplates(name)
		if err != nil {
			return err
		}
		sets = append(sets, templateSetReport{name, len(set.Templates), set.Templates[0].Text})
	}
	return e.Result(sets, func(w io.Writer) {
		for _, s := range sets {
			fmt.Fprintf(w, "%-13s %2d  %s …\n", s.Name, s.Templates, s.First)
		}
	})
}

// templatesReport is a set of templates.
type templatesReport struct {
	Templates []templateReport `json:"templates"`
	Concepts  []string         `json:"concepts"` // that the set has forms of
}

// templateReport is a template.
type templateReport struct {
	Text    string              `json:"text"`
	Type    string              `json:"type"`
	Origin  string              `json:"origin"`
	Answers map[string][]string `json:"answers"`
}

func newTemplatesReport(set *collect.TemplateSet) *templatesReport {
	r := &templatesReport{Concepts: set.Concepts()}
	for _, t := range set.Templates {
		r.Templates = append(r.Templates, templateReport{t.Text, t.Type, t.Origin, set.Answers[t.Text]})
	}
	return r
}
