package dataset

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"hash/crc32"

	"github.com/vmihailenco/msgpack/v5"
)

// The first and last 8 bytes of a rows file. The last byte is the version.
const (
	startMagic = "premlp\x00\x01"
	endMagic   = "PREMLP\x00\x01"
)

const (
	frameHeader = 8  // payload length, crc32c of the payload
	alignment   = 64 // of every block of values, in the file
)

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// layout is one question's frame: header, then fixed[0], block 0, fixed[1],
// block 1, … to the end.
type layout struct {
	fixed  [][]byte
	blocks []blockPlace
	size   int64 // with the header
}

// blockPlace is where one kind of values lies.
type blockPlace struct {
	*blockKind
	offset int64 // in the file
	size   int64 // of all layers
}

// layout lays out question i's frame, of rows at these token positions, with its
// header at offset.
//
// The payload is a msgpack map: "q", "i", "n", "pos", then for each site
// "<site>.pad" and "<site>", and where it has statistics "<site>.scale.pad" and
// "<site>.scale". A pad is as many zeros as bring the next value to a multiple
// of 64 bytes in the file.
func (p *plan) layout(i int, positions []int32, offset int64) (*layout, error) {
	id, n := p.list.ids[i], len(positions)
	l := &layout{blocks: make([]blockPlace, len(p.blocks))}
	rows := int64(len(p.m.Layers)) * int64(n) // at most 2^16 · 2^31
	if rows > maxFrame/int64(p.m.Dim) {
		return nil, tooLarge(id, p.m)
	}
	for k := range p.blocks {
		kind := &p.blocks[k]
		l.blocks[k] = blockPlace{blockKind: kind, size: int64(len(p.m.Layers)) * kind.size(n)}
	}
	var b bytes.Buffer // never fails
	e := msgpack.NewEncoder(&b)
	_ = e.EncodeMapLen(4 + 2*len(l.blocks))
	_ = e.EncodeString("q")
	_ = e.EncodeString(id)
	_ = e.EncodeString("i")
	_ = e.EncodeInt(int64(i))
	_ = e.EncodeString("n")
	_ = e.EncodeInt(int64(n))
	_ = e.EncodeString("pos")
	_ = e.EncodeBytes(littleEndian(positions))
	at := offset + frameHeader
	for k := range l.blocks {
		block := &l.blocks[k]
		if block.size > maxFrame || at-offset+block.size > maxFrame {
			return nil, tooLarge(id, p.m)
		}
		encodePad(&b, e, block, at)
		block.offset = at + int64(b.Len())
		at = block.offset + block.size
		l.fixed = append(l.fixed, bytes.Clone(b.Bytes()))
		b.Reset()
	}
	l.size = at - offset
	return l, nil
}

// encodePad writes a block's pad, its key and the header of its bin, so that
// the next byte, with b's first at offset at in the file, is aligned.
func encodePad(b *bytes.Buffer, e *msgpack.Encoder, block *blockPlace, at int64) {
	_ = e.EncodeString(block.name + ".pad")
	var head bytes.Buffer
	h := msgpack.NewEncoder(&head)
	_ = h.EncodeString(block.name)
	_ = h.EncodeBytesLen(int(block.size))
	const padHeader = 2 // a bin of less than 256 bytes
	before := at + int64(b.Len()+padHeader+head.Len())
	_ = e.EncodeBytes(make([]byte, (alignment-before%alignment)%alignment))
	b.Write(head.Bytes())
}

func tooLarge(id string, m *Manifest) error {
	return fmt.Errorf("question %q: rows: want a frame of at most %d bytes, have more (%d sites, %d layers, %d values a row as %s): take fewer sites or layers, or a smaller dtype",
		id, uint32(maxFrame), len(m.Sites), len(m.Layers), m.Dim, m.DType)
}

func littleEndian(v []int32) []byte {
	b := make([]byte, 0, 4*len(v))
	for _, x := range v {
		b = binary.LittleEndian.AppendUint32(b, uint32(x))
	}
	return b
}

// sealFrame fills in the header of a frame whose payload is b[8:].
func sealFrame(b []byte) (crc uint32) {
	crc = crc32.Checksum(b[frameHeader:], castagnoli)
	binary.LittleEndian.PutUint32(b, uint32(len(b)-frameHeader))
	binary.LittleEndian.PutUint32(b[4:], crc)
	return crc
}

// checkFrame checks a frame as stored against its layout: length, crc, and
// every byte that is not a value. It gives the frame's crc.
func checkFrame(frame []byte, l *layout, offset int64) (uint32, error) {
	if int64(len(frame)) != l.size {
		return 0, fmt.Errorf("want %d bytes, have %d", l.size, len(frame))
	}
	if n := binary.LittleEndian.Uint32(frame); int64(n) != l.size-frameHeader {
		return 0, fmt.Errorf("length: want %d, have %d", l.size-frameHeader, n)
	}
	want := binary.LittleEndian.Uint32(frame[4:])
	crc := crc32.Checksum(frame[frameHeader:], castagnoli)
	if crc != want {
		return 0, fmt.Errorf("crc32c: want %08x, have %08x", want, crc)
	}
	at := int64(frameHeader)
	for k, fixed := range l.fixed {
		if have := frame[at : at+int64(len(fixed))]; !bytes.Equal(have, fixed) {
			return 0, fmt.Errorf("map: want what the manifest and questions determine, have a difference at byte %d%s",
				at+int64(difference(fixed, have)), frameOwner(frame))
		}
		at = l.blocks[k].offset - offset + l.blocks[k].size
	}
	return crc, nil
}

// frameOwner says which question a frame claims to be, for an error's text.
func frameOwner(frame []byte) string {
	d := msgpack.NewDecoder(bytes.NewReader(frame[frameHeader:min(len(frame), frameHeader+4096)]))
	if _, err := d.DecodeMapLen(); err != nil {
		return ""
	}
	if key, err := d.DecodeString(); err != nil || key != "q" {
		return ""
	}
	id, err := d.DecodeString()
	if err != nil {
		return ""
	}
	return fmt.Sprintf(" (this is the frame of %q)", id)
}
