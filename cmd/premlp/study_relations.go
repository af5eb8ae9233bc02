package main

import (
	"context"
	"runtime"

	"github.com/spf13/cobra"

	"premlp/collect/study"
)

// relationsFlags are the flags of study relations.
type relationsFlags struct {
	studyFlags
	names          []string
	layers         string
	limit, targets int
	alpha          float64
}

func newStudyRelations(e *env) *cobra.Command {
	var f relationsFlags
	c := &cobra.Command{
		Use:   "relations --model MODEL -o DIR",
		Short: "Seven relations of facts: what is known, read and moved",
		Long: `Relations takes the factual relations about countries of Hernandez et al. (2023),
which are part of this program: capitals, currencies, languages, largest cities, and
the countries of cities, foods and landmarks. For each relation it

  counts   what the model knows in each of the relation's templates
  reads    objects (the country of a landmark) from subjects and in a template that
           the direction has not seen, at every layer, beside objects dealt anew
  steers   adds an object's direction to the questions about the others, or sets the
           projection on it to the others' mean, and measures how the answers change

Only facts that the model knows are read and steered. Finished relations are kept:
a run that was stopped goes on with the next.`,
		Example: `  premlp study relations --model smollm2-135m -o out/relations
  premlp study relations --model smollm2-135m -o out/relations --relations "landmark in country" --limit 100`,
		Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error { return runStudyRelations(c.Context(), e, &f) },
	}
	f.add(c)
	flags := c.Flags()
	flags.StringSliceVar(&f.names, "relations", nil, "relations by name (default all)")
	flags.StringVar(&f.layers, "layers", "", "layers to steer at, each by itself, as 0-3,29 (default every third)")
	flags.IntVar(&f.limit, "limit", 40, "facts of each relation; of more, those of the objects with the most")
	flags.IntVar(&f.targets, "targets", 3, "targets of the causal test, of different objects")
	flags.Float64Var(&f.alpha, "alpha", 2, "strength of add")
	return c
}

func runStudyRelations(ctx context.Context, e *env, f *relationsFlags) error {
	shared, err := f.studyFlags.options(e)
	if err != nil {
		return err
	}
	list, err := study.Relations()
	if err != nil {
		return err
	}
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(f.threads))
	defer boundGarbage()()
	l, err := loadNamed(e, f.model)
	if err != nil {
		return err
	}
	defer l.Close()
	o := study.RelationsOptions{Options: shared, Names: f.names, Limit: f.limit, Targets: f.targets, Alpha: f.alpha}
	count := l.Model.Config().Layers
	for layer := 0; layer < count && f.layers == ""; layer += 3 {
		o.Layers = append(o.Layers, layer)
	}
	if f.layers != "" {
		if o.Layers, err = parseLayers(f.layers, count); err != nil {
			return err
		}
	}
	r, err := study.RunRelations(ctx, l, list, o)
	if err != nil {
		return err
	}
	return e.Result(r, r.Print)
}
