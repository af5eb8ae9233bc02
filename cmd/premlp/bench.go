package main

import (
	"bytes"
	"io"
	"os"
	"path/filepath"

	"github.com/google/renameio/v2/maybe"
	"github.com/spf13/cobra"

	"premlp/bench"
)

// benchFlags are the flags that every measurement has.
type benchFlags struct {
	runs, threads, memory int
	out                   string
}

func newBench(e *env) *cobra.Command {
	c := &cobra.Command{
		Use:   "bench",
		Short: "Measure products, passes, the job, decoding and loading; compare results",
		Long: `Bench measures what premlp does beside what the machine can do at most: its
multiply-add peak and the speed at which it reads memory, measured in the same
run; of a graphics card, products and copies. Every figure is given at the best
and at the median run, with the spread from the first to the third quartile as a
share of the median.

Nothing else should run on the machine: a second process on a core halves what
two threads do.`,
		Example: `  premlp bench kernels
  premlp bench forward --model smollm2-135m -o forward.json`,
		Args: cobra.NoArgs,
		RunE: needsSubcommand,
	}
	c.AddCommand(newBenchKernels(e), newBenchForward(e), newBenchJob(e), newBenchDecode(e), newBenchLoad(e), newBenchDevice(e), newBenchCompare(e), newBenchWorker(e))
	return c
}

// add adds the flags.
func (f *benchFlags) add(c *cobra.Command, runs int) {
	c.Flags().IntVar(&f.runs, "runs", runs, "timed runs of each measurement, after one that is not counted")
	c.Flags().IntVar(&f.memory, "memory", 0, "MiB that reads of memory go through (default 512, or four times the last-level cache)")
	c.Flags().StringVarP(&f.out, "out", "o", "", "file that also gets the result, as JSON")
	addThreads(c, &f.threads)
}

// check refuses values that no measurement can take, and an --out that has no
// folder to stand in.
func (f *benchFlags) check() error {
	switch {
	case f.runs < 1:
		return usagef("--runs: want at least 1, have %d", f.runs)
	case f.threads < 1:
		return usagef("--threads: want at least 1, have %d", f.threads)
	case f.memory < 0 || f.memory > 1<<20:
		return usagef("--memory: want from 0 to %d MiB, have %d", 1<<20, f.memory)
	}
	return checkFolder(f.out)
}

// checkFolder refuses a file to be written that has no folder to stand in: better
// now than after the work.
func checkFolder(file string) error {
	if file == "" {
		return nil
	}
	_, err := os.Stat(filepath.Dir(file))
	return err
}

// machine says how the machine is measured.
func (f *benchFlags) machine() bench.MachineOptions {
	return bench.MachineOptions{Threads: f.threads, ReadBytes: int64(f.memory) << 20}
}

// benchReport is a measurement's result.
type benchReport interface{ Print(w io.Writer) }

// finish writes the result to --out and prints it.
func (f *benchFlags) finish(e *env, r benchReport) error {
	if f.out != "" {
		var document bytes.Buffer
		if err := writeJSON(&document, r); err != nil {
			return err
		}
		if err := maybe.WriteFile(f.out, document.Bytes(), 0o644); err != nil {
			return err
		}
	}
	return e.Result(r, r.Print)
}

// rowProgress shows one bar after another, one for each row of a measurement.
type rowProgress struct {
	env  *env
	name string
	bar  *progress
}

// set says how many runs of the row called name are done.
func (p *rowProgress) set(name string, done, total int) {
	if p.bar == nil || p.name != name {
		p.close()
		p.name, p.bar = name, p.env.Progress(name, "runs", int64(total))
	}
	p.bar.Set(int64(done), int64(total))
}

func (p *rowProgress) close() {
	if p.bar != nil {
		p.bar.Close()
		p.bar = nil
	}
}
