package main

import (
	"os"
	"runtime"
	"runtime/debug"

	"github.com/spf13/cobra"

	"premlp/bench"
	"premlp/collect/dataset"
	"premlp/collect/study"
)

// studies are the subcommands of study, one file each.
var studies = []func(*env) *cobra.Command{newStudyCountries24, newStudyRelations, newStudyRavel}

func newStudy(e *env) *cobra.Command {
	c := &cobra.Command{
		Use:   "study STUDY",
		Short: "Run a whole study: from questions to its tables and pictures",
		Long: `Study runs one of the studies that are part of this program on a model, from its
questions to every table and picture, and keeps all of it in a folder. A run that
was stopped goes on where it was when the same command is given again.`,
		Example: `  premlp study countries24 --model smollm2-135m -o out/countries24`,
		Args:    cobra.NoArgs,
		RunE:    needsSubcommand,
	}
	for _, sub := range studies {
		c.AddCommand(sub(e))
	}
	return c
}

// studyFlags are those of every study.
type studyFlags struct {
	model, out, date string
	threads          int
	seed             uint64
}

// add defines the flags.
func (f *studyFlags) add(c *cobra.Command) {
	flags := c.Flags()
	flags.StringVar(&f.model, "model", "", "the model: a .gguf file, a folder with config.json, or a catalogue name")
	flags.StringVarP(&f.out, "out", "o", "", "the folder for all that the study makes")
	flags.StringVar(&f.date, "date", "", "the day a chat template that shows one sees, YYYY-MM-DD (default today)")
	flags.Uint64Var(&f.seed, "seed", 1, "of everything drawn by chance")
	addThreads(c, &f.threads)
	require(c, "model", "out")
}

// options are the flags as the package has them.
func (f *studyFlags) options(e *env) (study.Options, error) {
	o := study.Options{Dir: f.out, Threads: f.threads, Seed: f.seed, Watch: studyWatch{e}}
	switch {
	case f.threads < 1:
		return o, usagef("--threads: want 1 or more, have %d", f.threads)
	case f.seed == 0:
		return o, usagef("--seed: want 1 or more, have 0")
	}
	var err error
	if o.Now, err = parseDay(f.date); err != nil {
		return o, err
	}
	v := readVersion(debug.ReadBuildInfo())
	o.Run = dataset.RunInfo{
		Version: v.Version, Commit: v.Commit, Go: v.Go, OS: runtime.GOOS, Arch: runtime.GOARCH,
		CPU: bench.CPUName(), Host: hostName(), Command: os.Args,
	}
	return o, nil
}

// studyWatch shows on stderr how a study goes.
type studyWatch struct{ env *env }

// Stage implements study.Watch.
func (w studyWatch) Stage(name, unit string) study.Stage { return w.env.Progress(name, unit, 0) }

// Notef implements study.Watch.
func (w studyWatch) Notef(format string, args ...any) { w.env.Notef(format, args...) }
