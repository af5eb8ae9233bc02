package weights

import (
	"fmt"
	"maps"
	"slices"
)

// Metadata is a GGUF file's key-value pairs. A getter's second result is false
// if the key is absent or has another type; Type tells which. Strings and
// arrays are decoded from the file at each call.
type Metadata struct {
	values map[string]value
}

// Keys returns all keys, sorted.
func (m Metadata) Keys() []string { return slices.Sorted(maps.Keys(m.values)) }

// Type names the type of a value: uint8 int8 uint16 int16 uint32 int32 float32
// bool string uint64 int64 float64, or one of these after [] for an array.
func (m Metadata) Type(key string) (string, bool) {
	v, ok := m.values[key]
	if !ok {
		return "", false
	}
	return v.typeName(), true
}

// Len returns the length of an array.
func (m Metadata) Len(key string) (int, bool) {
	v, ok := m.values[key]
	if !ok || v.kind != kindArray {
		return 0, false
	}
	return v.len, true
}

// String returns a string.
func (m Metadata) String(key string) (string, bool) {
	v, ok := m.scalar(key, kindString)
	if !ok {
		return "", false
	}
	return string(v.raw[8:]), true
}

// Bool returns a boolean.
func (m Metadata) Bool(key string) (bool, bool) {
	v, ok := m.scalar(key, kindBool)
	return ok && v.raw[0] == 1, ok
}

// Int returns an integer of any width. One that an int cannot hold is refused.
func (m Metadata) Int(key string) (int, bool) {
	v, ok := m.values[key]
	if !ok {
		return 0, false
	}
	return v.kind.int(v.raw)
}

// Float returns a float32 or a float64.
func (m Metadata) Float(key string) (float64, bool) {
	v, ok := m.values[key]
	if !ok {
		return 0, false
	}
	return v.kind.float(v.raw)
}

// Strings returns an array of strings.
func (m Metadata) Strings(key string) ([]string, bool) {
	return list(m, key, func(k valueKind, b []byte) (string, bool) {
		if k != kindString {
			return "", false
		}
		return string(b[8:]), true
	})
}

// Bools returns an array of booleans.
func (m Metadata) Bools(key string) ([]bool, bool) {
	return list(m, key, func(k valueKind, b []byte) (bool, bool) {
		return k == kindBool && b[0] == 1, k == kindBool
	})
}

// Ints returns an array of integers of any width. It is refused if an int
// cannot hold one of them.
func (m Metadata) Ints(key string) ([]int, bool) { return list(m, key, valueKind.int) }

// Floats returns an array of float32 or float64, the latter rounded.
func (m Metadata) Floats(key string) ([]float32, bool) {
	return list(m, key, func(k valueKind, b []byte) (float32, bool) {
		f, ok := k.float(b)
		return float32(f), ok
	})
}

// Value returns any value as a plain Go one: int, uint64 (of what an int cannot
// hold), float64, bool, string, or for an array []any of these.
func (m Metadata) Value(key string) (any, bool) {
	v, ok := m.values[key]
	if !ok {
		return nil, false
	}
	return v.plain(), true
}

func (m Metadata) scalar(key string, kind valueKind) (value, bool) {
	v, ok := m.values[key]
	return v, ok && v.kind == kind
}

// list decodes the elements of an array; ok is false unless every one is.
func list[T any](m Metadata, key string, element func(valueKind, []byte) (T, bool)) ([]T, bool) {
	v, ok := m.values[key]
	if !ok || v.kind != kindArray {
		return nil, false
	}
	// An empty array has no element to tell its type by.
	if v.len == 0 {
		_, ok := element(v.elem, make([]byte, 8))
		return []T{}, ok
	}
	out := make([]T, 0, v.len)
	for e := range v.elements() {
		x, ok := element(e.kind, e.raw)
		if !ok {
			return nil, false
		}
		out = append(out, x)
	}
	return out, true
}

// readMetadata reads n key-value pairs.
func readMetadata(c *cursor, n uint64) (Metadata, error) {
	m := Metadata{values: map[string]value{}}
	c.count(n, 8+1+4+1) // key of one letter, type, value
	for range n {
		if c.err != nil {
			break
		}
		key := c.name()
		kind := valueKind(c.uint32())
		if c.err != nil {
			break
		}
		if _, ok := m.values[key]; ok {
			return m, fmt.Errorf("metadata: key %s: given twice", quote(key))
		}
		v := c.value(kind, 0)
		if c.err != nil {
			return m, fmt.Errorf("metadata: key %s: %w", quote(key), c.err)
		}
		m.values[key] = v
	}
	if c.err != nil {
		return m, fmt.Errorf("metadata: %w", c.err)
	}
	return m, nil
}
