package dataset

import (
	"fmt"
	"slices"
)

// Field is a key in which two manifests differ, and what each has, as JSON.
type Field struct {
	Key string `json:"key"` // "model.digest", "controls[3]"
	A   string `json:"a"`   // cut off where it is long; null where there is none
	B   string `json:"b"`
}

// String is the field on one line.
func (f Field) String() string { return fmt.Sprintf("%s: %s and %s", f.Key, f.A, f.B) }

// Differences lists the keys in which two manifests differ, in alphabetical order.
func (m *Manifest) Differences(other *Manifest) ([]Field, error) {
	var values [2]map[string]any
	for i, manifest := range []*Manifest{m, other} {
		text, err := manifest.encode()
		if err != nil {
			return nil, err
		}
		if err := unmarshalExact(text, &values[i]); err != nil {
			return nil, fmt.Errorf("manifest: %w", err)
		}
	}
	return slices.Collect(differences("", values[0], values[1])), nil
}
