package main

import (
	"context"
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"

	"premlp/collect/export"
)

// exportFlags are the flags of export.
type exportFlags struct {
	to, out, site  string
	method, layers string // of a control vector
}

func newExport(e *env) *cobra.Command {
	var f exportFlags
	c := &cobra.Command{
		Use:   "export DIR|FILE --to FORM -o PATH",
		Short: "Write a dataset, or its directions, in the form of another tool",
		Long: `Export checks every byte of a dataset and writes it in a form that other tools
load; docs/exports.md shows how, for each:

  npz          one file for numpy.load
  safetensors  one file of the same arrays
  parquet      one file, one row per activation vector
  hf           a folder for datasets.load_dataset
  seed         one file of records for torch.load; one site

Of a file that directions wrote:

  control-vector  one GGUF file for llama.cpp's --control-vector-scaled; of
                  resid_post or resid_pre, as it adds to the residual stream

Values keep their type where the form has it, else they are written as float32,
which is said. PATH must not exist; it appears when it is complete.`,
		Example: `  premlp export out/france --to safetensors -o france.safetensors
  premlp export out/france --to hf -o france-hf
  premlp export out/france --to seed -o concept_dataset.pt --json
  premlp export out/france.safetensors --to control-vector --site resid_post --layers 23 -o france.gguf`,
		Args: cobra.ExactArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			return runExport(c.Context(), e, args[0], f)
		},
	}
	c.Flags().StringVar(&f.to, "to", "", "the form: npz, safetensors, parquet, hf, seed or control-vector")
	c.Flags().StringVarP(&f.out, "out", "o", "", "the file or folder to write")
	c.Flags().StringVar(&f.site, "site", "", "the site that seed or control-vector writes (default: the only one)")
	c.Flags().StringVar(&f.method, "method", "", "the method whose directions control-vector writes (default: mean)")
	c.Flags().StringVar(&f.layers, "layers", "", "the layers that control-vector writes, as 20-24 (default: all it can)")
	require(c, "to", "out")
	return c
}

func runExport(ctx context.Context, e *env, dir string, f exportFlags) error {
	if f.to == string(export.ControlVector) {
		return runControlVector(e, dir, f)
	}
	form, err := export.ParseForm(f.to)
	if err != nil {
		return usageError{fmt.Errorf("--to: %w", err)}
	}
	if f.site != "" && form != export.Seed {
		return usagef("--site: want it with --to seed or control-vector, have it with --to %s", form)
	}
	if f.method != "" || f.layers != "" {
		return usagef("--method and --layers: want them with --to control-vector, have them with --to %s", form)
	}
	checking := e.Progress("checking", "questions", 0)
	defer checking.Close()
	var writing *progress
	s, err := export.Write(ctx, dir, f.out, export.Options{
		Form: form, Site: f.site,
		Checked: func(done, total int) { checking.Set(int64(done), int64(total)) },
		Progress: func(done, total int64) {
			if writing == nil {
				checking.Close()
				writing = e.Progress("writing", unitBytes, total)
			}
			writing.Set(done, total)
		},
	})
	if writing != nil {
		writing.Close()
	}
	if err != nil {
		return err
	}
	return e.Result(s, func(w io.Writer) { printExport(w, s) })
}

func printExport(w io.Writer, s *export.Summary) {
	files := "1 file"
	if s.Files != 1 {
		files = fmt.Sprintf("%d files", s.Files)
	}
	fmt.Fprintf(w, "%s: %s, %s, %s\n", s.Path, s.Form, files, formatBytes(s.Bytes))
	fmt.Fprintf(w, "%d questions, %d token positions × %d layers × %s, %d values of %s each\n",
		s.Questions, s.Rows, len(s.Layers), strings.Join(s.Sites, ", "), s.Dim, s.DType)
	for _, note := range s.Notes {
		fmt.Fprintln(w, "note:", note)
	}
}
