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
	Q2_K
	Q3_K
	Q4_K
	Q5_K
	Q6_K
	IQ1_S
	IQ1_M
	IQ2_XXS
	IQ2_XS
	IQ2_S
	IQ3_XXS
	IQ3_S
	IQ4_NL
	IQ4_XS
	MXFP4
	TQ1_0
	TQ2_0
)

// format describes one DType: plain formats by decode, which is given any
// number of values, quantised ones by their coding and codes.
type format struct {
	name                 string
	ggml                 uint32 // the type's number in a GGUF file
	blockLen, blockBytes int
	decode               func(dst []float32, src []byte)
	coding               Coding
	codes                func(q codes, src []byte) // of one block
}

// formats is the whole table: a new format is a row here and a decode function.
var formats = [...]format{
	F32:     {name: "F32", ggml: 0, blockLen: 1, blockBytes: 4, decode: decodeF32},
	F16:     {name: "F16", ggml: 1, blockLen: 1, blockBytes: 2, decode: decodeF16},
	BF16:    {name: "BF16", ggml: 30, blockLen: 1, blockBytes: 2, decode: decodeBF16},
	Q4_0:    {name: "Q4_0", ggml: 2, blockLen: 32, blockBytes: 18, coding: Coding{-8, 7, 32, false}, codes: codesQ4_0},
	Q4_1:    {name: "Q4_1", ggml: 3, blockLen: 32, blockBytes: 20, coding: Coding{0, 15, 32, true}, codes: codesQ4_1},
	Q5_0:    {name: "Q5_0", ggml: 6, blockLen: 32, blockBytes: 22, coding: Coding{-16, 15, 32, false}, codes: codesQ5_0},
	Q5_1:    {name: "Q5_1", ggml: 7, blockLen: 32, blockBytes: 24, coding: Coding{0, 31, 32, true}, codes: codesQ5_1},
	Q8_0:    {name: "Q8_0", ggml: 8, blockLen: 32, blockBytes: 34, coding: Coding{-128, 127, 32, false}, codes: codesQ8_0},
	Q2_K:    {name: "Q2_K", ggml: 10, blockLen: 256, blockBytes: 84, coding: Coding{0, 3, 16, true}, codes: codesQ2_K},
	Q3_K:    {name: "Q3_K", ggml: 11, blockLen: 256, blockBytes: 110, coding: Coding{-4, 3, 16, false}, codes: codesQ3_K},
	Q4_K:    {name: "Q4_K", ggml: 12, blockLen: 256, blockBytes: 144, coding: Coding{0, 15, 32, true}, codes: codesQ4_K},
	Q5_K:    {name: "Q5_K", ggml: 13, blockLen: 256, blockBytes: 176, coding: Coding{0, 31, 32, true}, codes: codesQ5_K},
	Q6_K:    {name: "Q6_K", ggml: 14, blockLen: 256, blockBytes: 210, coding: Coding{-32, 31, 16, false}, codes: codesQ6_K},
	IQ1_S:   {name: "IQ1_S", ggml: 19, blockLen: 256, blockBytes: 50, coding: Coding{-9, 9, 32, false}, codes: codesIQ1_S},
	IQ1_M:   {name: "IQ1_M", ggml: 29, blockLen: 256, blockBytes: 56, coding: Coding{-9, 9, 16, false}, codes: codesIQ1_M},
	IQ2_XXS: {name: "IQ2_XXS", ggml: 16, blockLen: 256, blockBytes: 66, coding: Coding{-43, 43, 32, false}, codes: codesIQ2_XXS},
	IQ2_XS:  {name: "IQ2_XS", ggml: 17, blockLen: 256, blockBytes: 74, coding: Coding{-43, 43, 16, false}, codes: codesIQ2_XS},
	IQ2_S:   {name: "IQ2_S", ggml: 22, blockLen: 256, blockBytes: 82, coding: Coding{-43, 43, 16, false}, codes: codesIQ2_S},
	IQ3_XXS: {name: "IQ3_XXS", ggml: 18, blockLen: 256, blockBytes: 98, coding: Coding{-62, 62, 32, false}, codes: codesIQ3_XXS},
	IQ3_S:   {name: "IQ3_S", ggml: 21, blockLen: 256, blockBytes: 110, coding: Coding{-15, 15, 32, false}, codes: codesIQ3_S},
	IQ4_NL:  {name: "IQ4_NL", ggml: 20, blockLen: 32, blockBytes: 18, coding: Coding{-127, 113, 32, false}, codes: codesIQ4_NL},
	IQ4_XS:  {name: "IQ4_XS", ggml: 23, blockLen: 256, blockBytes: 136, coding: Coding{-127, 113, 32, false}, codes: codesIQ4_XS},
	MXFP4:   {name: "MXFP4", ggml: 39, blockLen: 32, blockBytes: 17, coding: Coding{-12, 12, 32, false}, codes: codesMXFP4},
	TQ1_0:   {name: "TQ1_0", ggml: 34, blockLen: 256, blockBytes: 54, coding: Coding{-1, 1, 32, false}, codes: codesTQ1_0},
	TQ2_0:   {name: "TQ2_0", ggml: 35, blockLen: 256, blockBytes: 66, coding: Coding{-1, 2, 32, false}, codes: codesTQ2_0},
}

// String returns the format's name as the file formats write it.
func (d DType) String() string {
	if int(d) >= len(formats) {
		return fmt.Sprintf("DType(%d)", uint8(d))
	}
	return formats[d].name
}

// GGUFNumber returns the number that a GGUF file has for the format.
func (d DType) GGUFNumber() uint32 { return formats[d].ggml }

// BlockLen returns the number of values in one block.
func (d DType) BlockLen() int { return formats[d].blockLen }

// BlockBytes returns the number of bytes of one block.
func (d DType) BlockBytes() int { return formats[d].blockBytes }

// Decode writes the values of src, a whole number of blocks, to dst, exactly.
func (d DType) Decode(dst []float32, src []byte) {
	f := &formats[d]
	if f.decode != nil {
		f.decode(dst, src)
		return
	}
	f.coding.decode(dst, src, f)
}

// dtypeNames lists the formats that can be decoded, for error texts.
func dtypeNames() string {
	names := make([]string, len(formats))
	for i := range formats {
		names[i] = formats[i].name
	}
	return strings.Join(names, " ")
}
