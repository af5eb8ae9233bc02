package export

import (
	"bufio"
	"encoding/binary"
	"io"
	"math"
)

// pickler writes Python's pickle protocol 2 with no more opcodes than
// torch.load(weights_only=True) reads. What it writes goes onto the reading
// machine's stack, so calls stand in postfix order. The first error is kept for
// flush.
// https://github.com/python/cpython/blob/main/Lib/pickletools.py
type pickler struct {
	w    *bufio.Writer
	used uint32 // slots of the memo
}

// The opcodes.
const (
	opProto      = 0x80 // the protocol follows
	opStop       = '.'
	opMark       = '('
	opEmptyDict  = '}'
	opEmptyList  = ']'
	opEmptyTuple = ')'
	opTuple      = 't'  // of all since the mark
	opTuple2     = 0x86 // of the last two values
	opAppend     = 'a'  // the value to the list below it
	opSetItem    = 's'  // key and value to the dict below them
	opSetItems   = 'u'  // the same for all since the mark
	opTrue       = 0x88
	opFalse      = 0x89
	opInt1       = 'K' // one unsigned byte follows
	opInt4       = 'J' // four bytes follow, signed
	opLong1      = 0x8a
	opUnicode    = 'X' // u32 length and UTF-8 follow
	opGlobal     = 'c' // two lines follow: module, name
	opReduce     = 'R' // calls a function with a tuple
	opPersistent = 'Q' // the tuple names something stored elsewhere
	opPut        = 'r' // remembers the value on top in slot u32
	opGet        = 'j'
)

func newPickler(w io.Writer) *pickler {
	p := &pickler{w: bufio.NewWriter(w)}
	p.op(opProto, 2)
	return p
}

func (p *pickler) op(b ...byte) { p.w.Write(b) } // a bufio.Writer keeps its first error

func (p *pickler) flush() error {
	p.op(opStop)
	return p.w.Flush()
}

// slot is a new place of the memo.
func (p *pickler) slot() uint32 {
	p.used++
	return p.used - 1
}

// put remembers the value on top in a slot, in place of what was there.
func (p *pickler) put(slot uint32) {
	p.op(opPut)
	p.u32(slot)
}

// get recalls the value of a slot.
func (p *pickler) get(slot uint32) {
	p.op(opGet)
	p.u32(slot)
}

func (p *pickler) u32(v uint32) { p.w.Write(binary.LittleEndian.AppendUint32(nil, v)) }

func (p *pickler) text(s string) {
	p.op(opUnicode)
	p.u32(uint32(len(s)))
	p.w.WriteString(s)
}

func (p *pickler) bool(v bool) {
	if v {
		p.op(opTrue)
	} else {
		p.op(opFalse)
	}
}

// int writes v, which is not negative.
func (p *pickler) int(v int64) {
	switch {
	case v <= math.MaxUint8:
		p.op(opInt1, byte(v))
	case v <= math.MaxInt32:
		p.op(opInt4)
		p.u32(uint32(v))
	default:
		p.op(opLong1, 8)
		p.w.Write(binary.LittleEndian.AppendUint64(nil, uint64(v)))
	}
}

func (p *pickler) global(module, name string) {
	p.op(opGlobal)
	p.w.WriteString(module + "\n" + name + "\n")
}
