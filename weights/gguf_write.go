package weights

import (
	"bufio"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"maps"
	"math"
	"slices"
	"unicode/utf8"
)

// architectureKey stands first in every file, as readers that look no further
// want it.
const architectureKey = "general.architecture"

// ggufWriteAlign is where tensors begin, in bytes: the format's default.
const ggufWriteAlign = 32

// ggufDims is the most dimensions a tensor may have: ggml's bound.
const ggufDims = 4

// WriteGGUF writes tensors of F32 and metadata, of strings and uint32, to a GGUF
// file of version 3. Shapes are row-major, as everywhere here, and turned round
// in the file. The tensors keep their order; the same input gives the same
// bytes. The file appears under its name only when it is complete and on disk.
func WriteGGUF(path string, tensors []Output, metadata map[string]any) error {
	header, err := ggufHeaderOf(tensors, metadata)
	if err != nil {
		return fmt.Errorf("%s: %w", path, err)
	}
	return ReplaceFile(path, func(f io.Writer) error {
		w := bufio.NewWriterSize(f, 1<<20)
		w.Write(header) // a bufio.Writer keeps its first error for Flush
		for _, t := range tensors {
			if err := t.write(w); err != nil {
				return fmt.Errorf("%s: tensor %s: %w", path, quote(t.Name), err)
			}
			n, _ := countValues(t.Shape) // checked by the header
			w.Write(make([]byte, -4*n&(ggufWriteAlign-1)))
		}
		return w.Flush()
	})
}

// ggufHeaderOf is everything before the tensors' values.
func ggufHeaderOf(tensors []Output, metadata map[string]any) ([]byte, error) {
	b := append([]byte("GGUF"), 3, 0, 0, 0)
	b = binary.LittleEndian.AppendUint64(b, uint64(len(tensors)))
	b = binary.LittleEndian.AppendUint64(b, uint64(len(metadata)))
	keys := slices.Sorted(maps.Keys(metadata))
	if i := slices.Index(keys, architectureKey); i > 0 {
		keys = slices.Insert(slices.Delete(keys, i, i+1), 0, architectureKey)
	}
	var err error
	for _, key := range keys {
		if b, err = appendGGUFPair(b, key, metadata[key]); err != nil {
			return nil, fmt.Errorf("metadata: key %s: %w", quote(key), err)
		}
	}
	at, seen := 0, map[string]bool{}
	for _, t := range tensors {
		n, err := t.check(seen)
		switch {
		case err == nil && t.dtype() != "F32":
			err = fmt.Errorf("type: want F32, have %s", t.dtype())
		case err == nil && (len(t.Shape) == 0 || len(t.Shape) > ggufDims):
			err = fmt.Errorf("shape: want 1 to %d dimensions, have %d", ggufDims, len(t.Shape))
		case err == nil && n > (math.MaxInt-at)/4-ggufWriteAlign:
			err = errors.New("shape: too large for one file")
		}
		if err != nil {
			return nil, fmt.Errorf("tensor %s: %w", quote(t.Name), err)
		}
		b = appendGGUFString(b, t.Name)
		b = binary.LittleEndian.AppendUint32(b, uint32(len(t.Shape)))
		for _, d := range slices.Backward(t.Shape) {
			b = binary.LittleEndian.AppendUint64(b, uint64(d))
		}
		b = binary.LittleEndian.AppendUint32(b, 0) // F32
		b = binary.LittleEndian.AppendUint64(b, uint64(at))
		at += (4*n + ggufWriteAlign - 1) &^ (ggufWriteAlign - 1)
	}
	return append(b, make([]byte, -len(b)&(ggufWriteAlign-1))...), nil
}

// appendGGUFPair appends a key and its value.
func appendGGUFPair(b []byte, key string, value any) ([]byte, error) {
	b = appendGGUFString(b, key)
	switch v := value.(type) {
	case string:
		if !utf8.ValidString(v) {
			return nil, errors.New("value: not valid UTF-8")
		}
		return appendGGUFString(binary.LittleEndian.AppendUint32(b, uint32(kindString)), v), nil
	case uint32:
		return binary.LittleEndian.AppendUint32(binary.LittleEndian.AppendUint32(b, uint32(kindUint32)), v), nil
	}
	return nil, fmt.Errorf("value: want a string or uint32, have %T", value)
}

func appendGGUFString(b []byte, s string) []byte {
	return append(binary.LittleEndian.AppendUint64(b, uint64(len(s))), s...)
}
