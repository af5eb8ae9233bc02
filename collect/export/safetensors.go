package export

import (
	"encoding/json"
	"os"
	"path/filepath"

	"premlp/weights"
)

// The name and version of the arrays' layout, in a file's metadata.
const (
	format  = "premlp-export"
	version = "1"
)

// writeSafetensors writes the arrays; manifest, concepts and sets are metadata.
func (s *source) writeSafetensors(path string) error {
	arrays, err := s.arrays(false)
	if err != nil {
		return err
	}
	manifest, err := os.ReadFile(filepath.Join(s.r.Dir(), "manifest.json"))
	if err != nil {
		return err
	}
	concepts, err := json.Marshal(s.concepts)
	if err != nil {
		return err
	}
	sets, err := json.Marshal(Sets)
	if err != nil {
		return err
	}
	outputs := make([]weights.Output, len(arrays))
	for i, a := range arrays {
		outputs[i] = weights.Output{Name: a.name, Shape: a.shape, Raw: a.bytes, RawType: a.dtype}
	}
	return weights.WriteSafetensors(path, outputs, map[string]string{
		"format": format, "version": version,
		"manifest": string(manifest), "concepts": string(concepts), "sets": string(sets),
	})
}
