package kernel

// RotaryTable holds cos and sin of the rotation angles of positions [0, n).
type RotaryTable struct {
	Half     int       // pairs that are rotated in each head
	Cos, Sin []float32 // [n, Half]
}

// NewRotaryTable computes the table for positions [0, n): the angle of pair i
// at position p is the float32 product p·inverse[i], as the reference
// implementations take it, and its cosine and sine are correctly rounded but
// for rare cases, then multiplied by factor.
func NewRotaryTable(n int, inverse []float32, factor float32) *RotaryTable {
	h := len(inverse)
	t := &RotaryTable{Half: h, Cos: make([]float32, n*h), Sin: make([]float32, n*h)}
	for p := range n {
		for i, f := range inverse {
			sin, cos := SinCos(float64(float32(p) * f))
			t.Cos[p*h+i] = float32(cos) * factor
			t.Sin[p*h+i] = float32(sin) * factor
		}
	}
	return t
}

// Positions returns how many positions the table covers.
func (t *RotaryTable) Positions() int { return len(t.Cos) / max(t.Half, 1) }

// RotaryShape says how heads lie in the rows and which of their values are
// rotated.
type RotaryShape struct {
	Heads, Width int
	From         int  // the first value that is rotated; 2·Half follow
	Interleaved  bool // pairs are neighbours, not Half apart
}

// Rotate writes to dst the heads of x [rows, heads, width], each with 2·Half of
// its values rotated by its row's position. The pair i is values i and i+Half,
// or with Interleaved 2i and 2i+1:
//
//	dst[a] = x[a]·cos - x[b]·sin
//	dst[b] = x[b]·cos + x[a]·sin
//
// Other values are copied. Su et al., "RoFormer: enhanced transformer with
// rotary position embedding", 2021.
func (p *Pool) Rotate(dst, x []float32, pos []int32, s RotaryShape, table *RotaryTable) {
	h, heads, width := table.Half, s.Heads, s.Width
	p.RunRows(len(pos), func(from, to int) {
		for t := from; t < to; t++ {
			at := int(pos[t]) * h
			cos, sin := table.Cos[at:at+h], table.Sin[at:at+h]
			for head := range heads {
				at := (t*heads + head) * width
				copy(dst[at:at+s.From], x[at:at+s.From])
				in, out := x[at+s.From:at+width], dst[at+s.From:at+width]
				if s.Interleaved {
					rotatePairs(out, in, cos, sin)
				} else {
					rotateHalves(out, in, cos, sin)
				}
				copy(out[2*h:], in[2*h:])
			}
		}
	})
}

// rotateHalves rotates values i and i+Half.
func rotateHalves(out, in, cos, sin []float32) {
	h := len(cos)
	for i := range h {
		a, b := in[i], in[i+h]
		out[i] = float32(a*cos[i]) - float32(b*sin[i])
		out[i+h] = float32(b*cos[i]) + float32(a*sin[i])
	}
}

// rotatePairs rotates values 2i and 2i+1.
func rotatePairs(out, in, cos, sin []float32) {
	for i := range cos {
		a, b := in[2*i], in[2*i+1]
		out[2*i] = float32(a*cos[i]) - float32(b*sin[i])
		out[2*i+1] = float32(b*cos[i]) + float32(a*sin[i])
	}
}
