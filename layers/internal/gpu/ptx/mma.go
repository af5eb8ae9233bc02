package ptx

import "strings"

// matrixShape is an mma: the types of its operands and where each lane's parts lie.
// Row and column of element i of a lane are as the PTX manual's figures of the
// fragments have them.
type matrixShape struct {
	k        int    // of m16n8k
	typ      string // of A and B
	a, b     int    // elements of a lane
	perReg   int    // of them in a register
	aAt, bAt func(lane, i int) (row, col int)
}

const (
	matrixM = 16
	matrixN = 8
)

func halfShape(k int, typ string) matrixShape {
	return matrixShape{k: k, typ: typ, a: k / 2, b: k / 4, perReg: 2,
		aAt: func(lane, i int) (int, int) { return lane/4 + 8*(i/2&1), lane%4*2 + i&1 + 8*(i/4) },
		bAt: func(lane, i int) (int, int) { return lane%4*2 + i&1 + 8*(i/2), lane / 4 },
	}
}

func tf32Shape(k int) matrixShape {
	return matrixShape{k: k, typ: "tf32", a: k / 2, b: k / 4, perReg: 1,
		aAt: func(lane, i int) (int, int) { return lane/4 + 8*(i&1), lane%4 + 4*(i/2) },
		bAt: func(lane, i int) (int, int) { return lane%4 + 4*i, lane / 4 },
	}
}

// accumulatorAt is where element i of a lane's part of C and D lies.
func accumulatorAt(lane, i int) (row, col int) { return lane/4 + 8*(i/2), lane%4*2 + i&1 }

var matrixShapes = map[string]matrixShape{
	"m16n8k16.row.col.f32.bf16.bf16.f32": halfShape(16, "bf16"),
	"m16n8k16.row.col.f32.f16.f16.f32":   halfShape(16, "f16"),
	"m16n8k8.row.col.f32.bf16.bf16.f32":  halfShape(8, "bf16"),
	"m16n8k8.row.col.f32.f16.f16.f32":    halfShape(8, "f16"),
	"m16n8k8.row.col.f32.tf32.tf32.f32":  tf32Shape(8),
	"m16n8k4.row.col.f32.tf32.tf32.f32":  tf32Shape(4),
}

// mma compiles mma.sync.aligned.m16n8k16.row.col.f32.bf16.bf16.f32 d, a, b, c.
func (c *compiler) mma(s *statement, op []string) error {
	var shape matrixShape
	if len(op) > 3 && op[1] == "sync" && op[2] == "aligned" {
		shape = matrixShapes[strings.Join(op[3:], ".")]
	}
	if shape.k == 0 || len(s.operands) != 4 {
		return wrong(s.line, "%s: not a matrix product that is known here", s.opcode)
	}
	d, err := c.fragment(s.operands[0], 4, c.destination)
	if err != nil {
		return err
	}
	from := func(o operand) (int32, error) { return c.from(o, "b32") }
	a, err := c.fragment(s.operands[1], shape.a/shape.perReg, from)
	if err != nil {
		return err
	}
	b, err := c.fragment(s.operands[2], shape.b/shape.perReg, from)
	if err != nil {
		return err
	}
	add, err := c.fragment(s.operands[3], 4, from)
	if err != nil {
		return err
	}
	return c.together(func(w *warp, in *instr, mask uint32) {
		if mask != 1<<lanes-1 {
			w.fault(in, firstLane(mask), "want all 32 lanes of a warp, have %#x", mask)
		}
		w.multiply(shape, d, a, b, add)
	})
}

// together adds an instruction of a whole warp.
func (c *compiler) together(apply func(w *warp, in *instr, mask uint32)) error {
	return c.across(operand{kind: opNumber, number: 'i', value: 0xffffffff}, instr{}, apply)
}

