package collect

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"

	"premlp/collect/collecttest"
	"premlp/collect/dataset"
	"premlp/model"
)

// Sharing beginnings changes no bit: random prompts over a few tokens, among
// them equal ones and ones that continue another.
func TestPackTreeSameBits(t *testing.T) {
	l := tiny(t)
	points := []model.Point{{Site: "mlp_in", Layer: 0}, {Site: "resid_post", Layer: 2}}
	s, err := l.Model.Session(model.SessionOptions{Points: points})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	for seed := range uint64(20) {
		r := rand.New(rand.NewPCG(seed, 1))
		prompts, sel := make([][]int32, 1+r.IntN(12)), [][]int32{}
		for i := range prompts {
			for range 1 + r.IntN(40) {
				prompts[i] = append(prompts[i], int32(r.IntN(100)*r.IntN(2)*r.IntN(2)))
			}
			if i > 0 && r.IntN(2) == 0 { // continue or repeat another
				other := prompts[r.IntN(i)]
				prompts[i] = append(slices.Clone(other), prompts[i][:r.IntN(2)*len(prompts[i])]...)
				prompts[i] = prompts[i][:min(len(prompts[i]), collecttest.Context)]
			}
			var rows []int32
			for p := range prompts[i] {
				if r.IntN(3) == 0 {
					rows = append(rows, int32(p))
				}
			}
			sel = append(sel, rows)
		}
		each, tree := rowsOf(t, s, packEach(prompts, sel)), rowsOf(t, s, packTree(prompts, sel, oneKind))
		if !slices.EqualFunc(each, tree, sameBits) {
			t.Fatalf("seed %d: want the bits of prompts packed one by one", seed)
		}
	}
}

// rowsOf computes a batch and returns all rows, prompt by prompt.
func rowsOf(t *testing.T, s *model.Session, p *packed) []float32 {
	t.Helper()
	byPrompt := make([][]float32, len(p.rows))
	err := s.Run(t.Context(), p.Batch, func(_ model.Point, rows model.Rows) error {
		for i, index := range p.rows {
			for _, k := range index {
				byPrompt[i] = append(byPrompt[i], rows.Data[int(k)*rows.Dim:int(k+1)*rows.Dim]...)
				byPrompt[i] = append(byPrompt[i], rows.Stats[int(k)*rows.StatsPerRow:int(k+1)*rows.StatsPerRow]...)
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return slices.Concat(byPrompt...)
}

func TestPackTree(t *testing.T) {
	p := packTree([][]int32{{1, 2, 3, 4}, {1, 2, 5}, {1, 2}, {9}, {1, 2, 3, 7}}, [][]int32{{1, 3}, {1, 2}, {0}, {0}, {2}}, oneKind)
	if want := []int32{1, 2, 3, 4, 7, 5, 9}; !slices.Equal(p.IDs, want) {
		t.Errorf("ids: want %v, have %v", want, p.IDs)
	}
	if want := []int32{-1, 0, 1, 1, 0, -1}; !slices.Equal(p.Parent, want) {
		t.Errorf("parents: want %v, have %v", want, p.Parent)
	}
	if want := []int32{0, 1, 2, 3, 4, 5, 6}; !slices.Equal(p.Sel, want) && !slices.Equal(p.Sel, []int32{0, 1, 2, 3, 5, 6}) {
		t.Errorf("selected: have %v", p.Sel)
	}
	var ids [][]int32
	for _, index := range p.rows {
		var list []int32
		for _, k := range index {
			list = append(list, p.IDs[p.Sel[k]])
		}
		ids = append(ids, list)
	}
	if want := "[[2 4] [2 5] [1] [9] [3]]"; fmt.Sprint(ids) != want {
		t.Errorf("rows: want tokens %s, have %v", want, ids)
	}
}

// Batches hold no more rows than fit, but always one question.
func TestCut(t *testing.T) {
	q := func(tokens, rows int) dataset.Question {
		return dataset.Question{IDs: make([]int32, tokens), Rows: make([]int32, rows)}
	}
	raw := dataset.NewRaw(&dataset.Manifest{Layers: make([]int, 32), Sites: []string{"mlp_in"}, Dim: 4096, DType: dataset.F32})
	for _, c := range []struct {
		questions []dataset.Question
		tokens    int
		want      []int // questions of each unit
	}{
		{[]dataset.Question{q(10, 1), q(10, 1), q(10, 1)}, 20, []int{2, 1}},
		{[]dataset.Question{q(10, 1), q(10, 1), q(10, 1)}, 30, []int{3}},
		{[]dataset.Question{q(10, 1), q(10, 1), q(10, 1)}, 0, []int{3}},
		{[]dataset.Question{q(50, 1), q(10, 1)}, 20, []int{1, 1}},
		{[]dataset.Question{q(50, 1000), q(10, 1)}, 4096, []int{1, 1}},
		{[]dataset.Question{q(50, 50), q(10, 50), q(10, 50), q(10, 50), q(10, 50)}, 4096, []int{2, 2, 1}},
	} {
		for first := range 2 { // a question before them changes nothing
			questions := append(make([]dataset.Question, first), c.questions...)
			ask := func(i int) (*dataset.Question, error) { return &questions[i], nil }
			var have []int
			at := first
			for u, err := range Cut(first, len(questions), ask, raw, Limits{c.tokens, 64 << 20}) {
				if err != nil || u.First != at {
					t.Fatalf("want a unit from %d on, have %s, %v", at, u, err)
				}
				have, at = append(have, u.Len()), u.End
			}
			if !slices.Equal(have, c.want) {
				t.Errorf("%d questions, %d tokens: want %v, have %v", len(c.questions), c.tokens, c.want, have)
			}
		}
	}
}

// Raw forms lie beside each other in one array, which is never longer than the
// largest unit's.
func TestMadeReset(t *testing.T) {
	var m Made
	for _, sizes := range [][]int64{{30, 10}, {10, 30}, {10}, {20, 10, 10}} {
		m.Reset(Unit{0, len(sizes)}, sizes)
		if len(m.Raw) != len(sizes) || cap(m.memory) != 40 {
			t.Errorf("%v: want %d pieces of 40 bytes, have %d of %d", sizes, len(sizes), len(m.Raw), cap(m.memory))
		}
		for i, size := range sizes {
			if have := m.Raw[i]; int64(len(have)) != size || int64(cap(have)) != size {
				t.Errorf("%v: piece %d: want %d bytes, have %d of %d", sizes, i, size, len(have), cap(have))
			}
		}
	}
}

// oneKind is the promptKind of models whose rows do not depend on a prompt's
// length.
func oneKind(int) int { return 0 }

func TestPackTreeKeepsKindsApart(t *testing.T) {
	long := func(length int) int { return length / 4 }
	p := packTree([][]int32{{1, 2}, {1, 2, 3, 4}, {1, 2, 3}, {1, 2, 3, 5}}, [][]int32{{0}, {0}, {0}, {0}}, long)
	if want := []int32{1, 2, 3, 1, 2, 3, 4, 5}; !slices.Equal(p.IDs, want) {
		t.Errorf("want %v, have %v", want, p.IDs)
	}
}
