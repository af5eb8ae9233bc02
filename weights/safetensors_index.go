package weights

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"unicode/utf8"
)

// openIndexed opens the shards named by an index file. Every tensor it lists
// must lie in the shard it says; tensors that it does not list are kept too, so
// that a tensor nobody uses is seen.
func openIndexed(path string) (*Safetensors, error) {
	home, err := readIndex(path)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	var shards []string
	for _, shard := range slices.Sorted(maps.Values(home)) {
		shard = filepath.Join(filepath.Dir(path), shard)
		if len(shards) == 0 || shards[len(shards)-1] != shard {
			shards = append(shards, shard)
		}
	}
	s, err := openShards(shards)
	if err != nil {
		return nil, err
	}
	if err := s.checkIndex(home); err != nil {
		s.Close()
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return s, nil
}

// checkIndex checks that each tensor lies in the shard that home names.
func (s *Safetensors) checkIndex(home map[string]string) error {
	for _, name := range slices.Sorted(maps.Keys(home)) {
		t, ok := s.tensors[name]
		if !ok {
			return fmt.Errorf("tensor %s: want it in %s, have it nowhere", quote(name), quote(home[name]))
		}
		if t.File != home[name] {
			return fmt.Errorf("tensor %s: want it in %s, have it in %s", quote(name), quote(home[name]), quote(t.File))
		}
	}
	return nil
}

// readIndex returns an index file's weight_map: tensor name → shard file name.
func readIndex(path string) (map[string]string, error) {
	data, err := readAtMost(path, maxHeader)
	if err != nil {
		return nil, err
	}
	if !utf8.Valid(data) || !json.Valid(data) {
		return nil, errors.New("not valid JSON")
	}
	d := json.NewDecoder(bytes.NewReader(data))
	d.UseNumber()
	var home map[string]string
	err = eachKey(d, func(key string) error {
		if key != "weight_map" {
			return skipValue(d)
		}
		home = map[string]string{}
		return eachKey(d, func(name string) error {
			shard, err := stringValue(d)
			if err != nil {
				return err
			}
			if !isFileName(shard) {
				return fmt.Errorf("want a file name in the same folder, have %s", quote(shard))
			}
			home[name] = shard
			return nil
		})
	})
	if err == nil && len(home) == 0 {
		err = errors.New("weight_map: want at least one tensor, have none")
	}
	return home, err
}

// isFileName tells whether name is a plain file name on every platform: an
// index must not lead out of its folder.
func isFileName(name string) bool {
	return filepath.IsLocal(name) && name != "." && !strings.ContainsAny(name, `/\:`)
}

// readAtMost reads a regular file of at most most bytes.
func readAtMost(path string, most int64) ([]byte, error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, err
	}
	if !info.Mode().IsRegular() {
		return nil, fmt.Errorf("want a regular file, have %s", info.Mode().Type())
	}
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	data, err := io.ReadAll(io.LimitReader(f, most+1))
	if err == nil && int64(len(data)) > most {
		err = fmt.Errorf("file size: want at most %d bytes, have more", most)
	}
	return data, err
}