func (c *compiler) fragment(o operand, n int, get func(o operand) (int32, error)) ([]int32, error) {
	if o.kind != opVector || len(o.parts) != n {
		return nil, wrong(c.at.line, "%s: want %d registers, have %s of %d", c.at.opcode, n, o, len(o.parts))
	}
	rows := make([]int32, n)
	for i, part := range o.parts {
		var err error
		if rows[i], err = get(part); err != nil {
			return nil, err
		}
	}
	return rows, nil
}

// multiply computes D = A·B + C. The products are exact, summed in float64 in the
// order of k onto C, and rounded once; PTX leaves order and precision of the sum
// open, so a card may differ by a few units of the last place of the largest term.
func (w *warp) multiply(shape matrixShape, d, a, b, c []int32) {
	var am [matrixM][16]float64
	var bm [16][matrixN]float64
	var sum [matrixM][matrixN]float64
	value := func(bits uint64, i int) float64 {
		switch shape.typ {
		case "bf16":
			return bfloatToFloat(bits >> (16 * (i & 1)) & 0xffff)
		case "f16":
			return halfToFloat(bits >> (16 * (i & 1)) & 0xffff)
		}
		return float64(f32(bits &^ 0x1fff)) // tf32: the rest is not read
	}
	for lane := range lanes {
		for i := range shape.a {
			row, col := shape.aAt(lane, i)
			am[row][col] = value(w.rows[a[i/shape.perReg]][lane], i)
		}
		for i := range shape.b {
			row, col := shape.bAt(lane, i)
			bm[row][col] = value(w.rows[b[i/shape.perReg]][lane], i)
		}
		for i := range c {
			row, col := accumulatorAt(lane, i)
			sum[row][col] = float64(f32(w.rows[c[i]][lane]))
		}
	}
	for row := range matrixM {
		for k := range shape.k {
			for col := range matrixN {
				sum[row][col] += am[row][k] * bm[k][col]
			}
		}
	}
	for lane := range lanes {
		for i := range d {
			row, col := accumulatorAt(lane, i)
			w.rows[d[i]][lane] = bits32(float32(sum[row][col]))
		}
	}
}

// ldmatrix compiles ldmatrix.sync.aligned.m8n8.x4.trans.shared.b16 {...}, [a]: lanes
// 0 to 7 give the addresses of the rows of the first matrix, 8 to 15 of the second.
func (c *compiler) ldmatrix(s *statement, op []string) error {
	name := strings.Join(op, ".")
	n := map[string]int{"x1": 1, "x2": 2, "x4": 4}[part(op, 4)]
	transposed := part(op, 5) == "trans"
	if !strings.HasPrefix(name, "ldmatrix.sync.aligned.m8n8.") || n == 0 || op[len(op)-1] != "b16" || len(s.operands) != 2 {
		return wrong(s.line, "%s: not a load that is known here", s.opcode)
	}
	d, err := c.fragment(s.operands[0], n, c.destination)
	if err != nil {
		return err
	}
	a := access{size: 2, count: 8}
	a.space, _ = spaceIn(op)
	base, err := c.address(s.operands[1], &a)
	if err != nil {
		return err
	}
	x := c.touch(a)
	return c.together(func(w *warp, in *instr, mask uint32) {
		if mask != 1<<lanes-1 {
			w.fault(in, firstLane(mask), "want all 32 lanes of a warp, have %#x", mask)
		}
		at := instr{a: base, x: x, line: in.line}
		var rows [lanes][]byte
		for lane := range 8 * n {
			rows[lane] = w.resolve(&at, &w.block.kernel.accesses[x], lane, touchRead)
		}
		for lane := range lanes {
			for m := range n {
				i, j := lane/4, lane%4*2
				low, high := get(rows[8*m+i][2*j:], 2), get(rows[8*m+i][2*j+2:], 2)
				if transposed {
					low, high = get(rows[8*m+j][2*i:], 2), get(rows[8*m+j+1][2*i:], 2)
				}
				w.rows[d[m]][lane] = low | high<<16
			}
		}
	})
}

func part(op []string, i int) string {
	if i < len(op) {
		return op[i]
	}
	return ""
}
