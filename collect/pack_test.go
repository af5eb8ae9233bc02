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
func TestBatchFill(t *testing.T) {
	q := func(tokens, rows int) dataset.Question {
		return dataset.Question{IDs: make([]int32, tokens), Rows: make([]int32, rows)}
	}
	b := &batch{layers: make([]int, 32), sites: []string{"mlp_in"}, dim: 4096, maxBytes: 64 << 20}
	for _, c := range []struct {
		questions []dataset.Question
		tokens    int
		want      int
	}{
		{[]dataset.Question{q(10, 1), q(10, 1), q(10, 1)}, 20, 2},
		{[]dataset.Question{q(10, 1), q(10, 1), q(10, 1)}, 30, 3},
		{[]dataset.Question{q(50, 1), q(10, 1)}, 20, 1},
		{[]dataset.Question{q(50, 1000), q(10, 1)}, 4096, 1},
		{[]dataset.Question{q(50, 50), q(10, 50), q(10, 50), q(10, 50), q(10, 50)}, 4096, 2},
	} {
		for first := range 2 { // a question before them changes nothing
			questions := append(make([]dataset.Question, first), c.questions...)
			b.maxTokens = c.tokens
			err := b.fill(first, len(questions), func(i int) (*dataset.Question, error) { return &questions[i], nil })
			if err != nil || len(b.questions) != c.want || b.questions[0] != &questions[first] {
				t.Errorf("%d questions, %d tokens: want %d, have %d, %v", len(c.questions), c.tokens, c.want, len(b.questions), err)
			}
		}
	}
}

// Blocks lie beside each other in one array, which is never longer than the
// largest batch's.
func TestBatchReset(t *testing.T) {
	b := &batch{layers: make([]int, 2), sites: []string{"mlp_in", "resid_post"}, dim: 4, stats: map[string]int{"mlp_in": 1}}
	for _, rows := range [][]int{{3, 1}, {1, 3}, {1}, {2, 1, 1}} {
		b.questions = nil
		for _, n := range rows {
			b.questions = append(b.questions, &dataset.Question{Rows: make([]int32, n)})
		}
		b.reset()
		for i, q := range b.questions {
			for site, stats := range map[string]int{"mlp_in": 1, "resid_post": 0} {
				block, n := b.blocks[i][site], 2*len(q.Rows)
				if len(block.Data) != 4*n || cap(block.Data) != 4*n || len(block.Stats) != stats*n {
					t.Errorf("%v: question %d: %s: want %d and %d values, have %d and %d", rows, i, site, 4*n, stats*n, len(block.Data), len(block.Stats))
				}
			}
		}
		if want := 2 * 4 * 9; len(b.values) != want {
			t.Errorf("%v: want %d values held, have %d", rows, want, len(b.values))
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
