package model

import (
	"context"
	"fmt"
	"math"
	"math/rand/v2"
	"path/filepath"
	"testing"

	"premlp/layers"
)

// allPoints lists every block site of every layer.
func allPoints(m *Model) []Point {
	var points []Point
	for layer := range m.Config().Layers {
		for _, s := range m.Sites() {
			points = append(points, Point{Site: s, Layer: layer})
		}
	}
	return points
}

// capture runs a batch and returns a copy of every point's rows and statistics.
func capture(t *testing.T, s *Session, b *Batch) map[Point]Rows {
	t.Helper()
	got := map[Point]Rows{}
	err := s.Run(context.Background(), b, func(p Point, rows Rows) error {
		rows.Data = append([]float32(nil), rows.Data...)
		rows.Stats = append([]float32(nil), rows.Stats...)
		got[p] = rows
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return got
}

// session makes a session on all points and the logits.
func session(t *testing.T, m *Model, threads int) *Session {
	t.Helper()
	s, err := m.Session(SessionOptions{Points: allPoints(m), Logits: true, Threads: threads})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	return s
}

// sameRows fails where rows [from, from+n) of have differ in a bit from want.
func sameRows(t *testing.T, what string, want, have map[Point]Rows, from int) {
	t.Helper()
	for p, w := range want {
		h := have[p]
		if !equalBits(w.Data, h.Data[from*h.Dim:from*h.Dim+len(w.Data)]) {
			t.Fatalf("%s: %s: bits differ", what, p)
		}
		if !equalBits(w.Stats, h.Stats[from*h.StatsPerRow:from*h.StatsPerRow+len(w.Stats)]) {
			t.Fatalf("%s: %s: bits of the statistics differ", what, p)
		}
	}
}

// equalBits compares two slices bit by bit.
func equalBits(a, b []float32) bool {
	if len(a) != len(b) {
		return false
	}
	for i := range a {
		if math.Float32bits(a[i]) != math.Float32bits(b[i]) {
			return false
		}
	}
	return true
}

// prompts returns n prompts of random tokens and lengths 1 to 90.
func prompts(r *rand.Rand, n, vocab int) [][]int32 {
	out := make([][]int32, n)
	for i := range out {
		out[i] = make([]int32, 1+r.IntN(90))
		for j := range out[i] {
			out[i][j] = int32(r.IntN(vocab))
		}
	}
	return out
}

// TestSameBitsInAnyCompany holds a prompt's rows, computed alone in a new
// machine, against the same prompt packed with 40 others in several orders, on
// 1 and 2 threads, in machines used before for batches of other lengths.
func TestSameBitsInAnyCompany(t *testing.T) {
	for _, dir := range fewVariants(t) {
		t.Run(filepath.Base(dir), func(t *testing.T) {
			m := open(t, dir)
			r := rand.New(rand.NewPCG(11, 12))
			all := prompts(r, 41, m.Config().Vocab)
			alone := make([]map[Point]Rows, len(all))
			for i, p := range all[:3] {
				alone[i] = capture(t, session(t, m, 1), Pack([][]int32{p}, nil))
			}
			rounds := 4
			if slow() {
				rounds = 1
			}
			for threads := 1; threads <= 2; threads++ {
				used := session(t, m, threads)
				for round := range rounds {
					order := r.Perm(len(all))
					packed, first := make([][]int32, len(all)), make([]int, len(all))
					at := 0
					for place, i := range order {
						packed[place], first[i] = all[i], at
						at += len(all[i])
					}
					have := capture(t, used, Pack(packed, nil))
					for i := range 3 {
						sameRows(t, fmt.Sprintf("%d threads, round %d, prompt %d", threads, round, i), alone[i], have, first[i])
					}
					capture(t, used, Pack([][]int32{all[r.IntN(len(all))]}, nil)) // another length in between
				}
			}
		})
	}
}

// TestSameBitsWithSharedPrefix holds prompts that begin alike, run as a tree,
// against each prompt alone.
func TestSameBitsWithSharedPrefix(t *testing.T) {
	for _, dir := range fewVariants(t) {
		t.Run(filepath.Base(dir), func(t *testing.T) {
			m := open(t, dir)
			r := rand.New(rand.NewPCG(13, 14))
			parts := prompts(r, 4, m.Config().Vocab)
			// Parts 1 and 2 continue part 0, part 3 continues part 2.
			tree := &Batch{Cu: []int32{0}, Parent: []int32{-1, 0, 0, 2}}
			starts := []int{0, len(parts[0]), len(parts[0]), len(parts[0]) + len(parts[2])}
			for i, part := range parts {
				for j, id := range part {
					tree.Sel = append(tree.Sel, int32(len(tree.IDs)))
					tree.IDs = append(tree.IDs, id)
					tree.Pos = append(tree.Pos, int32(starts[i]+j))
				}
				tree.Cu = append(tree.Cu, int32(len(tree.IDs)))
			}
			s := session(t, m, 2)
			shared := capture(t, s, tree)
			for _, path := range [][]int{{0, 1}, {0, 2, 3}} {
				var ids []int32
				for _, i := range path {
					ids = append(ids, parts[i]...)
				}
				alone := capture(t, s, Pack([][]int32{ids}, nil))
				at := 0
				for _, i := range path {
					piece := map[Point]Rows{}
					for p, rows := range alone {
						n := len(parts[i])
						piece[p] = Rows{
							Dim: rows.Dim, Data: rows.Data[at*rows.Dim : (at+n)*rows.Dim],
							StatsPerRow: rows.StatsPerRow, Stats: rows.Stats[at*rows.StatsPerRow : (at+n)*rows.StatsPerRow],
						}
					}
					sameRows(t, fmt.Sprintf("path %v, part %d", path, i), piece, shared, int(tree.Cu[i]))
					at += len(parts[i])
				}
			}
		})
	}
}

// TestSelectedRows holds the rows of a selection against those of a run that
// reads every row, and a pass that ends early against the whole one.
func TestSelectedRows(t *testing.T) {
	m := open(t, filepath.Join("testdata", "arch", "llama"))
	r := rand.New(rand.NewPCG(15, 16))
	two := prompts(r, 2, m.Config().Vocab)
	all := capture(t, session(t, m, 2), Pack(two, nil))
	last := int32(len(two[1]) - 1)
	some := Pack(two, [][]int32{{0}, {last}})
	have := capture(t, session(t, m, 2), some)
	for p, rows := range have {
		for i, row := range some.Sel {
			want := all[p].Data[int(row)*rows.Dim : (int(row)+1)*rows.Dim]
			if !equalBits(want, rows.Data[i*rows.Dim:(i+1)*rows.Dim]) {
				t.Errorf("%s: row %d: bits differ", p, row)
			}
		}
	}
	early := Point{Site: layers.MLPIn, Layer: 1}
	s, err := m.Session(SessionOptions{Points: []Point{early}})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	short := capture(t, s, some)
	if len(short) != 1 || !equalBits(short[early].Data, have[early].Data) {
		t.Errorf("a pass that ends at %s: bits differ", early)
	}
}
