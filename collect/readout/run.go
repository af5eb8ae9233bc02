package readout

import (
	"context"
	"fmt"
	"math"
	"sync"

	"premlp/collect"
	"premlp/model"
)

// probe is a point with the vectors that are looked at there.
type probe struct {
	model.Point
	direction []float64
	length    float64
	random    [][]float64 // of the same length
	others    [][]float64 // of the other concepts, at their own length
	result    *PointResult
}

// Run reads directions out. What it finds is determined by model, vectors, texts
// and options: threads and batches change no bit of it.
func Run(ctx context.Context, l *collect.Loaded, v Vectors, o Options) (*Result, error) {
	if err := o.check(l.Model); err != nil {
		return nil, err
	}
	reading, err := l.Model.Reading()
	if err != nil {
		return nil, err
	}
	r := &Result{Target: o.Target, Others: append([]string{}, o.Others...), Random: o.Random, Seed: o.Seed, Texts: len(o.Texts), Points: make([]PointResult, len(o.Points))}
	probes := make([]*probe, len(o.Points))
	for i, p := range o.Points {
		if probes[i], err = newProbe(l.Model, v, p, o); err != nil {
			return nil, err
		}
		probes[i].result = &r.Points[i]
		*probes[i].result = PointResult{Site: p.Site, Layer: p.Layer, Length: probes[i].length}
	}
	err = each(ctx, len(probes), o.Threads, func(i int) error {
		probes[i].readNeurons(reading, o.Top)
		return nil
	}, func(done int) { o.tell("neurons", done, len(probes)) })
	if err != nil {
		return nil, err
	}
	if err := readLenses(ctx, l, reading, probes, o); err != nil {
		return nil, err
	}
	if len(o.Texts) > 0 {
		if r.Tokens, err = readTokens(ctx, l, probes, o); err != nil {
			return nil, err
		}
	}
	return r, nil
}

// newProbe finds and draws the vectors of a point.
func newProbe(m *model.Model, v Vectors, at model.Point, o Options) (*probe, error) {
	p := &probe{Point: at}
	find := func(target string) ([]float64, error) {
		d, err := v.Difference(target, at)
		if err != nil {
			return nil, err
		}
		if want := m.Config().Dim; len(d) != want {
			return nil, fmt.Errorf("%s: want a direction of %d values, have %d", at, want, len(d))
		}
		if n := norm(d); n == 0 || math.IsNaN(n) || math.IsInf(n, 0) {
			return nil, fmt.Errorf("%s: direction of %q: want a vector of some length, have %v", at, target, n)
		}
		return d, nil
	}
	var err error
	if p.direction, err = find(o.Target); err != nil {
		return nil, err
	}
	p.length = norm(p.direction)
	for _, other := range o.Others {
		d, err := find(other)
		if err != nil {
			return nil, err
		}
		p.others = append(p.others, d)
	}
	for draw := range o.Random {
		p.random = append(p.random, random(o.Seed, draw, len(p.direction), p.length, at.String()))
	}
	return p, nil
}

// each does n pieces of work on some threads; done is told how many are, one call
// at a time. It ends at the first error or when ctx does.
func each(ctx context.Context, n, threads int, work func(i int) error, done func(n int)) error {
	var all sync.WaitGroup
	var mu sync.Mutex
	var failed error
	next, finished := 0, 0
	take := func() (int, bool) {
		mu.Lock()
		defer mu.Unlock()
		if failed == nil {
			failed = ctx.Err()
		}
		next++
		return next - 1, failed == nil && next <= n
	}
	for range max(threads, 1) {
		all.Go(func() {
			for i, ok := take(); ok; i, ok = take() {
				err := work(i)
				mu.Lock()
				if failed == nil {
					failed = err
				}
				finished++
				done(finished)
				mu.Unlock()
			}
		})
	}
	all.Wait()
	return failed
}
