package ptx

import (
	"bytes"
	"strconv"
	"strings"
)

// reading is a factor that an asynchronous product of a warpgroup may still read:
// where it is in shared memory, and what was there as the product began.
type reading struct {
	group int32
	at    int64
	data  []byte
}

// warpgroup compiles wgmma's instructions: fence, commit_group, wait_group and
// mma_async. A warp of the four computes its own 16 rows.
func (c *compiler) warpgroup(s *statement, op []string) error {
	if len(op) < 4 || op[2] != "sync" || op[3] != "aligned" {
		return wrong(s.line, "%s: not an instruction of warpgroups that is known here", s.opcode)
	}
	switch op[1] {
	case "fence":
		return c.together(func(w *warp, in *instr, mask uint32) { w.whole(in, mask) })
	case "commit_group":
		return c.together(func(w *warp, in *instr, mask uint32) {
			w.whole(in, mask)
			w.productGroups++
		})
	case "wait_group":
		if len(s.operands) != 1 || s.operands[0].kind != opNumber || s.operands[0].value > 7 {
			return wrong(s.line, "%s: want a number of groups", s.opcode)
		}
		most := int32(s.operands[0].value)
		return c.together(func(w *warp, in *instr, mask uint32) {
			w.whole(in, mask)
			w.waitProducts(in, most)
		})
	case "mma_async":
		return c.productAsync(s, op)
	}
	return wrong(s.line, "%s: not an instruction of warpgroups that is known here", s.opcode)
}

// whole faults if lanes of the warp are missing.
func (w *warp) whole(in *instr, mask uint32) {
	if mask != 1<<lanes-1 {
		w.fault(in, firstLane(mask), "want all 32 lanes of a warp, have %#x", mask)
	}
}

// waitProducts ends the products of all groups but the last: what they read has to be
// what it was.
func (w *warp) waitProducts(in *instr, most int32) {
	kept := w.readings[:0]
	for _, r := range w.readings {
		if r.group >= w.productGroups-most {
			kept = append(kept, r)
		} else if !bytes.Equal(r.data, w.block.shared[r.at:][:len(r.data)]) {
			w.fault(in, 0, "shared memory at %#x was written while a product could still read it", r.at)
		}
	}
	w.readings = kept
}

// productAsync compiles wgmma.mma_async.sync.aligned.m64n256k16.f32.bf16.bf16 d, a, b,
// scale, 1, 1, 0, 0, both factors in shared memory.
func (c *compiler) productAsync(s *statement, op []string) error {
	n, kind := 0, ""
	if len(op) == 8 && op[5] == "f32" {
		columns, k, _ := strings.Cut(strings.TrimPrefix(op[4], "m64n"), "k")
		n, _ = strconv.Atoi(columns)
		kind = k + "." + op[6] + "." + op[7]
	}
	last := map[string]int{"16.bf16.bf16": 8, "8.tf32.tf32": 6}[kind]
	if n < 8 || n > 256 || n%8 != 0 || len(s.operands) != last {
		return wrong(s.line, "%s: not a product that is known here", s.opcode)
	}
	for i, want := range []uint64{1, 1, 0, 0}[:last-4] {
		if o := s.operands[4+i]; o.kind != opNumber || o.value != want {
			return wrong(s.line, "%s: operand %d: want %d", s.opcode, 5+i, want)
		}
	}
	d, err := c.fragment(s.operands[0], n/2, c.destination)
	if err != nil {
		return err
	}
	a, err := c.from(s.operands[1], "b64")
	if err != nil {
		return err
	}
	b, err := c.from(s.operands[2], "b64")
	if err != nil {
		return err
	}
	scale, err := c.from(s.operands[3], "pred")
	if err != nil {
		return err
	}
	c.k.granule = min(c.k.granule, 4)
	return c.together(func(w *warp, in *instr, mask uint32) {
		w.whole(in, mask)
		w.productOfGroup(in, op[6], n, d, w.rows[a][0], w.rows[b][0], w.rows[scale][0]&1 != 0)
	})
}

// productOfGroup adds a step of 32 bytes along k to d: 16 rows of the warp's.
func (w *warp) productOfGroup(in *instr, typ string, n int, d []int32, a, b uint64, add bool) {
	x := w.factor(in, typ, a, w.index%4*matrixM, matrixM)
	y := w.factor(in, typ, b, 0, n)
	for lane := range lanes {
		for i := range d {
			row, col := accumulatorAt(lane, i%4)
			col += i / 4 * matrixN
			var sum float64
			if add {
				sum = float64(f32(w.rows[d[i]][lane]))
			}
			for k, v := range x[row] {
				sum += v * y[col][k]
			}
			w.rows[d[i]][lane] = bits32(float32(sum))
		}
	}
}

// factor reads rows of a factor: 32 bytes each, of rows that a descriptor gives, which
// are of 128 bytes with the chunks of 16 swizzled.
func (w *warp) factor(in *instr, typ string, descriptor uint64, first, rows int) [][]float64 {
	start, stride := int64(descriptor&0x3fff)<<4, int64(descriptor>>32&0x3fff)<<4
	if mode, base := descriptor>>62, descriptor>>49&7; mode != 1 || base != 0 {
		w.fault(in, 0, "want a descriptor of rows swizzled in 128 bytes, have %#x", descriptor)
	}
	out := make([][]float64, rows)
	for i := range rows {
		for chunk := range int64(2) {
			r := int64(first + i)
			at := start + r/8*stride + r%8*128 + chunk*16
			at ^= at >> 3 & 0x70
			if at+16 > int64(len(w.block.shared)) {
				w.fault(in, 0, "reads 16 bytes at %#x of %d bytes of shared memory", at, len(w.block.shared))
			}
			if w.block.races != nil {
				w.block.races.check(w, in, 0, at, 16, touchRead)
			}
			data := bytes.Clone(w.block.shared[at:][:16])
			w.readings = append(w.readings, reading{w.productGroups, at, data})
			out[i] = append(out[i], chunkValues(typ, data)...)
		}
	}
	return out
}

// chunkValues reads 16 bytes of bf16 or tf32.
func chunkValues(typ string, data []byte) []float64 {
	var out []float64
	if typ == "bf16" {
		for i := 0; i < len(data); i += 2 {
			out = append(out, bfloatToFloat(get(data[i:], 2)))
		}
		return out
	}
	for i := 0; i < len(data); i += 4 {
		out = append(out, float64(f32(get(data[i:], 4)&^0x1fff)))
	}
	return out
}
