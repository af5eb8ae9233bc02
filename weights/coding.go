package weights

// Coding says how a quantised format's values follow from its codes, small
// integers. Group neighbouring values of a row lie on one line:
//
//	y = scale · code            exact in float32
//	y = scale · code + offset   rounded once; the product is exact
type Coding struct {
	Min, Max int  // codes lie in [Min, Max], which is within int8
	Group    int  // divides the format's block
	Offset   bool // the format has offsets
}

// codes is one block: where its codes go, and the line of each group. Formats
// without offsets leave offset unwritten.
type codes struct {
	code          []int8
	scale, offset []float32
}

// decode computes the values of whole blocks.
func (c Coding) decode(dst []float32, src []byte, f *format) {
	var code [256]int8
	var scale, offset [16]float32
	q := codes{code[:f.blockLen], scale[:], offset[:]}
	for ; len(src) > 0; dst, src = dst[f.blockLen:], src[f.blockBytes:] {
		f.codes(q, src[:f.blockBytes])
		for at := 0; at < f.blockLen; at += c.Group {
			g := at / c.Group
			y := dst[at:][:c.Group]
			for i, v := range code[at:][:c.Group] {
				y[i] = scale[g] * float32(v)
			}
			if c.Offset {
				for i := range y {
					y[i] += offset[g]
				}
			}
		}
	}
}

// Coding returns the coding of a quantised format; false for plain ones.
func (d DType) Coding() (Coding, bool) {
	f := &formats[d]
	return f.coding, f.codes != nil
}

// RowCodes writes row i of a quantised tensor as codes: Cols() codes, and the
// scale and offset of each of its Cols()/Group groups. Formats without offsets
// leave those unwritten.
func (t *Tensor) RowCodes(code []int8, scale, offset []float32, i int) {
	f := &formats[t.DType]
	groups := f.blockLen / f.coding.Group
	for src := t.RawRow(i); len(src) > 0; src = src[f.blockBytes:] {
		f.codes(codes{code[:f.blockLen], scale, offset}, src[:f.blockBytes])
		code, scale, offset = code[f.blockLen:], scale[groups:], offset[groups:]
	}
}
