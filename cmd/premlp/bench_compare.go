package main

import (
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"github.com/google/renameio/v2/maybe"
	"github.com/spf13/cobra"

	"premlp/bench"
)

// benchCompareFlags are the flags of bench compare.
type benchCompareFlags struct {
	picture string
	slower  float64
}

func newBenchCompare(e *env) *cobra.Command {
	f := benchCompareFlags{}
	c := &cobra.Command{
		Use:   "compare OLD.json NEW.json",
		Short: "Compare two results of the same measurement",
		Long: `Compare reads two files that the other measurements wrote with -o, or with --json,
and compares their times row by row, by the method of benchstat: the median of each
with its 95 % interval by order statistics, which assume nothing of how times are
spread, and a change where the U test of Mann and Whitney finds one (p at most 0.05).
An interval needs 6 runs, a test 4. What else differs between the two (processor,
program, threads, model) is said.

With --max-slower a row that has become slower by more than so many per cent makes
the command fail, if the test finds a change.`,
		Example: `  premlp bench forward --model smollm2-135m -o old.json
  premlp bench forward --model smollm2-135m -o new.json
  premlp bench compare old.json new.json --picture change.svg --max-slower 5`,
		Args: cobra.ExactArgs(2),
		RunE: func(c *cobra.Command, args []string) error { return runBenchCompare(e, c, args, f) },
	}
	c.Flags().StringVar(&f.picture, "picture", "", "file that gets a picture: .png or .svg")
	c.Flags().Float64Var(&f.slower, "max-slower", 0, "fail where a row is slower by more, in per cent (default: never)")
	return c
}

func runBenchCompare(e *env, c *cobra.Command, args []string, f benchCompareFlags) error {
	format := strings.TrimPrefix(strings.ToLower(filepath.Ext(f.picture)), ".")
	switch {
	case f.picture != "" && format != "png" && format != "svg":
		return usagef("--picture: want a file that ends in .png or .svg, have %q", f.picture)
	case f.slower < 0:
		return usagef("--max-slower: want no negative number, have %v", f.slower)
	}
	if err := checkFolder(f.picture); err != nil {
		return err
	}
	old, err := readResult(args[0])
	if err != nil {
		return err
	}
	new, err := readResult(args[1])
	if err != nil {
		return err
	}
	report, err := bench.Compare(old, new)
	if err != nil {
		return err
	}
	report.Old.File, report.New.File = args[0], args[1]
	if f.picture != "" {
		data, err := report.Picture(format)
		if err == nil {
			err = maybe.WriteFile(f.picture, data, 0o644)
		}
		if err != nil {
			return err
		}
		e.Notef("wrote %s", f.picture)
	}
	if err := e.Result(report, report.Print); err != nil {
		return err
	}
	if c.Flags().Changed("max-slower") {
		return f.checkSlower(report)
	}
	return nil
}

// checkSlower fails where a row has become slower by more than is allowed.
func (f *benchCompareFlags) checkSlower(r *bench.Comparison) error {
	var slower []string
	for _, row := range r.Rows {
		if row.Differs && 100*row.Change > f.slower {
			slower = append(slower, fmt.Sprintf("%s by %.1f %%", row.Name, 100*row.Change))
		}
	}
	if len(slower) > 0 {
		return fmt.Errorf("want no row slower by more than %v %%, have %s", f.slower, strings.Join(slower, ", "))
	}
	return nil
}

// maxResultBytes bounds a result's file: a profile of a large model has a few
// megabytes.
const maxResultBytes = 64 << 20

// readResult reads a measurement's file.
func readResult(path string) (*bench.Result, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	data, err := io.ReadAll(io.LimitReader(f, maxResultBytes+1))
	if err == nil && len(data) > maxResultBytes {
		err = fmt.Errorf("want at most %d bytes", maxResultBytes)
	}
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	r, err := bench.ReadResult(data)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return r, nil
}
