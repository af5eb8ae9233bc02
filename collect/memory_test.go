package collect

import (
	"context"
	"fmt"
	"runtime"
	"testing"

	"premlp/model"
)

// constant is a runner that computes nothing.
type constant struct {
	points []model.Point
	dim    int
	stats  func(model.Point) int
}

func (c constant) Run(ctx context.Context, b *model.Batch, sink model.Sink) error {
	for _, p := range c.points {
		if err := ctx.Err(); err != nil {
			return err
		}
		s := c.stats(p)
		rows := model.Rows{Data: make([]float32, len(b.Sel)*c.dim), Dim: c.dim, Stats: make([]float32, len(b.Sel)*s), StatsPerRow: s}
		if err := sink(p, rows); err != nil {
			return err
		}
	}
	return nil
}

// watch is a context that looks, each so many times it is asked, at how much
// memory is in use. Everything here that goes over questions asks it.
type watch struct {
	context.Context
	asked int
	peak  int64
}

func (w *watch) Err() error {
	if w.asked++; w.asked%100 == 0 {
		var m runtime.MemStats
		runtime.GC()
		runtime.ReadMemStats(&m)
		w.peak = max(w.peak, int64(m.HeapAlloc))
	}
	return w.Context.Err()
}

// A question costs its id, its places and its checksums while it is planned,
// computed, written and verified: not its text, tokens and spans, which are more
// than 2 kB here.
func TestMemoryPerQuestion(t *testing.T) {
	l := tiny(t)
	heap := func(controls int) int64 {
		j := Job{Target: "France", Templates: SeedTemplates, Chat: l.Chat}
		for i := range controls {
			j.Controls = append(j.Controls, fmt.Sprint("Land", i))
		}
		o := everything(t, l)
		o.Sites, o.BatchTokens = o.Sites[2:3], 500
		w := &watch{Context: t.Context()}
		p, err := Prepare(w, l, j, o)
		if err != nil {
			t.Fatal(err)
		}
		defer p.Close()
		p.runners[0] = constant{p.points, p.Manifest.Dim, p.session.StatsPerRow}
		if _, err := p.Run(w, nil, nil); err != nil {
			t.Fatal(err)
		}
		if v, err := Verify(w, o.Dir, VerifyOptions{Model: l}); err != nil || !v.OK {
			t.Fatal(v, err)
		}
		return w.peak
	}
	const few, many = 59, 659
	small, large := heap(few), heap(many)
	questions := (many - few) * len(SeedTemplates)
	each := (large - small) / int64(questions)
	t.Logf("%d bytes a question: %d questions %d kB, %d more %d kB", each, (few+1)*len(SeedTemplates), small/1000, questions, large/1000)
	if each > 500 {
		t.Errorf("want at most 500 bytes a question in memory, have %d", each)
	}
}
