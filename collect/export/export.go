package export

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"premlp/collect/dataset"
)

// Form is a form a dataset can be written in.
type Form string

// The forms.
const (
	NPZ         Form = "npz"         // one file for numpy.load
	Safetensors Form = "safetensors" // one file of the same arrays
	Parquet     Form = "parquet"     // one file, one row per activation vector
	HF          Form = "hf"          // a folder for datasets.load_dataset
	Seed        Form = "seed"        // one file of records for torch.load
)

// Forms lists all forms.
var Forms = []Form{NPZ, Safetensors, Parquet, HF, Seed}

// ParseForm reads the name of a form.
func ParseForm(s string) (Form, error) {
	if f := Form(s); slices.Contains(Forms, f) {
		return f, nil
	}
	names := make([]string, len(Forms))
	for i, f := range Forms {
		names[i] = string(f)
	}
	return "", fmt.Errorf("form: want one of %s, have %q", strings.Join(names, ", "), s)
}

// Options says how a dataset is written.
type Options struct {
	Form Form
	Site string // the one site that Seed writes; "" where the dataset has one only

	Checked  func(done, total int)   // questions checked before anything is written
	Progress func(done, total int64) // bytes of stored values read
}

// Summary is what was written.
type Summary struct {
	Dir       string   `json:"dir"`
	Form      Form     `json:"form"`
	Path      string   `json:"path"`
	Bytes     int64    `json:"bytes"` // of all files written
	Files     int      `json:"files"`
	Questions int      `json:"questions"`
	Rows      int64    `json:"rows"` // token positions; each has a vector per site and layer
	Sites     []string `json:"sites"`
	Layers    []int    `json:"layers"`
	Dim       int      `json:"dim"`
	DType     string   `json:"dtype"` // of the values as written
	Notes     []string `json:"notes"` // what the form cannot hold as stored
}

// Write checks every byte of the dataset in dir and writes it to path, which
// must not exist. After an error nothing stands there.
func Write(ctx context.Context, dir, path string, o Options) (*Summary, error) {
	if _, err := ParseForm(string(o.Form)); err != nil {
		return nil, fmt.Errorf("export: %w", err)
	}
	if err := checkFree(path); err != nil {
		return nil, err
	}
	r, err := dataset.Open(dir)
	if err != nil {
		return nil, err
	}
	defer r.Close()
	sites, err := o.sites(r.Manifest().Sites)
	if err != nil {
		return nil, err
	}
	if err := r.Verify(ctx, o.Checked); err != nil {
		return nil, err
	}
	s, err := newSource(ctx, r, sites, o.Progress)
	if err != nil {
		return nil, err
	}
	dtype, note, err := s.write(path, o.Form)
	if err != nil {
		return nil, fmt.Errorf("export: %w", err)
	}
	return s.summary(path, o.Form, dtype, note)
}

// checkFree refuses a path that is taken.
func checkFree(path string) error {
	_, err := os.Lstat(path)
	if err == nil {
		return fmt.Errorf("export: %s: want a new name, have one that exists", path)
	}
	if !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("export: %w", err)
	}
	return nil
}

// sites are those of the dataset that the form writes.
func (o Options) sites(all []string) ([]string, error) {
	switch {
	case o.Form != Seed && o.Site != "":
		return nil, fmt.Errorf("export: site: want it with %s only, have it with %s", Seed, o.Form)
	case o.Form != Seed:
		return all, nil
	case o.Site == "" && len(all) > 1:
		return nil, fmt.Errorf("export: site: want one of %s (a record has no place for more), have none", strings.Join(all, ", "))
	case o.Site == "":
		return all, nil
	case !slices.Contains(all, o.Site):
		return nil, fmt.Errorf("export: site: want one of %s, have %q", strings.Join(all, ", "), o.Site)
	}
	return []string{o.Site}, nil
}

// write writes one form and gives the type its values have there.
func (s *source) write(path string, form Form) (dtype dataset.DType, note string, err error) {
	stored := s.m.DType
	widened := func(why string) (dataset.DType, string) {
		if stored == dataset.F32 {
			return stored, ""
		}
		return dataset.F32, fmt.Sprintf("%s values are written as f32, which holds them exactly: %s", stored, why)
	}
	switch form {
	case Safetensors:
		return stored, "", s.writeSafetensors(path)
	case Seed:
		return stored, "", s.writeSeed(path)
	case NPZ:
		dtype = stored
		if stored == dataset.BF16 {
			dtype, note = widened("numpy has no bfloat16")
		}
		return dtype, note, s.writeNPZ(path)
	case Parquet:
		dtype, note = widened("few readers of Parquet know 16-bit floats")
		return dtype, note, s.writeParquet(path)
	}
	dtype, note = widened("few readers of Parquet know 16-bit floats")
	return dtype, note, s.writeHF(path)
}

func (s *source) summary(path string, form Form, dtype dataset.DType, note string) (*Summary, error) {
	sum := &Summary{
		Dir: s.r.Dir(), Form: form, Path: path, Questions: s.m.Questions, Rows: s.m.Rows,
		Sites: s.sites, Layers: s.m.Layers, Dim: s.m.Dim, DType: string(dtype), Notes: []string{},
	}
	if note != "" {
		sum.Notes = append(sum.Notes, note)
	}
	err := filepath.WalkDir(path, func(_ string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		info, err := d.Info()
		if err != nil {
			return err
		}
		sum.Files++
		sum.Bytes += info.Size()
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("export: %w", err)
	}
	return sum, nil
}
