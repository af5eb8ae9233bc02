package weights

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

// splitKeys is what each file of a split GGUF says of itself: the metadata
// split.no, from 0, split.count and split.tensors.count, of all files together.
// The files are those of llama.cpp's gguf-split: NAME-00001-of-00003.gguf and so
// on. The first has the model's metadata, and tensors or none; the others have
// only these keys.
type splitKeys struct{ no, count, tensors int }

// readSplit returns a file's splitKeys, zeros if it is whole.
func readSplit(m Metadata) (s splitKeys, err error) {
	const no, count, tensors = "split.no", "split.count", "split.tensors.count"
	if _, ok := m.Type(count); !ok {
		return s, nil
	}
	if s.count, err = splitNumber(m, count); err != nil || s.count <= 1 {
		return splitKeys{}, err
	}
	if s.no, err = splitNumber(m, no); err != nil {
		return s, err
	}
	s.tensors, err = splitNumber(m, tensors)
	return s, err
}

// splitNumber returns a number that a split file must have.
func splitNumber(m Metadata, key string) (int, error) {
	kind, has := m.Type(key)
	n, ok := m.Int(key)
	switch {
	case !has:
		return 0, fmt.Errorf("%s: want a number, have none", key)
	case !ok:
		return 0, fmt.Errorf("%s: want a number, have %s", key, kind)
	case n < 0:
		return 0, fmt.Errorf("%s: want 0 or more, have %d", key, n)
	}
	return n, nil
}

// addSplit adds the files of a split model, of which the first is read.
func (g *GGUF) addSplit(first *ggufShard, split splitKeys) error {
	suffix := splitSuffix(0, split.count)
	name, ok := strings.CutSuffix(first.path, suffix)
	switch {
	case split.no != 0:
		return fmt.Errorf("%s: split.no: want 0, have %d: open the first file, whose name ends in %s", first.path, split.no, suffix)
	case !ok:
		return fmt.Errorf("%s: split.count: have %d: want a file name that ends in %s", first.path, split.count, suffix)
	}
	if err := g.add(first); err != nil {
		return err
	}
	for i := 1; i < split.count; i++ {
		path := name + splitSuffix(i, split.count)
		if _, err := os.Stat(path); errors.Is(err, fs.ErrNotExist) {
			return fmt.Errorf("%s: split.count: want %d files, have no %s", first.path, split.count, filepath.Base(path))
		}
		f, err := g.mapGGUF(path)
		if err != nil {
			return err
		}
		if err := f.checkSplit(i, split); err != nil {
			return fmt.Errorf("%s: %w", path, err)
		}
		if err := g.add(f); err != nil {
			return err
		}
	}
	if n := len(g.tensors); n != split.tensors {
		return fmt.Errorf("%s: split.tensors.count: want %d tensors in %d files, have %d", first.path, split.tensors, split.count, n)
	}
	return nil
}

// splitSuffix ends the name of file i, from 0, of count files.
func splitSuffix(i, count int) string { return fmt.Sprintf("-%05d-of-%05d.gguf", i+1, count) }

// checkSplit checks that a file is number no of the split that first tells of.
func (f *ggufShard) checkSplit(no int, first splitKeys) error {
	have, err := readSplit(f.meta)
	switch {
	case err != nil:
		return err
	case have.count == 0:
		return fmt.Errorf("split.count: want %d, as the first file tells, have a whole file", first.count)
	case have.count != first.count:
		return fmt.Errorf("split.count: want %d, as the first file tells, have %d", first.count, have.count)
	case have.no != no:
		return fmt.Errorf("split.no: want %d, as the file's name tells, have %d", no, have.no)
	case have.tensors != first.tensors:
		return fmt.Errorf("split.tensors.count: want %d, as the first file tells, have %d", first.tensors, have.tensors)
	}
	return nil
}
