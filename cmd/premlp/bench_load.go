package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"premlp/bench"
	"premlp/model"
	"premlp/weights/catalogue"
)

// benchLoadFlags are the flags of bench load.
type benchLoadFlags struct {
	benchFlags
	model string
	once  bool
}

func newBenchLoad(e *env) *cobra.Command {
	f := benchLoadFlags{}
	c := &cobra.Command{
		Use:   "load --model MODEL",
		Short: "Measure loading a model, up to the first row",
		Long: `Load times, from the opening of the checkpoint, how long it takes until the
session is ready (all weights packed) and until the mlp_in rows of one token are
there. Every run is a process of its own, so that the memory stated is the
load's; the file is in the page cache from the run before.

With --once this process itself loads the model once.`,
		Example: `  premlp bench load --model smollm2-135m
  premlp bench load --model smollm2-135m --once --json`,
		Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error { return runBenchLoad(c.Context(), e, f) },
	}
	c.Flags().StringVar(&f.model, "model", "", "the model: a .gguf file, a folder with config.json, or a catalogue name")
	c.Flags().BoolVar(&f.once, "once", false, "load once, in this process, and measure nothing else")
	f.add(c, 9)
	require(c, "model")
	return c
}

// loadOnce is the result of bench load --once.
type loadOnce struct{ bench.LoadRun }

// Print writes the report for a reader.
func (r loadOnce) Print(w io.Writer) {
	fmt.Fprintf(w, "opened after %.3f s, session ready after %.3f s, first row after %.3f s\n", r.Open, r.Session, r.FirstRow)
	fmt.Fprintf(w, "packed weights %s, most resident %s, of mapped files %s\n",
		formatBytes(r.PackedBytes), formatBytes(r.Memory.Peak), formatBytes(r.Memory.File))
}

func runBenchLoad(ctx context.Context, e *env, f benchLoadFlags) error {
	if err := f.check(); err != nil {
		return err
	}
	path, err := catalogue.Locate(f.model)
	if err != nil {
		return err
	}
	if f.once {
		r, err := bench.LoadOnce(ctx, path, f.threads)
		if err != nil {
			return err
		}
		return f.finish(e, loadOnce{r})
	}
	program, err := os.Executable()
	if err != nil {
		return err
	}
	report, err := f.measure(ctx, e, path, func(ctx context.Context) (bench.LoadRun, error) {
		return loadProcess(ctx, program, path, f.threads)
	})
	if err != nil {
		return err
	}
	return f.finish(e, report)
}

// measure sums up loads by once and adds the facts.
func (f *benchLoadFlags) measure(ctx context.Context, e *env, path string, once func(context.Context) (bench.LoadRun, error)) (*bench.LoadReport, error) {
	e.Notef("measuring the machine")
	machine, err := bench.DescribeMachine(ctx, f.machine())
	if err != nil {
		return nil, err
	}
	bar := &rowProgress{env: e}
	defer bar.close()
	report, err := bench.Load(ctx, f.runs, func(done, total int) { bar.set("load", done, total) }, once)
	if err != nil {
		return nil, err
	}
	report.Machine, report.Threads = machine, f.threads
	m, err := model.Open(path)
	if err != nil {
		return nil, err
	}
	report.Model, err = bench.DescribeModel(ctx, m)
	return report, errors.Join(err, m.Close())
}

// loadProcess loads the model once in a process of its own.
func loadProcess(ctx context.Context, program, path string, threads int) (bench.LoadRun, error) {
	var r bench.LoadRun
	var stdout, stderr bytes.Buffer
	c := exec.CommandContext(ctx, program, "bench", "load", "--once", "--json", "--model", path, "--threads", strconv.Itoa(threads))
	c.Stdout, c.Stderr = &stdout, &stderr
	if err := c.Run(); err != nil {
		return r, fmt.Errorf("%s: %w: %s", c, err, strings.TrimSpace(stderr.String()))
	}
	return r, json.Unmarshal(stdout.Bytes(), &r)
}
