package model

import (
	"bytes"
	"encoding/binary"
	"os"
	"path/filepath"
	"testing"

	"premlp/weights"
)

// ggufWriter collects what a GGUF file holds. Its files are version 3, as
// https://github.com/ggml-org/ggml/blob/master/docs/gguf.md describes them.
type ggufWriter struct {
	keys    []string
	meta    map[string]any // uint32, float32, bool, string, or []string, []bool, []int32, []float32
	tensors []ggufOutput
	blocks  map[string]ggufBlocks // by tensor: what is written for its values
}

// ggufOutput is one tensor, [outermost, …, innermost].
type ggufOutput struct {
	name   string
	shape  []int
	values []float32
}

// ggufBlocks are a tensor's values in another form than float32.
type ggufBlocks struct {
	dtype weights.DType
	data  []byte
}

// set gives a key a value, or with nil takes it away.
func (w *ggufWriter) set(key string, value any) {
	if w.meta == nil {
		w.meta = map[string]any{}
	}
	if _, ok := w.meta[key]; !ok {
		w.keys = append(w.keys, key)
	}
	w.meta[key] = value
}

// tensor returns a tensor to change it.
func (w *ggufWriter) tensor(t *testing.T, name string) *ggufOutput {
	t.Helper()
	for i := range w.tensors {
		if w.tensors[i].name == name {
			return &w.tensors[i]
		}
	}
	t.Fatalf("no tensor %s", name)
	return nil
}

// drop takes a tensor away.
func (w *ggufWriter) drop(name string) {
	var rest []ggufOutput
	for _, t := range w.tensors {
		if t.name != name {
			rest = append(rest, t)
		}
	}
	w.tensors = rest
}

// write writes the file into a temporary folder and returns its path.
func (w *ggufWriter) write(t *testing.T) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "model.gguf")
	if err := os.WriteFile(path, w.bytes(), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// bytes returns the whole file.
func (w *ggufWriter) bytes() []byte {
	var pairs, infos, data bytes.Buffer
	count := 0
	for _, key := range w.keys {
		if value := w.meta[key]; value != nil {
			put(&pairs, key)
			putValue(&pairs, value)
			count++
		}
	}
	for _, t := range w.tensors {
		put(&infos, t.name, uint32(len(t.shape)))
		for i := len(t.shape) - 1; i >= 0; i-- {
			put(&infos, uint64(t.shape[i]))
		}
		blocks, ok := w.blocks[t.name]
		put(&infos, blocks.dtype.GGUFNumber(), uint64(data.Len()))
		if !ok {
			put(&data, t.values)
		}
		data.Write(blocks.data)
		pad(&data)
	}
	var file bytes.Buffer
	file.WriteString("GGUF")
	put(&file, uint32(3), uint64(len(w.tensors)), uint64(count))
	file.Write(pairs.Bytes())
	file.Write(infos.Bytes())
	pad(&file)
	file.Write(data.Bytes())
	return file.Bytes()
}

// putValue writes a metadata value behind its type.
func putValue(b *bytes.Buffer, value any) {
	switch v := value.(type) {
	case uint32:
		put(b, uint32(4), v)
	case float32:
		put(b, uint32(6), v)
	case bool:
		put(b, uint32(7), v)
	case string:
		put(b, uint32(8), v)
	case []bool:
		put(b, uint32(9), uint32(7), uint64(len(v)), v)
	case []int32:
		put(b, uint32(9), uint32(5), uint64(len(v)), v)
	case []float32:
		put(b, uint32(9), uint32(6), uint64(len(v)), v)
	case []string:
		put(b, uint32(9), uint32(8), uint64(len(v)))
		for _, s := range v {
			put(b, s)
		}
	default:
		panic(value)
	}
}

// put writes numbers, and strings behind their length.
func put(b *bytes.Buffer, parts ...any) {
	for _, p := range parts {
		if s, ok := p.(string); ok {
			put(b, uint64(len(s)))
			b.WriteString(s)
			continue
		}
		if err := binary.Write(b, binary.LittleEndian, p); err != nil {
			panic(err)
		}
	}
}

// pad fills up to the next multiple of 32 bytes.
func pad(b *bytes.Buffer) { b.Write(make([]byte, -b.Len()&31)) }
