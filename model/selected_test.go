package model

import (
	"fmt"
	"math/rand/v2"
	"path/filepath"
	"testing"
)

// TestSelectedRowsSameBits compares the rows of a session that computes only
// the selected rows of its last block with those of one that keeps all.
func TestSelectedRowsSameBits(t *testing.T) {
	for _, dir := range fewVariants(t) {
		t.Run(filepath.Base(dir), func(t *testing.T) {
			m, err := Open(dir)
			if err != nil {
				t.Fatal(err)
			}
			defer m.Close()
			for last := range m.Config().Layers {
				for _, site := range m.Sites() {
					p := Point{Site: site, Layer: last}
					compareSelected(t, m, p, rand.New(rand.NewPCG(uint64(last), 7)))
				}
			}
		})
	}
}

// compareSelected runs a tree of segments up to p, for several selections.
func compareSelected(t *testing.T, m *Model, p Point, r *rand.Rand) {
	whole, err := m.Session(SessionOptions{Points: []Point{p}, Keep: []Point{p}, Threads: 2})
	if err != nil {
		t.Fatal(err)
	}
	defer whole.Close()
	some, err := m.Session(SessionOptions{Points: []Point{p}, Threads: 2})
	if err != nil {
		t.Fatal(err)
	}
	defer some.Close()
	b := &Batch{Cu: []int32{0, 17, 20, 33, 34}, Parent: []int32{-1, 0, 0, 2}}
	for i := range b.Cu[4] {
		b.IDs = append(b.IDs, int32(r.IntN(m.Config().Vocab)))
		b.Pos = append(b.Pos, i)
		if i >= b.Cu[2] {
			b.Pos[i] = i - 3 // the third segment follows the first
		}
	}
	for _, b.Sel = range [][]int32{{33}, {0}, {0, 1, 2, 16, 17, 19, 20, 21, 31, 33}, {5, 18, 30, 31, 32}, span(0, 34)} {
		what := fmt.Sprintf("%s of rows %v", p, b.Sel)
		sameRows(t, what, capture(t, whole, b), capture(t, some, b), 0)
	}
}

// span lists the rows [from, to).
func span(from, to int32) []int32 {
	var rows []int32
	for i := from; i < to; i++ {
		rows = append(rows, i)
	}
	return rows
}
