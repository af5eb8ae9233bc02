package weights

import (
	"encoding/binary"
	"fmt"
	"iter"
	"math"
)

// valueKind is the type of a metadata value, numbered as in the file.
type valueKind uint32

const (
	kindUint8 valueKind = iota
	kindInt8
	kindUint16
	kindInt16
	kindUint32
	kindInt32
	kindFloat32
	kindBool
	kindString
	kindArray
	kindUint64
	kindInt64
	kindFloat64
)

// kinds gives each kind's name and size; size is 0 where it varies.
var kinds = [...]struct {
	name string
	size uint64
}{
	kindUint8: {"uint8", 1}, kindInt8: {"int8", 1}, kindUint16: {"uint16", 2}, kindInt16: {"int16", 2},
	kindUint32: {"uint32", 4}, kindInt32: {"int32", 4}, kindFloat32: {"float32", 4}, kindBool: {"bool", 1},
	kindString: {"string", 0}, kindArray: {"array", 0}, kindUint64: {"uint64", 8}, kindInt64: {"int64", 8}, kindFloat64: {"float64", 8},
}

// value is one metadata value, checked but not decoded: an array of a huge
// vocabulary costs no memory until it is asked for.
type value struct {
	kind valueKind
	raw  []byte    // a string with its length; an array without its head
	elem valueKind // of an array
	len  int       // of an array
}

// maxDepth bounds arrays of arrays; no known file has any.
const maxDepth = 4

// value reads and checks one value.
func (c *cursor) value(kind valueKind, depth int) value {
	v := value{kind: kind}
	at := c.at
	switch {
	case uint64(kind) >= uint64(len(kinds)):
		c.err = fmt.Errorf("type: want 0 to %d, have %d", len(kinds)-1, kind)
	case kind == kindString:
		c.string()
	case kind == kindArray:
		return c.array(depth)
	default:
		if b := c.take(kinds[kind].size); kind == kindBool && c.err == nil {
			c.checkBools(b)
		}
	}
	if c.err == nil {
		v.raw = c.data[at:c.at]
	}
	return v
}

func (c *cursor) array(depth int) value {
	v := value{kind: kindArray, elem: valueKind(c.uint32())}
	n := c.uint64()
	if depth == maxDepth && c.err == nil {
		c.err = fmt.Errorf("array: want at most %d levels, have more", maxDepth)
	}
	if uint64(v.elem) >= uint64(len(kinds)) && c.err == nil {
		c.err = fmt.Errorf("array: type: want 0 to %d, have %d", len(kinds)-1, v.elem)
	}
	if c.err != nil {
		return v
	}
	at, size := c.at, kinds[v.elem].size
	switch v.elem {
	case kindString:
		size = 8
	case kindArray:
		size = 4 + 8
	}
	c.count(n, size)
	if c.err != nil {
		return v
	}
	v.len = int(n)
	switch v.elem {
	case kindString, kindArray:
		for i := 0; i < v.len && c.err == nil; i++ {
			c.value(v.elem, depth+1)
		}
	default:
		if b := c.take(n * size); v.elem == kindBool {
			c.checkBools(b)
		}
	}
	if c.err == nil {
		v.raw = c.data[at:c.at]
	}
	return v
}

func (c *cursor) checkBools(b []byte) {
	for _, x := range b {
		if x > 1 {
			c.err = fmt.Errorf("bool: want 0 or 1, have %d", x)
			return
		}
	}
}

// elements yields an array's elements.
func (v value) elements() iter.Seq[value] {
	return func(yield func(value) bool) {
		c := &cursor{data: v.raw}
		for range v.len {
			if !yield(c.value(v.elem, 0)) {
				return
			}
		}
	}
}

func (v value) typeName() string {
	if v.kind == kindArray {
		return "[]" + kinds[v.elem].name
	}
	return kinds[v.kind].name
}

// plain returns the value as Metadata.Value documents it.
func (v value) plain() any {
	switch v.kind {
	case kindString:
		return string(v.raw[8:])
	case kindBool:
		return v.raw[0] == 1
	case kindArray:
		list := make([]any, 0, v.len)
		for e := range v.elements() {
			list = append(list, e.plain())
		}
		return list
	}
	if n, ok := v.kind.int(v.raw); ok {
		return n
	}
	if f, ok := v.kind.float(v.raw); ok {
		return f
	}
	return binary.LittleEndian.Uint64(v.raw)
}

// int decodes an integer; ok is false for other kinds and for what is too large.
func (k valueKind) int(b []byte) (n int, ok bool) {
	switch k {
	case kindUint8:
		return int(b[0]), true
	case kindInt8:
		return int(int8(b[0])), true
	case kindUint16:
		return int(binary.LittleEndian.Uint16(b)), true
	case kindInt16:
		return int(int16(binary.LittleEndian.Uint16(b))), true
	case kindUint32:
		v := binary.LittleEndian.Uint32(b)
		return int(v), uint64(v) <= math.MaxInt
	case kindInt32:
		return int(int32(binary.LittleEndian.Uint32(b))), true
	case kindUint64:
		v := binary.LittleEndian.Uint64(b)
		return int(v), v <= math.MaxInt
	case kindInt64:
		v := int64(binary.LittleEndian.Uint64(b))
		return int(v), int64(int(v)) == v
	}
	return 0, false
}

// float decodes a floating-point number.
func (k valueKind) float(b []byte) (float64, bool) {
	switch k {
	case kindFloat32:
		return float64(math.Float32frombits(binary.LittleEndian.Uint32(b))), true
	case kindFloat64:
		return math.Float64frombits(binary.LittleEndian.Uint64(b)), true
	}
	return 0, false
}
