package main

import (
	"fmt"
	"os"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"premlp/collect/related"
)

// relatedFlags say how related concepts are found.
type relatedFlags struct {
	category, respects     string
	aliases                []string
	n, lists, topK         int
	seed                   uint64
	temperature            float64
	endpoint, keyEnv, name string
	timeout                time.Duration
}

// add adds the flags to a command that has --concept and --seed of its own.
func (f *relatedFlags) add(c *cobra.Command) {
	var names []string
	for _, p := range related.Presets {
		names = append(names, p.Plural)
	}
	flags := c.Flags()
	flags.StringVar(&f.category, "category", "", "what the concept is one of: "+strings.Join(names, ", ")+"; or one's own as \"a river/rivers\" (default: the model chooses)")
	flags.StringVar(&f.respects, "respects", "", "in what related concepts are to be similar, as \"climate and size\" (default: the category's)")
	flags.StringArrayVar(&f.aliases, "alias", nil, "another name of the concept, which is left out too; may be given several times")
	flags.IntVarP(&f.n, "related", "n", 20, "related concepts wanted")
	flags.IntVar(&f.lists, "lists", 0, fmt.Sprintf("lists of related concepts that are merged (default %d of a model, %d of an endpoint)", related.DefaultLists, related.DefaultEndpointLists))
	flags.Float64Var(&f.temperature, "temperature", 0, fmt.Sprintf("of drawing the lists (default %v)", related.DefaultTemperature))
	flags.IntVar(&f.topK, "top-k", 0, fmt.Sprintf("tokens that a loaded model's lists are drawn from (default %d)", related.DefaultTopK))
	flags.StringVar(&f.endpoint, "endpoint", "", "ask for related concepts at this address, which speaks the OpenAI chat protocol")
	flags.StringVar(&f.name, "endpoint-model", "", "the endpoint's model")
	flags.StringVar(&f.keyEnv, "api-key-env", "", "the environment variable that holds the endpoint's key")
	flags.DurationVar(&f.timeout, "timeout", related.DefaultTimeout, "of one request to the endpoint")
}

// request puts the flags together.
func (f *relatedFlags) request(concept string) (related.Request, error) {
	r := related.Request{
		Concept: concept, Aliases: append([]string{}, f.aliases...), N: f.n, Seed: f.seed,
		Settings: related.Settings{Lists: f.lists, Temperature: f.temperature, TopK: f.topK},
	}
	if f.category != "" {
		c, err := related.ParseCategory(f.category)
		if err != nil {
			return r, usageError{fmt.Errorf("--%w", err)}
		}
		r.Category = &c
	}
	if f.respects != "" {
		if r.Category == nil {
			return r, usagef("--respects: want --category with it")
		}
		r.Category.Respects = f.respects
	}
	if err := r.Check(); err != nil {
		return r, usageError{err}
	}
	return r, nil
}

// server is the endpoint of the flags.
func (f *relatedFlags) server() (related.Endpoint, error) {
	e := related.Endpoint{URL: f.endpoint, Model: f.name, Timeout: f.timeout}
	if f.timeout <= 0 {
		return e, usagef("--timeout: want a time above 0, have %v", f.timeout)
	}
	if f.keyEnv != "" {
		if e.Key = strings.TrimSpace(os.Getenv(f.keyEnv)); e.Key == "" {
			return e, usagef("--api-key-env: want a key in the environment variable %s, have none", f.keyEnv)
		}
	}
	return e, nil
}
