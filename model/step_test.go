package model

import (
	"math/rand/v2"
	"path/filepath"
	"slices"
	"testing"

	"premlp/layers"
)

// stepper makes a session whose values all stay.
func stepper(t *testing.T, m *Model) *Session {
	t.Helper()
	s, err := m.Session(SessionOptions{Logits: true, KeepAll: true, Threads: 2})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	return s
}

// values reads every op of a finished run that is a point.
func values(t *testing.T, s *Session) map[Point]Rows {
	t.Helper()
	have := map[Point]Rows{}
	for _, o := range s.Ops() {
		v, err := s.ValueOf(o)
		if err != nil {
			t.Fatal(err)
		}
		for _, p := range s.PointsOf(o) {
			have[p] = Rows{Data: slices.Clone(v.Data), Dim: v.Cols}
		}
	}
	return have
}

// samePoints fails where a point's values differ in a bit, or one is missing.
func samePoints(t *testing.T, what string, want, have map[Point]Rows) {
	t.Helper()
	for p, rows := range want {
		if _, ok := have[p]; !ok {
			t.Fatalf("%s: %s: no op's value", what, p)
		}
		rows.Stats = nil
		sameRows(t, what, map[Point]Rows{p: rows}, have, 0)
	}
}

// A run stepped op by op has the bits of a run in one go, at every site.
func TestStep(t *testing.T) {
	for _, dir := range fewVariants(t) {
		t.Run(filepath.Base(dir), func(t *testing.T) {
			m := open(t, dir)
			b := Pack(prompts(rand.New(rand.NewPCG(41, 42)), 2, m.Config().Vocab), nil)
			want := capture(t, session(t, m, 2), b)
			s := stepper(t, m)
			if err := s.Begin(b); err != nil {
				t.Fatal(err)
			}
			for i, due := range s.Ops() {
				if o, err := s.Step(t.Context()); err != nil || o != due {
					t.Fatalf("step %d: want %v, have %v, %v", i, due, o, err)
				}
			}
			if o, err := s.Step(t.Context()); o != nil || err != nil {
				t.Fatalf("at the end: have %v, %v", o, err)
			}
			samePoints(t, "stepped", want, values(t, s))
		})
	}
}

// A patch of a paused run has the bits of a run into which the edit is built.
func TestPatchIsEdit(t *testing.T) {
	for _, dir := range fewVariants(t) {
		t.Run(filepath.Base(dir), func(t *testing.T) {
			m, r := open(t, dir), rand.New(rand.NewPCG(43, 44))
			b := Pack(prompts(r, 2, m.Config().Vocab), nil)
			plain, s := session(t, m, 2), stepper(t, m)
			for _, p := range editPoints(m) {
				rows := []int32{int32(r.IntN(b.Tokens()))}
				for _, change := range []Change{
					Add{Vector: editVector(m, r)}, Replace{Rows: editVector(m, r)}, Replace{Rows: make([]float32, m.Config().Dim)},
				} {
					want := edited(t, plain, b, Edit{At: p, Rows: rows, Change: change})
					if err := s.Begin(b); err != nil {
						t.Fatal(err)
					}
					o, err := s.Continue(t.Context(), func(o *Op, _ Mat) bool { return slices.Contains(s.PointsOf(o), p) })
					if err != nil || o == nil {
						t.Fatalf("%s: have %v, %v", p, o, err)
					}
					if err := s.Patch(o, rows, change); err != nil {
						t.Fatalf("%s: %v", p, err)
					}
					if _, err := s.Continue(t.Context(), nil); err != nil {
						t.Fatal(err)
					}
					samePoints(t, p.String(), want, values(t, s))
				}
			}
		})
	}
}

// The lens on the last block's stream gives the model's own logits.
func TestLens(t *testing.T) {
	for _, dir := range fewVariants(t) {
		t.Run(filepath.Base(dir), func(t *testing.T) {
			m := open(t, dir)
			b := Pack(prompts(rand.New(rand.NewPCG(45, 46)), 2, m.Config().Vocab), nil)
			whole := capture(t, session(t, m, 2), b)
			lens, err := m.Lens(2)
			if err != nil {
				t.Fatal(err)
			}
			defer lens.Close()
			b.Given = whole[Point{Site: layers.ResidPost, Layer: m.Config().Layers - 1}].Data
			logits := Point{Site: layers.Logits}
			sameRows(t, "lens", map[Point]Rows{logits: whole[logits]}, capture(t, lens, b), 0)
		})
	}
}
