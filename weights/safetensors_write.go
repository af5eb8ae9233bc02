package weights

import (
	"bufio"
	"cmp"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"iter"
	"maps"
	"math"
	"slices"
	"strings"
	"unicode/utf8"
)

// Output is one tensor to be written. Its values come in pieces, row-major, so
// that a tensor may be larger than memory. Exactly one of Floats (written as
// F32), Ints (as I32) and Raw is set; an error that it yields ends the writing.
type Output struct {
	Name   string
	Shape  []int
	Floats iter.Seq2[[]float32, error]
	Ints   iter.Seq2[[]int32, error]

	// Raw is little-endian values of RawType, written as they are.
	Raw     iter.Seq2[[]byte, error]
	RawType string // F32, I32, F16, BF16 or U8
}

// FloatOutput is an Output of values that are in memory.
func FloatOutput(name string, values []float32, shape ...int) Output {
	return Output{Name: name, Shape: shape, Floats: whole(values)}
}

// IntOutput is an Output of values that are in memory.
func IntOutput(name string, values []int32, shape ...int) Output {
	return Output{Name: name, Shape: shape, Ints: whole(values)}
}

// WriteSafetensors writes the tensors and the metadata to a safetensors file.
// The same input gives the same bytes, whatever the order of tensors: larger
// values first, F32 before I32, then by name, metadata by key. The file appears
// under its name only when it is complete and on disk; an error leaves what was
// there before.
func WriteSafetensors(path string, tensors []Output, metadata map[string]string) error {
	tensors = slices.SortedStableFunc(slices.Values(tensors), func(a, b Output) int {
		return cmp.Or(cmp.Compare(b.size(), a.size()), cmp.Compare(a.dtype(), b.dtype()), cmp.Compare(a.Name, b.Name))
	})
	header, err := writtenHeader(tensors, metadata)
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
		}
		return w.Flush()
	})
}

func whole[T any](values []T) iter.Seq2[[]T, error] {
	return func(yield func([]T, error) bool) { yield(values, nil) }
}

func (o Output) dtype() string {
	switch {
	case o.Raw != nil:
		return o.RawType
	case o.Ints != nil:
		return "I32"
	}
	return "F32"
}

// size is the bytes of one value, 0 for a type that cannot be written.
func (o Output) size() int {
	switch o.dtype() {
	case "F32", "I32":
		return 4
	case "F16", "BF16":
		return 2
	case "U8":
		return 1
	}
	return 0
}

// writtenHeader returns the file's length prefix and header, padded with
// spaces so that the data starts at a multiple of 8 bytes.
func writtenHeader(tensors []Output, metadata map[string]string) ([]byte, error) {
	var parts []string
	if len(metadata) > 0 {
		var pairs []string
		for _, key := range slices.Sorted(maps.Keys(metadata)) {
			if !utf8.ValidString(key) || !utf8.ValidString(metadata[key]) {
				return nil, fmt.Errorf("metadata: key %s: not valid UTF-8", quote(key))
			}
			pairs = append(pairs, jsonString(key)+":"+jsonString(metadata[key]))
		}
		parts = append(parts, `"__metadata__":{`+strings.Join(pairs, ",")+"}")
	}
	end, seen := 0, map[string]bool{}
	for _, t := range tensors {
		n, err := t.check(seen)
		if err == nil && n > (math.MaxInt-end)/t.size() {
			err = errors.New("shape: too large for one file")
		}
		if err != nil {
			return nil, fmt.Errorf("tensor %s: %w", quote(t.Name), err)
		}
		shape := strings.ReplaceAll(shapeText(t.Shape), " ", "")
		parts = append(parts, fmt.Sprintf(`%s:{"dtype":"%s","shape":%s,"data_offsets":[%d,%d]}`,
			jsonString(t.Name), t.dtype(), shape, end, end+t.size()*n))
		end += t.size() * n
	}
	header := "{" + strings.Join(parts, ",") + "}"
	header += strings.Repeat(" ", -len(header)&7)
	if len(header) > maxHeader {
		return nil, fmt.Errorf("header length: want at most %d bytes, have %d", maxHeader, len(header))
	}
	return append(binary.LittleEndian.AppendUint64(nil, uint64(len(header))), header...), nil
}

// jsonString writes s, valid UTF-8, as the reference implementation does:
// without json.Marshal's escapes for HTML.
func jsonString(s string) string {
	var b strings.Builder // neither writing to it nor encoding a string can fail
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	e.Encode(s)
	return strings.TrimSuffix(b.String(), "\n")
}

// check returns the number of the tensor's values.
func (o Output) check(seen map[string]bool) (int, error) {
	switch {
	case o.Name == "__metadata__":
		return 0, errors.New("name: reserved by the format")
	case !utf8.ValidString(o.Name):
		return 0, errors.New("name: not valid UTF-8")
	case seen[o.Name]:
		return 0, errors.New("given twice")
	case countSet(o.Floats != nil, o.Ints != nil, o.Raw != nil) != 1:
		return 0, errors.New("want one of Floats, Ints and Raw")
	case o.size() == 0:
		return 0, fmt.Errorf("type: want F32, I32, F16, BF16 or U8, have %q", o.RawType)
	}
	seen[o.Name] = true
	for _, d := range o.Shape {
		if d < 0 {
			return 0, fmt.Errorf("shape: want no negative dimension, have %d", d)
		}
	}
	return countValues(o.Shape)
}

func countSet(flags ...bool) int {
	n := 0
	for _, f := range flags {
		if f {
			n++
		}
	}
	return n
}

// write writes the values and checks that they are as many as the shape says.
func (o Output) write(w *bufio.Writer) error {
	n, err := countValues(o.Shape)
	if err != nil {
		return err
	}
	if o.Raw != nil {
		return writeRaw(w, o.Raw, n*o.size())
	}
	if o.Ints != nil {
		return writeValues(w, o.Ints, n, func(v int32) uint32 { return uint32(v) })
	}
	return writeValues(w, o.Floats, n, math.Float32bits)
}

func writeValues[T any](w *bufio.Writer, pieces iter.Seq2[[]T, error], want int, bits func(T) uint32) error {
	have := 0
	for piece, err := range pieces {
		if err != nil {
			return err
		}
		if len(piece) > want-have {
			return fmt.Errorf("values: want %d, have more", want)
		}
		have += len(piece)
		for _, v := range piece {
			if w.Available() < 4 {
				if err := w.Flush(); err != nil {
					return err
				}
			}
			w.Write(binary.LittleEndian.AppendUint32(w.AvailableBuffer(), bits(v)))
		}
	}
	if have != want {
		return fmt.Errorf("values: want %d, have %d", want, have)
	}
	return nil
}

func writeRaw(w *bufio.Writer, pieces iter.Seq2[[]byte, error], want int) error {
	have := 0
	for piece, err := range pieces {
		if err != nil {
			return err
		}
		if have += len(piece); have > want {
			return fmt.Errorf("bytes: want %d, have more", want)
		}
		if _, err := w.Write(piece); err != nil {
			return err
		}
	}
	if have != want {
		return fmt.Errorf("bytes: want %d, have %d", want, have)
	}
	return nil
}
