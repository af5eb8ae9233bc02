package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/google/renameio/v2/maybe"
	"github.com/spf13/cobra"

	"premlp/collect"
	"premlp/collect/related"
	"premlp/layers"
)

func newRelated(e *env) *cobra.Command {
	var f relatedFlags
	var model, concept, file, out, device string
	var noChat bool
	var threads int
	c := &cobra.Command{
		Use:   "related --concept CONCEPT {--model MODEL | --endpoint URL | --file FILE}",
		Short: "Find concepts related to one",
		Long: `Related asks for members of a concept's category that are similar to it, and
prints every name that was given, with what speaks for it.

A loaded model draws several lists, item by item, the concept and repeats taken
out of what may be drawn. A name is taken when at least two lists have it and the
model itself takes it for a member of the category rather than of another one
(its membership is above 0), in the order of the share of lists times that
probability. No list of a category's members is built in. When the model knows
fewer than were wanted, there are fewer.

An endpoint that speaks the OpenAI chat protocol is asked for several lists,
which are merged by vote; a key is read from the environment variable that
--api-key-env names. A file has one concept a line.`,
		Example: `  premlp related --model smollm2-135m --concept France
  premlp related --model smollm2-135m --concept "Marie Curie" --category people --alias Sklodowska -o curie.txt
  premlp related --endpoint http://127.0.0.1:8080/v1 --concept jazz --category "music genres"`,
		Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			r, err := f.request(concept)
			if err != nil {
				return err
			}
			start := time.Now()
			var result *related.Result
			switch {
			case file != "":
				result, err = related.ReadFile(file, r)
			case f.endpoint != "":
				result, err = f.askEndpoint(c.Context(), e, r)
			default:
				err = e.withDevice(device, func(d layers.Device) error {
					result, err = f.askModel(c.Context(), e, model, r, related.LocalOptions{NoChat: noChat, Now: start, Threads: threads, Device: d})
					return err
				})
			}
			if err != nil {
				return err
			}
			return reportRelated(e, result, time.Since(start), out)
		},
	}
	f.add(c)
	c.Flags().StringVar(&model, "model", "", "ask this model: a .gguf file, a folder with config.json, or a catalogue name")
	c.Flags().StringVar(&file, "file", "", "take the concepts of this file, one a line")
	c.Flags().StringVar(&concept, "concept", "", "the concept")
	c.Flags().Uint64Var(&f.seed, "seed", 0, "determines what is drawn")
	c.Flags().BoolVar(&noChat, "no-chat", false, "let the model go on with a text, not answer in its chat form")
	c.Flags().StringVarP(&out, "out", "o", "", "write the concepts to this file, one a line, as collect --controls reads them")
	addThreads(c, &threads)
	addDevice(c, &device)
	require(c, "concept")
	c.MarkFlagsOneRequired("model", "endpoint", "file")
	c.MarkFlagsMutuallyExclusive("model", "endpoint", "file")
	c.MarkFlagsMutuallyExclusive("endpoint", "no-chat")
	c.MarkFlagsMutuallyExclusive("endpoint", "device")
	c.MarkFlagsMutuallyExclusive("file", "device")
	c.MarkFlagsMutuallyExclusive("endpoint", "top-k")
	return c
}

// askModel loads a model and asks it.
func (f *relatedFlags) askModel(ctx context.Context, e *env, model string, r related.Request, o related.LocalOptions) (*related.Result, error) {
	l, err := loadModel(e, model)
	if err != nil {
		return nil, err
	}
	defer l.Close()
	return askLoaded(ctx, e, l, r, o)
}

// askLoaded asks a loaded model with progress on stderr.
func askLoaded(ctx context.Context, e *env, l *collect.Loaded, r related.Request, o related.LocalOptions) (*related.Result, error) {
	p := e.Progress("related concepts", "items", 0)
	defer p.Close()
	o.Progress = func(items, most int) { p.Set(int64(items), int64(most)) }
	return related.AskModel(ctx, l, r, o)
}

// askEndpoint asks the endpoint with progress on stderr.
func (f *relatedFlags) askEndpoint(ctx context.Context, e *env, r related.Request) (*related.Result, error) {
	p := e.Progress("related concepts", "lists", 0)
	defer p.Close()
	server, err := f.server()
	if err != nil {
		return nil, err
	}
	if r.Category == nil {
		return nil, usagef("--category: want one with --endpoint, as only a loaded model chooses it")
	}
	server.Notef = e.Notef
	return related.AskEndpoint(ctx, server, r, func(lists, most int) { p.Set(int64(lists), int64(most)) })
}

// relatedReport is the result of related.
type relatedReport struct {
	*related.Result
	Seconds float64 `json:"seconds"`
}

// reportRelated prints a result and writes its concepts to a file if there is a
// name for one.
func reportRelated(e *env, result *related.Result, took time.Duration, out string) error {
	noteRelated(e, result)
	if out != "" && len(result.Concepts) > 0 {
		if err := maybe.WriteFile(out, []byte(strings.Join(result.Concepts, "\n")+"\n"), 0o644); err != nil {
			return err
		}
	}
	r := &relatedReport{Result: result, Seconds: took.Seconds()}
	if err := e.Result(r, r.print); err != nil {
		return err
	}
	if len(result.Concepts) == 0 {
		return errors.New("related: want concepts, have none")
	}
	return nil
}

// noteRelated says what a person should know of a result.
func noteRelated(e *env, r *related.Result) {
	c := r.Request.Category
	if r.Chosen != nil {
		e.Notef("category: %s, the model's choice before %s (%.1f); --category says otherwise", c.Plural, r.Chosen.Second, r.Chosen.Margin)
	}
	if r.Membership != nil && *r.Membership <= 0 {
		e.Notef("warning: the model does not take %s for %s (membership %.2f): is the category right?", r.Request.Concept, c.Singular, *r.Membership)
	}
	if n := r.Missing(); n > 0 && r.Source.Kind != "file" {
		e.Notef("warning: only %d of %d related concepts found", len(r.Concepts), r.Request.N)
	}
}

// print writes the candidates as a table.
func (r *relatedReport) print(w io.Writer) {
	number := func(x *float64) string {
		if x == nil {
			return "-"
		}
		return fmt.Sprintf("%.2f", *x)
	}
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	fmt.Fprintln(t, "\tconcept\tlists\tlog prob\tmembership\tscore\t")
	for i, c := range r.Candidates {
		place := ""
		if c.Taken {
			place = fmt.Sprint(i + 1)
		}
		fmt.Fprintf(t, "%s\t%s\t%d/%d\t%s\t%s\t%.2f\t%s\n", place, c.Name, c.Votes, c.Lists, number(c.LogProb), number(c.Membership), c.Score, c.Why)
	}
	t.Flush()
	fmt.Fprintf(w, "found %d of %d in %.1f s, by %s %s\n", len(r.Concepts), r.Request.N, r.Seconds, r.Source.Kind, r.Source.Name)
}
