package main

import (
	"context"
	"fmt"
	"io"
	"math"
	"os"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"premlp/collect"
	"premlp/collect/dataset"
	"premlp/collect/direction"
	"premlp/collect/quality"
	"premlp/collect/report"
)

// reportFlags are the flags of report.
type reportFlags struct {
	out     string
	site    string
	target  string
	methods []string
	seed    uint64
	threads int

	steering []string
	pictures string
}

func newReport(e *env) *cobra.Command {
	var f reportFlags
	c := &cobra.Command{
		Use:   "report DIR -o FILE",
		Short: "Show what a dataset holds and what its directions are worth, as one HTML file",
		Long: `Report checks a dataset's bytes and rows, finds and tests its directions, and writes one
HTML file that needs nothing else: the verdict in plain words, AUROC by layer
beside the nulls, maps of the activations, the concepts beside one another, the
checks, the manifest and how to make it again.

With --steering the page shows too what the direction does to the model: files that
steer --json and generate --steer --json wrote, of the same model and target.

With --pictures DIR the figures are written too, each as PNG and SVG.

It needs no model. What it says follows from the dataset and the flags alone.`,
		Example: `  premlp report out/france -o report.html
  premlp report out/france -o report.html --site resid_mid --methods mean,lda,logistic
  premlp steer --model smollm2-135m --facts docs/examples/capitals.json --from out/france --sites resid_post --alpha 1,2,4 --json >steer.json
  premlp report out/france -o report.html --steering steer.json --pictures out/france-figures`,
		Args: cobra.ExactArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			return runReport(c.Context(), e, args[0], f)
		},
	}
	c.Flags().StringVarP(&f.out, "out", "o", "", "the HTML file to write")
	c.Flags().StringVar(&f.site, "site", "", "the site to show (default: the dataset's first)")
	c.Flags().StringVar(&f.target, "target", "", "the concept that plays the target (default: the dataset's)")
	c.Flags().StringSliceVar(&f.methods, "methods", nil, "methods, of "+strings.Join(direction.MethodNames(), ", ")+"; the first is judged (default: mean,lda)")
	c.Flags().StringSliceVar(&f.steering, "steering", nil, "files of steer --json and generate --steer --json to show")
	c.Flags().StringVar(&f.pictures, "pictures", "", "a folder for the figures as PNG and SVG")
	c.Flags().Uint64Var(&f.seed, "seed", 1, "of what is drawn by chance")
	addThreads(c, &f.threads)
	require(c, "out")
	return c
}

// reportResult is what report prints.
type reportResult struct {
	File    string  `json:"file"`
	Bytes   int     `json:"bytes"`
	Seconds float64 `json:"seconds"`
	report.Summary
}

func runReport(ctx context.Context, e *env, dir string, f reportFlags) error {
	if f.threads < 1 {
		return usagef("--threads: want 1 or more, have %d", f.threads)
	}
	start := time.Now()
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(f.threads))
	defer boundGarbage()()
	if info, err := os.Stat(f.out); err == nil && info.IsDir() {
		return usagef("--out: want a file, have the folder %s", f.out)
	}
	o := report.Options{Site: f.site, Target: f.target, Methods: f.methods, Seed: f.seed, Command: f.command(dir)}
	r, err := dataset.Open(dir)
	if err != nil {
		return err
	}
	defer r.Close()
	if len(f.steering) > 0 {
		if o.Steering, err = report.ReadSteering(f.steering, r.Manifest().Model.Digest); err != nil {
			return err
		}
	}
	if err := checked(ctx, e, dir, &o); err != nil {
		return err
	}
	if err := measured(ctx, e, dir, f.threads, &o); err != nil {
		return err
	}
	p := e.Progress("directions", "layers", 0)
	o.Progress = func(done, total int) { p.Set(int64(done), int64(total)) }
	page, err := report.Make(ctx, r, o)
	p.Close()
	if err != nil {
		return err
	}
	size, err := page.Write(f.out)
	if err != nil {
		return err
	}
	if f.pictures != "" {
		files, err := page.Draw(f.pictures)
		if err != nil {
			return err
		}
		e.Notef("%d pictures in %s", len(files), f.pictures)
	}
	result := reportResult{f.out, size, time.Since(start).Seconds(), page.Summary}
	return e.Result(result, result.Print)
}

// checked verifies what is stored; a dataset that fails is not shown.
func checked(ctx context.Context, e *env, dir string, o *report.Options) error {
	p := e.Progress("checking", "questions", 0)
	v, err := collect.Verify(ctx, dir, collect.VerifyOptions{Progress: func(done, total int) { p.Set(int64(done), int64(total)) }})
	p.Close()
	if err != nil {
		return err
	}
	o.Digest = v.Digest
	for _, x := range v.Findings {
		if x.Fatal {
			return fmt.Errorf("%s: %v", dir, x)
		}
		message := x.Message
		if x.Question != "" {
			message = x.Question + ": " + message
		}
		o.Checks = append(o.Checks, report.Check{Word: "warning", Name: x.Check, Message: message})
	}
	return nil
}

