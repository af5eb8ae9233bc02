package weights

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"math"
	"os"
	"path/filepath"
)

// The file names that OpenSafetensors looks for in a folder.
const (
	singleFile = "model.safetensors"
	indexFile  = "model.safetensors.index.json"
)

// Safetensors is an open checkpoint in the safetensors format. It is a Source.
type Safetensors struct {
	checkpoint
	meta map[string]string
}

// OpenSafetensors opens the file at path, or, if path is a folder, its
// model.safetensors or else the shards that its model.safetensors.index.json
// names. Headers are checked as the reference implementation does and further:
// tensors must cover the data without gaps or overlaps, and no name may occur
// twice. Types that cannot be decoded (integers, float8 …) are listed by Names
// and Entries; asking Tensor for one gives an *Error wrapping ErrDType.
//
// The format: https://github.com/huggingface/safetensors#format
func OpenSafetensors(path string) (*Safetensors, error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, err
	}
	if !info.IsDir() {
		return openShards([]string{path})
	}
	single, index := filepath.Join(path, singleFile), filepath.Join(path, indexFile)
	if _, err := os.Stat(single); err == nil {
		return openShards([]string{single})
	} else if !errors.Is(err, fs.ErrNotExist) {
		return nil, err
	}
	if _, err := os.Stat(index); errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("%s: want %s or %s, have neither", path, singleFile, indexFile)
	}
	return openIndexed(index)
}

// Meta returns a copy of the file's __metadata__, of the first shard if there
// are several.
func (s *Safetensors) Meta() map[string]string { return maps.Clone(s.meta) }

// Ints returns the named I32 or I64 tensor's values, row-major. shape is as in
// Tensor, and so is the error; a value that an int32 cannot hold is refused.
func (s *Safetensors) Ints(name string, shape ...int) ([]int32, error) {
	t, err := s.find(name, shape)
	if err != nil {
		return nil, err
	}
	switch t.Type {
	case "I32":
		out := make([]int32, len(t.data)/4)
		for i := range out {
			out[i] = int32(binary.LittleEndian.Uint32(t.data[4*i:]))
		}
		return out, nil
	case "I64":
		out := make([]int32, len(t.data)/8)
		for i := range out {
			v := int64(binary.LittleEndian.Uint64(t.data[8*i:]))
			if v < math.MinInt32 || v > math.MaxInt32 {
				return nil, fmt.Errorf("tensor %s: value %d: want an int32, have %d", quote(name), i, v)
			}
			out[i] = int32(v)
		}
		return out, nil
	}
	err = fmt.Errorf("%w: want I32 or I64, have %s", ErrDType, t.Type)
	return nil, &Error{Name: name, Want: shape, Have: t.Shape, Err: err}
}

// openShards opens the files as one checkpoint.
func openShards(paths []string) (*Safetensors, error) {
	s := &Safetensors{checkpoint: checkpoint{tensors: map[string]stored{}}}
	from := map[string]string{} // tensor name → file
	for i, path := range paths {
		if err := s.addShard(path, from, i == 0); err != nil {
			s.Close()
			return nil, err
		}
	}
	s.sortNames()
	return s, nil
}

func (s *Safetensors) addShard(path string, from map[string]string, first bool) error {
	f, err := mapFile(path, 8)
	if err != nil {
		return err
	}
	s.files = append(s.files, f)
	tensors, meta, err := parseSafetensors(f.data)
	if err != nil {
		return fmt.Errorf("%s: %w", path, err)
	}
	if first {
		s.meta = meta
	}
	for _, t := range tensors {
		if other, ok := from[t.Name]; ok {
			return fmt.Errorf("%s: tensor %s: is also in %s", path, quote(t.Name), filepath.Base(other))
		}
		from[t.Name] = path
		t.File = filepath.Base(path)
		s.tensors[t.Name] = t
	}
	return nil
}
