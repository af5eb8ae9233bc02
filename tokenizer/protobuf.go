package tokenizer

import (
	"encoding/binary"
	"fmt"
	"math"
)

// protobuf reads the fields of one protocol-buffers message in order. It keeps
// nothing and follows nothing, so its work is that of one pass over the bytes.
type protobuf struct {
	data   []byte
	at     int
	offset int // of data in the file, for errors
}

// protobufField is one field; which of the values holds follows from its kind.
type protobufField struct {
	number int
	kind   byte
	value  uint64 // of a varint or a number of fixed size
	bytes  []byte // of a text or message
	offset int    // of bytes in the file
}

// Wire types.
const (
	wireVarint  = 0
	wireFixed64 = 1
	wireBytes   = 2
	wireFixed32 = 5
)

// next returns the next field; ok is false at the end.
func (p *protobuf) next() (f protobufField, ok bool, err error) {
	if p.at == len(p.data) {
		return f, false, nil
	}
	start := p.at
	fail := func(want string) (protobufField, bool, error) {
		return f, false, fmt.Errorf("byte %d: want %s", p.offset+start, want)
	}
	tag, ok := p.varint()
	if !ok || tag>>3 == 0 || tag>>3 > 1<<29-1 {
		return fail("the tag of a field")
	}
	f.number, f.kind = int(tag>>3), byte(tag&7)
	size := uint64(0)
	switch f.kind {
	case wireVarint:
		if f.value, ok = p.varint(); !ok {
			return fail("a number of at most 64 bits")
		}
		return f, true, nil
	case wireFixed64:
		size = 8
	case wireFixed32:
		size = 4
	case wireBytes:
		if size, ok = p.varint(); !ok {
			return fail("the length of a field")
		}
	default:
		return fail(fmt.Sprintf("a field of wire type 0, 1, 2 or 5, have %d", f.kind))
	}
	if left := uint64(len(p.data) - p.at); size > left {
		return fail(fmt.Sprintf("a field of %d bytes, have %d bytes left", size, left))
	}
	f.bytes, f.offset = p.data[p.at:p.at+int(size)], p.offset+p.at
	p.at += int(size)
	switch f.kind {
	case wireFixed64:
		f.value = binary.LittleEndian.Uint64(f.bytes)
	case wireFixed32:
		f.value = uint64(binary.LittleEndian.Uint32(f.bytes))
	}
	return f, true, nil
}

func (p *protobuf) varint() (uint64, bool) {
	v, n := binary.Uvarint(p.data[p.at:])
	if n <= 0 {
		return 0, false
	}
	p.at += n
	return v, true
}

// fields calls read for every field of a message.
func (f *protobufField) fields(read func(protobufField) error) error {
	p := protobuf{data: f.bytes, offset: f.offset}
	for {
		field, ok, err := p.next()
		if err != nil || !ok {
			return err
		}
		if err := read(field); err != nil {
			return err
		}
	}
}

// want says that a field has another wire type than its kind of value.
func (f *protobufField) want(kind byte, what string) error {
	if f.kind == kind {
		return nil
	}
	return fmt.Errorf("field %d: want %s (wire type %d), have wire type %d", f.number, what, kind, f.kind)
}

// text sets a text field.
func (f *protobufField) text(to *string) error {
	*to = string(f.bytes)
	return f.want(wireBytes, "a text")
}

// flag sets a bool field.
func (f *protobufField) flag(to *bool) error {
	*to = f.value != 0
	return f.want(wireVarint, "a flag")
}

// integer sets an int32 or enum field.
func (f *protobufField) integer(to *int32) error {
	*to = int32(f.value)
	return f.want(wireVarint, "an integer")
}

// float sets a float field.
func (f *protobufField) float(to *float32) error {
	*to = math.Float32frombits(uint32(f.value))
	return f.want(wireFixed32, "a float")
}
