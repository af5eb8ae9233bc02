package main

import (
	"context"
	"io"
	"runtime"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"premlp/collect/dataset"
	"premlp/collect/direction"
)

// directionFlags are the flags of directions.
type directionFlags struct {
	out, table, target string
	sites, methods     []string
	layers, level      string
	folds, groups      int
	bootstrap, nulls   int
	seed               uint64
	threads            int
}

func newDirections(e *env) *cobra.Command {
	var f directionFlags
	c := &cobra.Command{
		Use:   "directions DIR -o FILE",
		Short: "Find the directions of a dataset's target, and test them",
		Long: `Directions finds, at every site and layer, the direction that sets the target's
rows apart from the controls', by several methods on the same rows, and tests it
on questions whose template and control it has not seen.

FILE is a safetensors file that steer --from reads: one tensor
"<method>.<site>.<layer>" each, with the verdicts in its metadata. The table shows, per layer and method:

  AUROC   of questions (the mean score of their rows), and the central 95 % of a
          bootstrap over templates and controls
  worst   the smallest AUROC of a fold
  nulls   what 1 in 20 random targets per template, shuffled labels and random
          directions reach; the same method at layer 0
  rank    the target's among all concepts, each in turn as the target, and their
          median: whether the target is special, not whether there is a direction
  cosine  of the directions of different folds
  verdict supported, weak, unsupported, or explained by a baseline

Another --target relabels the rows: no model runs.`,
		Example: `  premlp directions out/france -o out/france.safetensors
  premlp directions out/france -o out/japan.safetensors --target Japan --methods mean,lda --layers 12-29 --json`,
		Args: cobra.ExactArgs(1),
		RunE: func(c *cobra.Command, args []string) error { return runDirections(c.Context(), e, args[0], f) },
	}
	c.Flags().StringVarP(&f.out, "out", "o", "", "the safetensors file to write")
	c.Flags().StringVar(&f.table, "table", "", "write the table to this file too, as .csv or .json")
	c.Flags().StringVar(&f.target, "target", "", "the concept that plays the target (default the dataset's)")
	c.Flags().StringSliceVar(&f.methods, "methods", nil, "methods, of "+strings.Join(direction.MethodNames(), ", ")+" (default all)")
	c.Flags().StringSliceVar(&f.sites, "sites", nil, "sites (default all of the dataset)")
	c.Flags().StringVar(&f.layers, "layers", "", "layers, as 0-3,29 (default all of the dataset)")
	c.Flags().StringVar(&f.level, "level", string(direction.Rows), "fit on rows, or on questions (the mean row of each)")
	c.Flags().IntVar(&f.folds, "folds", 0, "groups of templates (default 5, fewer where each would have less than 2)")
	c.Flags().IntVar(&f.groups, "groups", 3, "groups of controls; 1 holds no control out")
	c.Flags().IntVar(&f.bootstrap, "bootstrap", 1000, "draws of the bootstrap")
	c.Flags().IntVar(&f.nulls, "nulls", 40, "draws of each null")
	c.Flags().Uint64Var(&f.seed, "seed", 1, "of everything drawn by chance")
	addThreads(c, &f.threads)
	require(c, "out")
	return c
}

func runDirections(ctx context.Context, e *env, dir string, f directionFlags) error {
	if f.threads < 1 {
		return usagef("--threads: want 1 or more, have %d", f.threads)
	}
	write, err := tableWriter(f.table)
	if err != nil {
		return err
	}
	r, err := dataset.Open(dir)
	if err != nil {
		return err
	}
	defer r.Close()
	o, err := f.options(r.Manifest())
	if err != nil {
		return err
	}
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(f.threads))
	defer boundGarbage()()
	digest, err := r.Digest(ctx)
	if err != nil {
		return err
	}
	p := e.Progress("layers", "layers", 0)
	o.Progress = func(done, total int) { p.Set(int64(done), int64(total)) }
	report, err := direction.Analyse(ctx, r, o)
	p.Close()
	if err != nil {
		return err
	}
	report.Digest = digest
	if err := report.Write(f.out); err != nil {
		return err
	}
	if write != nil {
		if err := write(report); err != nil {
			return err
		}
	}
	return e.Result(report, func(w io.Writer) { printDirections(w, report, f.out) })
}

// options are the flags as the package has them.
func (f directionFlags) options(m dataset.Manifest) (direction.Options, error) {
	o := direction.Options{
		Target: f.target, Sites: f.sites, Methods: f.methods, Level: direction.Level(f.level),
		Folds: f.folds, Groups: f.groups, Bootstrap: f.bootstrap, Nulls: f.nulls, Seed: f.seed,
	}
	switch {
	case f.folds < 0 || f.folds == 1:
		return o, usagef("--folds: want 2 or more, have %d", f.folds)
	case f.groups < 1:
		return o, usagef("--groups: want 1 or more, have %d", f.groups)
	case f.bootstrap < 1 || f.nulls < 1:
		return o, usagef("--bootstrap and --nulls: want 1 or more, have %d and %d", f.bootstrap, f.nulls)
	case f.seed == 0:
		return o, usagef("--seed: want 1 or more, have 0")
	case o.Level != direction.Rows && o.Level != direction.Questions:
		return o, usagef("--level: want %s or %s, have %q", direction.Rows, direction.Questions, f.level)
	}
	for _, name := range f.methods {
		if !slices.Contains(direction.MethodNames(), name) {
			return o, usagef("--methods: want some of %s, have %q", strings.Join(direction.MethodNames(), ", "), name)
		}
	}
	for _, site := range f.sites {
		if !slices.Contains(m.Sites, site) {
			return o, usagef("--sites: want some of %s, have %q", strings.Join(m.Sites, ", "), site)
		}
	}
	if f.target != "" && f.target != m.Target && !slices.Contains(m.Controls, f.target) {
		return o, usagef("--target: want one of %s, have %q", strings.Join(append([]string{m.Target}, m.Controls...), ", "), f.target)
	}
	if f.layers == "" {
		return o, nil
	}
	var err error
	if o.Layers, err = parseLayers(f.layers, m.Layers[len(m.Layers)-1]+1); err != nil {
		return o, err
	}
	for _, l := range o.Layers {
		if !slices.Contains(m.Layers, l) {
			return o, usagef("--layers: want some of %v, have %d", m.Layers, l)
		}
	}
	return o, nil
}
