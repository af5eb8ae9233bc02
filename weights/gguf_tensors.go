package weights

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
)

// undecoded lists the other types of ggml.h by their numbers, for their names and
// sizes only: integers, forms of activations, and types removed from GGUF.
var undecoded = map[uint32]format{
	9:  {name: "Q8_1", blockLen: 32, blockBytes: 40},
	15: {name: "Q8_K", blockLen: 256, blockBytes: 292},
	24: {name: "I8", blockLen: 1, blockBytes: 1},
	25: {name: "I16", blockLen: 1, blockBytes: 2},
	26: {name: "I32", blockLen: 1, blockBytes: 4},
	27: {name: "I64", blockLen: 1, blockBytes: 8},
	28: {name: "F64", blockLen: 1, blockBytes: 8},
	40: {name: "NVFP4", blockLen: 64, blockBytes: 36},
	41: {name: "Q1_0", blockLen: 128, blockBytes: 18},

	4:  {name: "Q4_2 (removed)", blockLen: 16, blockBytes: 10},
	5:  {name: "Q4_3 (removed)", blockLen: 16, blockBytes: 12},
	31: {name: "Q4_0_4_4 (removed)", blockLen: 32, blockBytes: 18},
	32: {name: "Q4_0_4_8 (removed)", blockLen: 32, blockBytes: 18},
	33: {name: "Q4_0_8_8 (removed)", blockLen: 32, blockBytes: 18},
	36: {name: "IQ4_NL_4_4 (removed)", blockLen: 32, blockBytes: 18},
	37: {name: "IQ4_NL_4_8 (removed)", blockLen: 32, blockBytes: 18},
	38: {name: "IQ4_NL_8_8 (removed)", blockLen: 32, blockBytes: 18},
}

// tensorInfo is one description in the head of the file.
type tensorInfo struct {
	stored
	offset uint64 // from the start of the data
}

// readTensorInfos reads n tensor descriptions.
func readTensorInfos(c *cursor, n uint64) ([]tensorInfo, error) {
	c.count(n, 8+1+4+4+8) // name of one letter, rank, type, offset
	var list []tensorInfo
	seen := map[string]bool{}
	for range n {
		if c.err != nil {
			break
		}
		name := c.name()
		if c.err != nil {
			break
		}
		if seen[name] {
			return nil, fmt.Errorf("tensor %s: given twice", quote(name))
		}
		seen[name] = true
		t, err := readTensorInfo(c)
		if err != nil {
			return nil, fmt.Errorf("tensor %s: %w", quote(name), err)
		}
		t.Name = name
		list = append(list, t)
	}
	if c.err != nil {
		return nil, fmt.Errorf("tensors: %w", c.err)
	}
	return list, nil
}

// readTensorInfo reads what follows a tensor's name: its rank, its dimensions
// innermost first, its type, its offset.
func readTensorInfo(c *cursor) (tensorInfo, error) {
	const most = ggufDims
	var t tensorInfo
	rank := c.uint32()
	if rank > most {
		return t, fmt.Errorf("dimensions: want at most %d, have %d", most, rank)
	}
	t.Shape = make([]int, rank)
	for i := int(rank) - 1; i >= 0; i-- {
		d := c.uint64()
		if d > maxValues {
			return t, fmt.Errorf("dimension %d: want at most %d, have %d", int(rank)-1-i, uint64(maxValues), d)
		}
		t.Shape[i] = int(d)
	}
	kind := c.uint32()
	t.offset = c.uint64()
	if c.err != nil {
		return t, c.err
	}
	return t, t.setType(kind)
}

// setType fills in all that follows from a tensor's type and shape.
func (t *tensorInfo) setType(kind uint32) error {
	n, err := countValues(t.Shape)
	if err != nil {
		return err
	}
	f, known := undecoded[kind]
	for d := range formats {
		if formats[d].ggml == kind {
			f, known = formats[d], true
			t.dtype, t.usable = DType(d), true
		}
	}
	if !known {
		t.Type, t.Bytes = "type "+strconv.FormatUint(uint64(kind), 10), -1
		return nil
	}
	t.Type = f.name
	cols := 1
	if len(t.Shape) > 0 {
		cols = t.Shape[len(t.Shape)-1]
	}
	if cols%f.blockLen != 0 {
		return fmt.Errorf("shape: want rows of a multiple of %d values for %s, have %s", f.blockLen, f.name, shapeText(t.Shape))
	}
	t.Bytes = int64(n/f.blockLen) * int64(f.blockBytes)
	return nil
}

// placeTensors cuts every tensor out of a file's data.
func placeTensors(list []tensorInfo, data []byte, align uint64, base string) ([]stored, error) {
	slices.SortStableFunc(list, func(a, b tensorInfo) int {
		return cmp.Or(cmp.Compare(a.offset, b.offset), cmp.Compare(a.Bytes, b.Bytes))
	})
	placed := make([]stored, len(list))
	var end uint64
	size := uint64(len(data))
	for i, t := range list {
		need := uint64(max(t.Bytes, 0))
		var err error
		switch {
		case t.offset%align != 0:
			err = fmt.Errorf("offset: want a multiple of %d, have %d", align, t.offset)
		case t.offset > size || need > size-t.offset:
			err = fmt.Errorf("data: want %d bytes at %d, have %d in all: the file is truncated", need, t.offset, size)
		case t.offset < end:
			err = fmt.Errorf("offset: want at least %d, have %d: overlaps another tensor", end, t.offset)
		}
		if err != nil {
			return nil, fmt.Errorf("tensor %s: %w", quote(t.Name), err)
		}
		end = t.offset + need
		if t.Bytes >= 0 {
			t.data = data[t.offset:end:end]
		}
		t.File = base
		placed[i] = t.stored
	}
	return placed, nil
}
