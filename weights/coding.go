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

// codes is one block: its codes, and the line of each group.
type codes struct {
	code          [256]int8
	scale, offset [16]float32
}

// values computes the block's values.
func (c Coding) values(dst []float32, q *codes) {
	for g := range len(dst) / c.Group {
		scale, offset := q.scale[g], q.offset[g]
		y, code := dst[g*c.Group:][:c.Group], q.code[g*c.Group:][:c.Group]
		for j := range y {
			y[j] = scale * float32(code[j])
		}
		if c.Offset {
			for j := range y {
				y[j] += offset
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
	var q codes
	for src := t.RawRow(i); len(src) > 0; src = src[f.blockBytes:] {
		f.codes(&q, src[:f.blockBytes])
		copy(code, q.code[:f.blockLen])
		copy(scale, q.scale[:groups])
		if f.coding.Offset {
			copy(offset, q.offset[:groups])
			offset = offset[groups:]
		}
		code, scale = code[f.blockLen:], scale[groups:]
	}
}
