package main

import (
	"context"
	"runtime"
	"strings"

	"github.com/spf13/cobra"

	"premlp/collect"
	"premlp/collect/study"
)

// ravelFlags are the flags of study ravel.
type ravelFlags struct {
	studyFlags
	kind, layers              string
	attributes, sites, tokens []string
	entities, prompts, limit  int
	alphas                    []float64
}

func newStudyRavel(e *env) *cobra.Command {
	var f ravelFlags
	c := &cobra.Command{
		Use:   "ravel --model MODEL -o DIR",
		Short: "RAVEL: does an edit move one attribute of an entity and leave the others?",
		Long: `Ravel takes the entities, attributes, prompts and splits of RAVEL (Huang et al.,
2024), which are part of this program. It asks the model for the attributes, keeps
the facts it knows, and takes for every value of an attribute the mean row, at the
entity's last token and at those behind it, of the training split's. Then it edits
these tokens of a base entity's question towards a source entity, in pairs that
differ:

  add       alpha times the mean of the source's value minus that of the base's
  subspace  the source's rows in the space that the means of the values span
  swap      the source's whole rows
  random    as add, with a random vector of the same length

cause is the share of questions about the moved attribute whose answer became the
source's, isolation of those about another whose answer stayed. Layer and strength
are chosen on the validation split, of entities and of prompts, and the figures are
those of the test split.`,
		Example: `  premlp study ravel --model smollm2-135m -o out/ravel
  premlp study ravel --model smollm2-135m -o out/ravel --kind city --attributes Country,Continent --layers 4,8,12 --limit 50`,
		Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error { return runStudyRavel(c.Context(), e, &f) },
	}
	f.add(c)
	flags := c.Flags()
	flags.StringVar(&f.kind, "kind", "city", "kind of entity: "+strings.Join(study.RavelKinds, ", "))
	flags.StringSliceVar(&f.attributes, "attributes", nil, "attributes (default Country,Continent,Language for cities, all for others)")
	flags.StringSliceVar(&f.sites, "sites", []string{"resid_post", "mlp_in"}, "sites to edit")
	flags.StringSliceVar(&f.tokens, "tokens", []string{string(study.AtEntity), string(study.AfterEntity)}, "tokens to edit: entity (its last one), after (all behind it)")
	flags.StringVar(&f.layers, "layers", "", "layers to edit, each by itself, as 0-3,29 (default every third)")
	flags.IntVar(&f.entities, "entities", 150, "entities drawn of each split")
	flags.IntVar(&f.prompts, "prompts", 3, "prompts drawn of each split and attribute")
	flags.IntVar(&f.limit, "limit", 30, "pairs of each moved and asked attribute")
	flags.Float64SliceVar(&f.alphas, "alpha", []float64{1, 2}, "strengths of add")
	return c
}

func runStudyRavel(ctx context.Context, e *env, f *ravelFlags) error {
	shared, err := f.studyFlags.options(e)
	if err != nil {
		return err
	}
	data, err := study.RavelData(f.kind)
	if err != nil {
		return usagef("--kind: want one of %s, have %q", strings.Join(study.RavelKinds, ", "), f.kind)
	}
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(f.threads))
	defer boundGarbage()()
	l, err := loadNamed(e, f.model)
	if err != nil {
		return err
	}
	defer l.Close()
	o, err := f.options(shared, data, l)
	if err != nil {
		return err
	}
	r, err := study.RunRavel(ctx, l, data, o)
	if err != nil {
		return err
	}
	return e.Result(r, r.Print)
}

// options are the flags as the study has them.
func (f *ravelFlags) options(shared study.Options, data *study.Ravel, l *collect.Loaded) (study.RavelOptions, error) {
	o := study.RavelOptions{Options: shared, Attributes: f.attributes, Entities: f.entities, Prompts: f.prompts, Limit: f.limit, Alphas: f.alphas}
	if o.Attributes == nil {
		o.Attributes = data.Attributes
		if f.kind == "city" {
			o.Attributes = []string{"Country", "Continent", "Language"}
		}
	}
	for _, t := range f.tokens {
		o.Tokens = append(o.Tokens, study.RavelTokens(t))
	}
	var err error
	if o.Sites, err = parseSites(f.sites, l.Model.Sites()); err != nil {
		return o, err
	}
	count := l.Model.Config().Layers
	if f.layers != "" {
		o.Layers, err = parseLayers(f.layers, count)
		return o, err
	}
	for layer := 0; layer < count; layer += 3 {
		o.Layers = append(o.Layers, layer)
	}
	return o, nil
}