// measured adds what quality finds.
func measured(ctx context.Context, e *env, dir string, threads int, o *report.Options) error {
	p := e.Progress("quality", "layers", 0)
	r, err := quality.Measure(ctx, dir, quality.Options{Threads: threads, Progress: func(done, total int) { p.Set(int64(done), int64(total)) }})
	p.Close()
	if err != nil {
		return err
	}
	found := r.Findings()
	if len(found) == 0 {
		o.Checks = append(o.Checks, report.Check{Word: r.Verdict.String(), Name: "quality", Message: "norms, outliers, rank, cosines and drift of every layer are within their thresholds"})
	}
	for _, f := range found {
		c := report.Check{Word: f.Worst.Verdict.String(), Name: strings.TrimSpace(f.Worst.Set + " " + f.Worst.Name), Message: f.Worst.Found, Advice: f.Worst.Advice}
		if len(f.Places) > 0 {
			c.Message = fmt.Sprintf("at %s; the worst, %s: %s", strings.Join(f.Places, ", "), f.Place, f.Worst.Found)
		}
		o.Checks = append(o.Checks, c)
	}
	return nil
}

// command is the command line that makes the page again.
func (f reportFlags) command(dir string) []string {
	args := []string{"premlp", "report", dir, "-o", f.out}
	if f.site != "" {
		args = append(args, "--site", f.site)
	}
	if f.target != "" {
		args = append(args, "--target", f.target)
	}
	if len(f.methods) > 0 {
		args = append(args, "--methods", strings.Join(f.methods, ","))
	}
	if len(f.steering) > 0 {
		args = append(args, "--steering", strings.Join(f.steering, ","))
	}
	if f.seed != 1 {
		args = append(args, "--seed", strconv.FormatUint(f.seed, 10))
	}
	return args
}

// Print writes the result for a reader.
func (r reportResult) Print(w io.Writer) {
	fmt.Fprintf(w, "wrote %s, %s, in %.1f s\n", r.File, formatBytes(int64(r.Bytes)), r.Seconds)
	fmt.Fprintf(w, "  %s\n", r.Answer)
	r.printCurve(w)
	for _, x := range r.Effects {
		fmt.Fprintf(w, "  net change of its answer, edited %s, layers %s: %s %+.2f to %+.2f", x.Edit, span(x.Layers), bars(x.Net, min(0, slices.Min(x.Net)), max(0, slices.Max(x.Net))), slices.Min(x.Net), slices.Max(x.Net))
		if x.Random != nil {
			fmt.Fprintf(w, " (random %+.2f to %+.2f)", slices.Min(x.Random), slices.Max(x.Random))
		}
		fmt.Fprintln(w)
	}
	fmt.Fprintf(w, "  layer %d: %s\n", r.Layer, r.Verdict)
}

// printCurve draws what is known by layer, one line each.
func (r reportResult) printCurve(w io.Writer) {
	var auroc, low, chance []float64
	var layers []int
	marks := ""
	for _, c := range r.Curve {
		auroc, low, chance = append(auroc, orNone(c.AUROC)), append(low, orNone(c.Low)), append(chance, orNone(c.Chance))
		layers, marks = append(layers, c.Layer), marks+c.Mark
	}
	fmt.Fprintf(w, "  by layer, %s, from 0.5 to 1\n", span(layers))
	fmt.Fprintf(w, "    AUROC          %s\n", bars(auroc, 0.5, 1))
	fmt.Fprintf(w, "    interval from  %s\n", bars(low, 0.5, 1))
	fmt.Fprintf(w, "    by chance      %s\n", bars(chance, 0.5, 1))
	fmt.Fprintf(w, "    verdict        %s  (✓ supported, ~ weak, = explained, ✗ unsupported, ? not tested)\n", marks)
}

// span names layers that ascend by the first and the last.
func span(layers []int) string {
	return fmt.Sprintf("%d to %d", layers[0], layers[len(layers)-1])
}

// orNone is a figure, NaN where there is none.
func orNone(v *float64) float64 {
	if v == nil {
		return math.NaN()
	}
	return *v
}

// bars draws numbers from low to high as bars; NaN is a blank.
func bars(list []float64, low, high float64) string {
	steps := []rune("▁▂▃▄▅▆▇█")
	var b strings.Builder
	for _, v := range list {
		if math.IsNaN(v) {
			b.WriteByte(' ')
			continue
		}
		at := 0.0
		if high > low {
			at = (v - low) / (high - low) * float64(len(steps))
		}
		b.WriteRune(steps[min(max(int(at), 0), len(steps)-1)])
	}
	return b.String()
}
