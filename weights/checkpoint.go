package weights

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"iter"
	"maps"
	"path/filepath"
	"slices"
)

// checkpoint is what the two formats share: mapped files and the tensors found
// in them. It implements Source and is read-only once built.
type checkpoint struct {
	files   []*mapped
	tensors map[string]stored
	names   []string // sorted
}

// stored is one tensor as a file describes it.
type stored struct {
	Entry
	dtype  DType
	usable bool   // dtype is set and can be decoded
	data   []byte // nil where the size is unknown
}

// Tensor returns the named tensor if its shape is the one expected: -1 stands
// for any length, and no shape at all for any shape. The error is an *Error.
func (c *checkpoint) Tensor(name string, shape ...int) (*Tensor, error) {
	s, err := c.find(name, shape)
	if err != nil {
		return nil, err
	}
	if !s.usable {
		err := fmt.Errorf("%w: want one of %s, have %s", ErrDType, dtypeNames(), s.Type)
		return nil, &Error{Name: name, Want: shape, Have: slices.Clone(s.Shape), Err: err}
	}
	return &Tensor{Name: name, DType: s.dtype, Shape: slices.Clone(s.Shape), data: s.data}, nil
}

// find returns the tensor called name after checking its shape.
func (c *checkpoint) find(name string, shape []int) (stored, error) {
	s, ok := c.tensors[name]
	if !ok {
		return s, &Error{Name: name, Want: shape, Err: ErrMissing}
	}
	same := func(want, have int) bool { return want == have || want < 0 }
	if len(shape) > 0 && !slices.EqualFunc(shape, s.Shape, same) {
		return s, &Error{Name: name, Want: shape, Have: slices.Clone(s.Shape), Err: ErrShape}
	}
	return s, nil
}

// Has tells whether there is a tensor of that name, of whatever type.
func (c *checkpoint) Has(name string) bool {
	_, ok := c.tensors[name]
	return ok
}

// Names yields the names of all tensors, sorted.
func (c *checkpoint) Names() iter.Seq[string] { return slices.Values(c.names) }

// Entries lists all tensors in the order of Names, those whose type cannot be
// decoded among them.
func (c *checkpoint) Entries() []Entry {
	list := make([]Entry, len(c.names))
	for i, name := range c.names {
		list[i] = c.tensors[name].Entry
		list[i].Shape = slices.Clone(list[i].Shape)
	}
	return list
}

// Files returns the paths of the mapped files.
func (c *checkpoint) Files() []string {
	paths := make([]string, len(c.files))
	for i, f := range c.files {
		paths[i] = f.path
	}
	return paths
}

// Bytes returns the total size of the mapped files.
func (c *checkpoint) Bytes() int64 {
	var n int64
	for _, f := range c.files {
		n += f.size
	}
	return n
}

// Digest identifies the content, wherever it lies, as 64 hexadecimal digits.
// For one file it is the file's SHA-256. For shards it is the SHA-256 of one
// line a shard, sorted by base name, each "<base name> <size> <sha256>\n" with
// the size in decimal and the digest in lower-case hexadecimal; the index file
// is not part of it. It reads everything and stops early when ctx is done.
func (c *checkpoint) Digest(ctx context.Context) (string, error) {
	if len(c.files) == 1 {
		sum, err := c.files[0].sha256(ctx) // nil after an error
		return hex.EncodeToString(sum), err
	}
	files := slices.SortedFunc(slices.Values(c.files), func(a, b *mapped) int {
		return cmp.Compare(filepath.Base(a.path), filepath.Base(b.path))
	})
	h := sha256.New()
	for _, f := range files {
		sum, err := f.sha256(ctx)
		if err != nil {
			return "", err
		}
		fmt.Fprintf(h, "%s %d %x\n", filepath.Base(f.path), f.size, sum)
	}
	return hex.EncodeToString(h.Sum(nil)), nil
}

// Close unmaps the files; tensors handed out must not be used afterwards.
// Closing again does nothing.
func (c *checkpoint) Close() error {
	var errs []error
	for _, f := range c.files {
		errs = append(errs, f.Close())
	}
	return errors.Join(errs...)
}

// sortNames completes a checkpoint whose tensors have been filled in.
func (c *checkpoint) sortNames() { c.names = slices.Sorted(maps.Keys(c.tensors)) }
