package model

import (
	"errors"
	"fmt"
	"io/fs"
	"math"
	"path/filepath"
	"slices"
)

// EndIDs lists the tokens with which the checkpoint says that a text ends: in a
// folder eos_token_id of generation_config.json, or where that has none, of
// config.json; in a GGUF the ids of eos, eot and eom. It may be empty.
func (m *Model) EndIDs() []int32 { return m.end }

// readEnd fills m.end from a folder's files; config is its config.json.
func (m *Model) readEnd(config *keys) error {
	k := config
	data, err := readBounded(filepath.Join(m.path, "generation_config.json"), maxConfigBytes)
	switch {
	case errors.Is(err, fs.ErrNotExist):
	case err != nil:
		return err
	default:
		own, err := parseKeys("generation_config.json", data)
		if err != nil {
			return err
		}
		if _, ok := own.take("eos_token_id"); ok {
			k = own
		}
	}
	m.end = k.ids("eos_token_id")
	return k.err()
}

// ids reads a token id, a list of them, or nothing.
func (k *keys) ids(name string) []int32 {
	v, ok := k.take(name)
	if !ok {
		return nil
	}
	list, ok := v.([]any)
	if !ok {
		list = []any{v}
	}
	var ids []int32
	for _, v := range list {
		f, ok := number(v)
		if !ok || f != math.Trunc(f) || f < 0 || f > math.MaxInt32 {
			k.fail(name, "a token id or a list of them")
			return nil
		}
		ids = append(ids, int32(f))
	}
	return ids
}

// ggufEnd names the metadata of the tokens that end a text or a turn.
var ggufEnd = []string{"tokenizer.ggml.eos_token_id", "tokenizer.ggml.eot_token_id", "tokenizer.ggml.eom_token_id"}

// readGGUFEnd fills m.end from a GGUF's metadata.
func (m *Model) readGGUFEnd() error {
	for _, key := range ggufEnd {
		id, ok := m.gguf.Meta().Int(key)
		if !ok {
			continue
		}
		if id < 0 || id > math.MaxInt32 {
			return fmt.Errorf("metadata: %s: want a token id, have %d", key, id)
		}
		if !slices.Contains(m.end, int32(id)) {
			m.end = append(m.end, int32(id))
		}
	}
	return nil
}
