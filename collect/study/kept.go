package study

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"github.com/google/renameio/v2/maybe"
)

// keptPart is a finished part of a study as it is stored.
type keptPart[T any] struct {
	Key    string `json:"key"` // of all that determines the result
	Result T      `json:"result"`
}

// keep gives a part of a study: the one that is stored as parts/NAME.json, if it
// was made from the same, else what work finds, which is stored. from is all that
// determines the result; it is compared as JSON.
func keep[T any](o Options, name string, from any, work func() (T, error)) (T, error) {
	var none T
	key, err := keyOf(from)
	if err != nil {
		return none, fmt.Errorf("study: %s: %w", name, err)
	}
	path := filepath.Join(o.Dir, "parts", name+".json")
	data, err := os.ReadFile(path)
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		return none, fmt.Errorf("study: %w", err)
	}
	if err == nil {
		var p keptPart[T]
		if err := json.Unmarshal(data, &p); err != nil {
			return none, fmt.Errorf("study: %s: %w: remove it to have it made again", path, err)
		}
		if p.Key == key {
			return p.Result, nil
		}
	}
	result, err := work()
	if err != nil {
		return none, fmt.Errorf("study: %s: %w", name, err)
	}
	return result, writeJSON(path, keptPart[T]{key, result})
}

// partsVersion is raised when parts of the same things come out otherwise than before,
// so that those of older programs are made again.
const partsVersion = 1

// keyOf is the sha256 of a value's JSON and the parts' version, in hex.
func keyOf(v any) (string, error) {
	data, err := json.Marshal(struct {
		Version int
		From    any
	}{partsVersion, v})
	if err != nil {
		return "", err
	}
	sum := sha256.Sum256(data)
	return hex.EncodeToString(sum[:]), nil
}

// writeJSON writes a value's JSON to a file, which is there wholly or not at all,
// and makes its folder.
func writeJSON(path string, v any) error {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	e.SetIndent("", " ")
	if err := e.Encode(v); err != nil {
		return fmt.Errorf("study: %s: %w", path, err)
	}
	return writeFile(path, b.Bytes())
}

// writeFile does the same for bytes.
func writeFile(path string, data []byte) error {
	err := os.MkdirAll(filepath.Dir(path), 0o755)
	if err == nil {
		err = maybe.WriteFile(path, data, 0o644)
	}
	if err != nil {
		return fmt.Errorf("study: %w", err)
	}
	return nil
}
