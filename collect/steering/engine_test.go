package steering

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"premlp/collect"
	"premlp/collect/collecttest"
	"premlp/model"
)

// open opens the small model of tests.
func open(t testing.TB) *collect.Loaded {
	t.Helper()
	l, err := collect.OpenModel(collecttest.Model(t, 1))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	return l
}

// randomRuns makes prompts that begin alike, one without a beginning, and several
// runs of each under edits of random rows from block `from` on.
func randomRuns(r *rand.Rand, from int, take func(i int) func([]float32)) ([]*prompt, []run) {
	ids := func(n int) []int32 {
		list := make([]int32, n)
		for i := range list {
			list[i] = int32(r.IntN(collecttest.Vocab))
		}
		return list
	}
	begin := ids(9)
	prompts := []*prompt{{ids: ids(12), own: 0, read: []int{3, 4, 11}}}
	for i := range 3 {
		p := &prompt{ids: append(slices.Clone(begin), ids(8+i)...), own: 9 + i}
		p.read = []int{p.own, len(p.ids) - 1}
		prompts = append(prompts, p)
	}
	prompts = append(prompts, &prompt{ids: append(slices.Clone(begin), ids(4)...), own: 9, read: []int{12}})
	var runs []run
	for round := range 3 {
		for _, p := range prompts {
			v := make([]float32, collecttest.Dim)
			for k := range v {
				v[k] = float32(r.NormFloat64())
			}
			u := run{prompt: p, take: take(len(runs))}
			if round > 0 {
				layer := from + r.IntN(collecttest.Layers-from)
				u.edits = []edit{{model.Point{Site: "mlp_in", Layer: layer}, p.own + 1, len(p.ids), model.Add{Vector: v}}}
			}
			if round > 1 {
				u.edits = append(u.edits, edit{model.Point{Site: "resid_post", Layer: from}, p.own, p.own + 2, model.Add{Vector: v}})
			}
			runs = append(runs, u)
		}
	}
	return prompts, runs
}

// alone computes a run by itself, from its tokens.
func alone(t *testing.T, l *collect.Loaded, r run) []float32 {
	t.Helper()
	s, err := l.Model.Session(model.SessionOptions{Logits: true, Threads: 1})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	var read []int32
	for _, at := range r.read {
		read = append(read, int32(at))
	}
	b := model.Pack([][]int32{r.ids}, [][]int32{read})
	for _, e := range r.edits {
		var rows []int32
		for at := e.from; at < e.to; at++ {
			rows = append(rows, int32(at))
		}
		b.Edits = append(b.Edits, model.Edit{At: e.at, Rows: rows, Change: e.change})
	}
	var logits []float32
	err = s.Run(t.Context(), b, func(_ model.Point, rows model.Rows) error {
		logits = slices.Clone(rows.Data)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return logits
}

// TestRunsAsIfAlone: packed with others, with shared beginnings, and begun at a
// later block, a run has the bits of the same prompt alone under the same edits.
func TestRunsAsIfAlone(t *testing.T) {
	l := open(t)
	for _, budget := range []int{1, 40, 4096} {
		r := rand.New(rand.NewPCG(1, uint64(budget)))
		e := &engine{model: l.Model, threads: 2, budget: budget}
		for from := range collecttest.Layers {
			have := map[int][]float32{}
			got := make(chan func(), 100)
			prompts, runs := randomRuns(r, from, func(i int) func([]float32) {
				return func(x []float32) {
					x = slices.Clone(x)
					got <- func() { have[i] = x }
				}
			})
			if err := e.Close(); err != nil {
				t.Fatal(err)
			}
			e.prompts, e.first = prompts, 0
			for block := range from + 1 { // each step from the last
				if err := e.startAt(t.Context(), block); err != nil {
					t.Fatal(err)
				}
			}
			done := 0
			if err := e.run(t.Context(), runs, func(n int) { done += n }); err != nil || done != len(runs) {
				t.Fatalf("want %d runs, have %d, %v", len(runs), done, err)
			}
			for range runs {
				(<-got)()
			}
			for i, u := range runs {
				if want := alone(t, l, u); !sameBits(want, have[i]) {
					t.Errorf("budget %d, from block %d: run %d: bits differ", budget, from, i)
				}
			}
		}
		e.Close()
	}
}

// sameBits compares values bit by bit.
func sameBits(a, b []float32) bool {
	return slices.EqualFunc(a, b, func(x, y float32) bool { return math.Float32bits(x) == math.Float32bits(y) })
}

// TestBeginningsAreShared counts the rows of a batch.
func TestBeginningsAreShared(t *testing.T) {
	p := &prompt{ids: []int32{1, 2, 3, 4, 5}, own: 3, read: []int{4}}
	q := &prompt{ids: []int32{1, 2, 9, 4, 5}, own: 3, read: []int{4}}
	one := func(int) int { return 0 }
	b := packRuns([]run{{prompt: p}, {prompt: p}, {prompt: q}}, 0, one)
	if b.Tokens() != 2+1+2+2+1+2 || len(b.Sel) != 3 {
		t.Errorf("want the beginning once, then one token and two runs, one and one: have ids %v", b.IDs)
	}
	byLength := func(n int) int { return n }
	longer := &prompt{ids: []int32{1, 2, 3, 4, 5, 6}, own: 3, read: []int{5}}
	if b := packRuns([]run{{prompt: p}, {prompt: longer}}, 0, byLength); b.Tokens() != 11 {
		t.Errorf("prompts whose tokens depend on the length: want nothing shared, have ids %v", b.IDs)
	}
}
