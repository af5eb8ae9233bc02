package model

import (
	"errors"
	"iter"
	"maps"
	"slices"
	"strconv"
	"strings"

	"premlp/layers"
	"premlp/weights"
)

// ggufForm says how a stored module differs from ours.
type ggufForm struct {
	rows       func(c *Config) []int32 // row i of ours is row rows[i] of the stored one
	transposed bool                    // ours is the transpose, of each head where there are heads
	heads      func(c *Config) int     // the stored one has each head's rows apart, [heads, ·, ·]
	// parts says that the stored one of a block holds so many of ours, one after
	// another; 0: the block has none.
	parts func(c *Config, block int) int
}

// interleaved is the form of projections whose rows are stored with the two
// halves of each head interleaved, for a rotary embedding of neighbours: row
// j·E/2+i of a head, j in {0, 1}, is stored as row 2i+j.
func interleaved(heads func(c *Config) int) ggufForm {
	return ggufForm{rows: func(c *Config) []int32 {
		half := c.HeadDim / 2
		rows := make([]int32, heads(c)*c.HeadDim)
		for r := range rows {
			head, at := r/c.HeadDim, r%c.HeadDim
			rows[r] = int32(head*c.HeadDim + at%half*2 + at/half)
		}
		return rows
	}}
}

// ungrouped is the form of fused projections that ours has in groups, each its
// queries, keys and values: stored are all queries, all keys, all values.
func ungrouped(groups func(c *Config) int) ggufForm {
	return ggufForm{rows: func(c *Config) []int32 {
		n := groups(c)
		queries, shared := c.Heads/n, c.KVHeads/n
		var rows []int32
		heads := func(from, count int) {
			rows = append(rows, layers.HeadRows(1, 0, from, from+count, c.HeadDim)...)
		}
		for g := range n {
			heads(g*queries, queries)
			heads(c.Heads+g*shared, shared)
			heads(c.Heads+c.KVHeads+g*shared, shared)
		}
		return rows
	}}
}

// The counts that forms depend on.
func queryHeads(c *Config) int         { return c.Heads }
func keyHeads(c *Config) int           { return c.KVHeads }
func expertCount(c *Config, _ int) int { return c.Experts }

// ggufTensor is where one of our tensors lies in a GGUF.
type ggufTensor struct {
	file        string // the tensor's name there
	form        ggufForm
	part, parts int // which part of a stacked one, of how many; 0: it is not stacked
}

// ggufSource presents a GGUF's tensors under the Hugging Face names and in the
// Hugging Face form. Errors name them as the file does.
type ggufSource struct {
	*weights.GGUF
	config *Config
	names  map[string]ggufTensor // our name → the file's, whether it is there or not
	rest   []string              // the file's tensors that are none of ours
}

// source maps every tensor of the file. A tensor without a counterpart keeps
// its name, so that it shows up as unused. Stacked tensors are checked at once,
// since all their parts depend on their length.
func (a *ggufArch) source(g *weights.GGUF, c *Config) (*ggufSource, error) {
	s := &ggufSource{GGUF: g, config: c, names: map[string]ggufTensor{}}
	files := map[string]bool{}
	var errs []error
	for _, module := range slices.Sorted(maps.Keys(a.tensors)) {
		form, blocks := a.forms[module], 1
		if strings.Contains(module, "%") {
			blocks = c.Layers
		}
		for b := range blocks {
			numbered := strings.NewReplacer("%", strconv.Itoa(b))
			file, ours := numbered.Replace(module), numbered.Replace(a.tensors[module])
			if strings.HasSuffix(file, ".weight") || strings.HasSuffix(file, ".bias") {
				files[file], s.names[ours] = true, ggufTensor{file: file, form: form}
				continue
			}
			files[file+".weight"], files[file+".bias"] = true, true
			errs = append(errs, s.add(file, ours, form, b))
		}
	}
	if a.rope {
		for _, t := range ropeTensorNames {
			files[t.file] = true // the config has them
		}
	}
	for name := range g.Names() {
		if !files[name] {
			s.rest = append(s.rest, name)
		}
	}
	return s, errors.Join(errs...)
}

