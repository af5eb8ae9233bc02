package main

import (
	"context"
	"runtime"

	"github.com/spf13/cobra"

	"premlp/collect/facts"
	"premlp/collect/study"
)

// countries24Flags are the flags of study countries24.
type countries24Flags struct {
	studyFlags
	facts string
}

func newStudyCountries24(e *env) *cobra.Command {
	var f countries24Flags
	c := &cobra.Command{
		Use:   "countries24 --model MODEL -o DIR",
		Short: "21 countries, 24 questions: where a country can be read, and where it acts",
		Long: `Countries24 asks 24 questions about each of 21 countries and describes where in the
model the country can be read from the tokens after its name, whether that carries
over to descriptions without the name, and what adding or removing its direction
does to the model's answers.`,
		Example: `  premlp study countries24 --model smollm2-135m -o out/countries24`,
		Args:    cobra.NoArgs,
		RunE:    func(c *cobra.Command, _ []string) error { return runStudyCountries24(c.Context(), e, &f) },
	}
	f.add(c)
	c.Flags().StringVar(&f.facts, "facts", "", "another file of facts, with templates, folds and descriptions (default: the study's own)")
	return c
}

func runStudyCountries24(ctx context.Context, e *env, f *countries24Flags) error {
	o, err := f.options(e)
	if err != nil {
		return err
	}
	file, err := f.file()
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
	r, err := study.Countries24(ctx, l, file, o)
	if err != nil {
		return err
	}
	return e.Result(r, r.Print)
}

// file is the facts the study is about.
func (f *countries24Flags) file() (*facts.File, error) {
	if f.facts != "" {
		return facts.Read(f.facts)
	}
	return study.Countries24Facts()
}
