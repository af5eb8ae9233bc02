package layers

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"
)

// cached compiles the small model with a cache.
func cached(t *testing.T, rows int) *Machine {
	t.Helper()
	m, err := small(checkpoint().open(t)).Machine(MachineOptions{
		Points: []Point{{Site: Logits}}, Threads: 2, Vocab: testVocab, Context: 64, Cache: Cache{Rows: rows, Sequences: 4},
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { m.Close() })
	return m
}

// step is a batch of one segment: ids from a position on, in rows of the cache.
func step(first int, ids []int32, keys ...[2]int) *Batch {
	b := Pack([][]int32{ids}, nil)
	for i := range b.Pos {
		b.Pos[i] += int32(first)
	}
	b.Keys = [][][2]int{keys}
	return b
}

func TestCachedRunsEqualOneRun(t *testing.T) {
	m, ids := cached(t, 40), tokens(20)
	whole := map[Point][]float32{}
	if err := m.Run(t.Context(), Pack([][]int32{ids}, nil), collect(whole)); err != nil {
		t.Fatal(err)
	}
	var parts []float32
	for _, b := range []*Batch{
		step(0, ids[:9], [2]int{30, 39}),
		step(9, ids[9:10], [2]int{30, 39}, [2]int{0, 1}),
		step(10, ids[10:], [2]int{30, 39}, [2]int{0, 1}, [2]int{39, 40}, [2]int{5, 14}),
	} {
		got := map[Point][]float32{}
		if err := m.Run(t.Context(), b, collect(got)); err != nil {
			t.Fatal(err)
		}
		parts = append(parts, got[Point{Site: Logits}]...)
	}
	if !slices.Equal(parts, whole[Point{Site: Logits}]) {
		t.Error("logits of three runs with a cache differ from those of one without")
	}
}

func TestCacheRowsAreChecked(t *testing.T) {
	two := func(keys ...[][2]int) *Batch {
		b := Pack([][]int32{{1}, {2}}, nil)
		b.Keys = keys
		return b
	}
	family := step(3, tokens(1), [2]int{0, 4})
	family.Parent = []int32{-1}
	for name, c := range map[string]struct {
		batch *Batch
		want  string
	}{
		"past the end":      {step(0, tokens(2), [2]int{39, 41}), "segment 0: cache rows: want a range within [0, 40), have [39, 41)"},
		"negative":          {step(0, tokens(2), [2]int{-1, 1}), "have [-1, 1)"},
		"empty range":       {step(3, tokens(1), [2]int{0, 3}, [2]int{4, 4}, [2]int{3, 4}), "have [4, 4)"},
		"too few":           {step(0, tokens(5), [2]int{0, 4}), "want a cache row for each of 5 tokens, have 4"},
		"position gap":      {step(4, tokens(1), [2]int{0, 4}), "token 0: want position 3, have 4"},
		"position again":    {step(2, tokens(1), [2]int{0, 4}), "token 0: want position 3, have 2"},
		"row of nobody":     {step(4, tokens(1), [2]int{0, 3}, [2]int{7, 9}), "cache row 7: want the token at position 3, have none"},
		"row of another":    {step(3, tokens(1), [2]int{1, 4}, [2]int{9, 10}), "cache row 1: want the token at position 0, have the one at 1"},
		"row twice":         {step(4, tokens(1), [2]int{0, 3}, [2]int{2, 3}, [2]int{9, 10}), "cache row 2: want the token at position 3, have the one at 2"},
		"two in one row":    {two([][2]int{{5, 6}}, [][2]int{{5, 6}}), "segment 1: cache row 5: want one token of the batch put into it, have two"},
		"own row read":      {step(3, tokens(1), [2]int{0, 3}, [2]int{0, 1}), "cache row 0: want the token at position 0, have the one at 3"},
		"a segment without": {two([][2]int{{5, 6}}), "want cache rows for each of 2 segments, have 1"},
		"parents too":       {family, "want parents or cache rows, have both"},
		"too long":          {step(0, tokens(65), [2]int{0, 40}, [2]int{0, 25}), "at most 64 tokens of context"},
		"no tokens":         {&Batch{IDs: []int32{1}, Pos: []int32{0}, Cu: []int32{0, 0, 1}, Keys: [][][2]int{{{0, 1}}, {{1, 2}}}}, "segment 0: want at least one token"},
	} {
		m := cached(t, 40)
		if err := m.Run(t.Context(), step(0, tokens(3), [2]int{0, 3}), nil); err != nil {
			t.Fatal(err)
		}
		if err := m.Run(t.Context(), c.batch, nil); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: want %q, have %v", name, c.want, err)
		}
		if err := m.Run(t.Context(), step(3, tokens(1), [2]int{0, 4}), nil); err != nil {
			t.Errorf("%s: a right batch after it: %v", name, err)
		}
	}
	without := machine(t, small(checkpoint().open(t)), []Point{{Site: Logits}}, nil)
	if err := without.Run(t.Context(), step(0, tokens(3), [2]int{0, 3}), nil); err == nil || !strings.Contains(err.Error(), "want a machine with a cache") {
		t.Errorf("no cache: have %v", err)
	}
}