// add maps the tensors of one module of the file, stacked or not.
func (s *ggufSource) add(file, ours string, form ggufForm, block int) error {
	if form.parts == nil {
		s.names[ours+".weight"] = ggufTensor{file: file + ".weight", form: form}
		s.names[ours+".bias"] = ggufTensor{file: file + ".bias", form: form}
		return nil
	}
	parts := form.parts(s.config, block)
	if parts == 0 {
		return nil
	}
	t, err := s.GGUF.Tensor(file + ".weight")
	if err != nil {
		return err
	}
	if len(t.Shape) < 2 || t.Shape[0] != parts || t.Empty() {
		return &weights.Error{Name: file + ".weight", Want: []int{parts, -1, -1}[:max(2, len(t.Shape))], Have: t.Shape, Err: weights.ErrShape}
	}
	for p := range parts {
		part := strings.Replace(ours, "#", strconv.Itoa(p), 1)
		s.names[part+".weight"] = ggufTensor{file + ".weight", form, p, parts}
		s.names[part+".bias"] = ggufTensor{file + ".bias", form, p, parts}
	}
	return nil
}

// Has implements weights.Source.
func (s *ggufSource) Has(name string) bool {
	t, ok := s.names[name]
	return ok && s.GGUF.Has(t.file) || slices.Contains(s.rest, name)
}

// Names implements weights.Source.
func (s *ggufSource) Names() iter.Seq[string] {
	names := slices.Clone(s.rest)
	for name := range maps.Keys(s.names) {
		if s.Has(name) {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	return slices.Values(names)
}

// Tensor implements weights.Source.
func (s *ggufSource) Tensor(name string, shape ...int) (*weights.Tensor, error) {
	at, ok := s.names[name]
	if !ok {
		return s.GGUF.Tensor(name, shape...)
	}
	t, err := s.GGUF.Tensor(at.file, at.stored(s.config, shape)...)
	if len(shape) == 2 && shape[0] == 1 && err != nil { // a matrix of one row may be stored as a vector
		if v, vectorErr := s.GGUF.Tensor(at.file, shape[1]); vectorErr == nil {
			v.Shape = shape
			t, err = v, nil
		}
	}
	if err != nil {
		return nil, err
	}
	if at.form.rows != nil && len(shape) == 0 && t.Shape[0] != len(at.form.rows(s.config)) {
		return nil, &weights.Error{Name: at.file, Want: []int{len(at.form.rows(s.config)), -1}, Have: t.Shape, Err: weights.ErrShape}
	}
	return at.apply(s.config, t), nil
}

// stored returns the shape of the stored tensor behind one of ours.
func (at ggufTensor) stored(c *Config, shape []int) []int {
	f := at.form
	switch {
	case len(shape) == 0:
		return nil
	case at.parts > 0:
		return append([]int{at.parts}, shape...)
	case f.heads != nil && f.transposed:
		return []int{f.heads(c), shape[1], shape[0] / f.heads(c)}
	case f.heads != nil:
		return []int{f.heads(c), shape[0] / f.heads(c), shape[1]}
	case f.transposed && len(shape) == 2:
		return []int{shape[1], shape[0]}
	}
	return shape
}

// apply turns a stored tensor into ours.
func (at ggufTensor) apply(c *Config, t *weights.Tensor) *weights.Tensor {
	f := at.form
	switch {
	case at.parts > 0:
		t = t.Slice(at.part, at.part+1)
		t.Shape = t.Shape[1:]
	case f.heads != nil && f.transposed:
		t = t.TransposeEach()
	case f.heads != nil:
		t.Shape = []int{t.Rows(), t.Cols()}
	case f.transposed && len(t.Shape) == 2:
		t = t.Transpose()
	case f.rows != nil && len(t.Shape) == 1:
		t = t.PickValues(f.rows(c))
	case f.rows != nil:
		t = t.Pick(f.rows(c))
	}
	return t
}
