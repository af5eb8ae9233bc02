package main

import (
	"os"

	"premlp/collect/dataset"
	"premlp/collect/steering"
)

// directionSource is what a flag names as the source of directions: a dataset's
// folder or a file of vectors.
type directionSource struct {
	data   *dataset.Reader
	file   *steering.File
	target string // "" where a file does not say
}

// openDirections opens a source. The method matters for a file alone.
func openDirections(path, method string) (*directionSource, error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, err
	}
	if !info.IsDir() {
		f, err := steering.ReadFile(path, method)
		if err != nil {
			return nil, err
		}
		return &directionSource{file: f, target: f.Target()}, nil
	}
	r, err := dataset.Open(path)
	if err != nil {
		return nil, err
	}
	return &directionSource{data: r, target: r.Manifest().Target}, nil
}

// Close closes a dataset.
func (s *directionSource) Close() error {
	if s.data == nil {
		return nil
	}
	return s.data.Close()
}
