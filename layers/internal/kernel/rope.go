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

// Rotate writes to dst the heads of x [rows, heads, width], each with its first
// 2·Half values rotated by its row's position, in the half-split pairing (value
// i with value i+Half):
//
//	dst[i]      = x[i]·cos - x[i+Half]·sin
//	dst[i+Half] = x[i+Half]·cos + x[i]·sin
//
// Su et al., "RoFormer: enhanced transformer with rotary position embedding",
// 2021.
func (p *Pool) Rotate(dst, x []float32, pos []int32, heads, width int, table *RotaryTable) {
	h := table.Half
	p.RunRows(len(pos), func(from, to int) {
		for t := from; t < to; t++ {
			at := int(pos[t]) * h
			cos, sin := table.Cos[at:at+h], table.Sin[at:at+h]
			for head := range heads {
				at := (t*heads + head) * width
				in, out := x[at:at+width], dst[at:at+width]
				for i := range h {
					a, b := in[i], in[i+h]
					out[i] = float32(a*cos[i]) - float32(b*sin[i])
					out[i+h] = float32(b*cos[i]) + float32(a*sin[i])
				}
				copy(out[2*h:], in[2*h:])
			}
		}
	})
}
