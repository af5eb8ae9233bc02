package weights

import (
	"fmt"
	"strings"
)

// DType is the stored format of a tensor's values. Quantised formats pack
// BlockLen consecutive values of a row in BlockBytes bytes; plain ones have
// blocks of one value.
type DType uint8

// The formats whose values can be decoded.
const (
	F32 DType = iota
	F16
	BF16
	Q4_0
	Q4_1
	Q5_0
	Q5_1
	Q8_0
	Q4_K
	Q5_K
	Q6_K
)

// format describes one DType. decode is given one block, or where blocks have
// one value, any number of values.
type format struct {
	name                 string
	ggml                 uint32 // the type's number in a GGUF file
	blockLen, blockBytes int
	decode               func(dst []float32, src []byte)
}

// formats is the whole table: a new format is a row here and a decode function.
var formats = [...]format{
	F32:  {"F32", 0, 1, 4, decodeF32},
	F16:  {"F16", 1, 1, 2, decodeF16},
	BF16: {"BF16", 30, 1, 2, decodeBF16},
	Q4_0: {"Q4_0", 2, 32, 18, decodeQ4_0},
	Q4_1: {"Q4_1", 3, 32, 20, decodeQ4_1},
	Q5_0: {"Q5_0", 6, 32, 22, decodeQ5_0},
	Q5_1: {"Q5_1", 7, 32, 24, decodeQ5_1},
	Q8_0: {"Q8_0", 8, 32, 34, decodeQ8_0},
	Q4_K: {"Q4_K", 12, 256, 144, decodeQ4_K},
	Q5_K: {"Q5_K", 13, 256, 176, decodeQ5_K},
	Q6_K: {"Q6_K", 14, 256, 210, decodeQ6_K},
}

// String returns the format's name as the file formats write it.
func (d DType) String() string {
	if int(d) >= len(formats) {
		return fmt.Sprintf("DType(%d)", uint8(d))
	}
	return formats[d].name
}

// BlockLen returns the number of values in one block.
func (d DType) BlockLen() int { return formats[d].blockLen }

// BlockBytes returns the number of bytes of one block.
func (d DType) BlockBytes() int { return formats[d].blockBytes }

// decode writes the values of src, a whole number of blocks, to dst.
func (d DType) decode(dst []float32, src []byte) {
	f := &formats[d]
	if f.blockLen == 1 {
		f.decode(dst, src)
		return
	}
	for len(src) > 0 {
		f.decode(dst[:f.blockLen], src[:f.blockBytes])
		dst, src = dst[f.blockLen:], src[f.blockBytes:]
	}
}

// dtypeNames lists the formats that can be decoded, for error texts.
func dtypeNames() string {
	names := make([]string, len(formats))
	for i := range formats {
		names[i] = formats[i].name
	}
	return strings.Join(names, " ")
}