// TestCacheAfterAFailedRun: its rows hold nothing, those of earlier runs stay.
func TestCacheAfterAFailedRun(t *testing.T) {
	m, broken := cached(t, 40), errors.New("broken")
	if err := m.Run(t.Context(), step(0, tokens(3), [2]int{0, 3}), nil); err != nil {
		t.Fatal(err)
	}
	fail := func(Point, Rows) error { return broken }
	if err := m.Run(t.Context(), step(3, tokens(2), [2]int{0, 5}), fail); !errors.Is(err, broken) {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := m.Run(ctx, step(0, tokens(1), [2]int{2, 3}), nil); !errors.Is(err, context.Canceled) {
		t.Fatal(err)
	}
	for _, b := range []*Batch{step(5, tokens(1), [2]int{0, 6}), step(3, tokens(1), [2]int{0, 4})} {
		if err := m.Run(t.Context(), b, nil); err == nil || !strings.Contains(err.Error(), "have none") {
			t.Errorf("a row of a failed run: want an error, have %v", err)
		}
	}
	if err := m.Run(t.Context(), step(2, tokens(1), [2]int{0, 3}), nil); err != nil {
		t.Errorf("rows of an earlier run: %v", err)
	}
}

func TestCacheSize(t *testing.T) {
	g := func() *Graph { return small(checkpoint().open(t)) }
	o := MachineOptions{Points: []Point{{Site: Logits}}, Vocab: testVocab, Context: 64}
	for _, c := range []struct {
		cache Cache
		want  string
	}{
		{Cache{Rows: 64}, ""},
		{Cache{Rows: 65}, "cache: want at most 64 rows, a context for each of 1 sequences, have 65"},
		{Cache{Rows: 192, Sequences: 3}, ""},
		{Cache{Rows: 193, Sequences: 3}, "want at most 192 rows"},
		{Cache{Rows: -1}, "want no negative number"},
	} {
		o.Cache = c.cache
		m, err := g().Machine(o)
		if c.want != "" {
			if err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("%+v: want %q, have %v", c.cache, c.want, err)
			}
			continue
		}
		if err != nil {
			t.Fatal(err)
		}
		// Keys and values of every layer, and what tiles are rounded up to.
		floor := int64(c.cache.Rows * testLayers * 2 * testKV * testDim / testHeads * 4)
		if have := m.Footprint().Cache; have < floor || have > 4*floor {
			t.Errorf("%+v: footprint: want about %d bytes, have %d", c.cache, floor, have)
		}
		m.Close()
	}
	// A pass that ends before the last attention keeps nothing for it.
	o.Points, o.Cache = []Point{{MLPIn, 0}}, Cache{Rows: 64}
	m, err := g().Machine(o)
	if err != nil {
		t.Fatal(err)
	}
	defer m.Close()
	if have := m.Footprint().Cache; have > 4*64*2*testKV*testDim/testHeads*4 {
		t.Errorf("one layer: footprint: have %d bytes", have)
	}
}
