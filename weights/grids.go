package weights

import (
	"encoding/base64"
	"encoding/binary"
	"fmt"
	"sync"
)

// The grids of the IQ formats as codes, row after row, made at first use.
var (
	gridIQ1    = makeGrid(gridIQ1Rows, 8, -8, 0, 8) // eighths
	gridIQ2XXS = makeGrid(gridIQ2XXSRows, 8, 8, 25, 43)
	gridIQ2XS  = makeGrid(gridIQ2XSRows, 8, 8, 25, 43)
	gridIQ2S   = makeGrid(gridIQ2SRows, 8, 8, 25, 43)
	gridIQ3XXS = makeGrid(gridIQ3XXSRows, 4, 4, 12, 20, 28, 36, 44, 52, 62)
	gridIQ3S   = makeGrid(gridIQ3SRows, 4, 1, 3, 5, 7, 9, 11, 13, 15)
)

// Table returns the codes that a format's blocks number: a grid, row after row, or
// a list of 16; nil where they number none. It must not be written to.
func (d DType) Table() []int8 {
	switch d {
	case IQ1_S, IQ1_M:
		return gridIQ1()
	case IQ2_XXS:
		return gridIQ2XXS()
	case IQ2_XS:
		return gridIQ2XS()
	case IQ2_S:
		return gridIQ2S()
	case IQ3_XXS:
		return gridIQ3XXS()
	case IQ3_S:
		return gridIQ3S()
	case IQ4_NL, IQ4_XS:
		return listIQ4[:]
	case MXFP4:
		return listMXFP4[:]
	}
	return nil
}

// makeGrid unpacks rows of width values, each a number in values.
func makeGrid(rows string, width int, values ...int8) func() []int8 {
	return sync.OnceValue(func() []int8 {
		packed, err := base64.StdEncoding.DecodeString(rows)
		if err != nil {
			panic(fmt.Sprintf("weights: grid of %d values: %v", len(values), err))
		}
		bits := 16 / width
		grid := make([]int8, 0, len(packed)/2*width)
		for ; len(packed) > 0; packed = packed[2:] {
			row := binary.LittleEndian.Uint16(packed)
			for range width {
				grid = append(grid, values[row&(1<<bits-1)])
				row >>= bits
			}
		}
		return grid
	})
}

// signed writes the values of a grid's row, value j negated where bit j of
// signs is set.
func signed(code, row []int8, signs byte) {
	code = code[:len(row)]
	for j, v := range row {
		minus := -int8(signs >> j & 1) // 0, or −1: all bits set
		code[j] = (v ^ minus) - minus
	}
}

// evenSigns returns 8 signs of which 7 are stored: their number is even.
func evenSigns(stored uint32) byte {
	s := byte(stored & 127)
	odd := s ^ s>>4
	odd ^= odd >> 2
	odd ^= odd >> 1
	return s | odd<<7
}
