package bench

import (
	"context"
	"fmt"
	"slices"
	"time"

	"premlp/model"
)

// Forward is the measured speed of a forward pass.
type Forward struct {
	Prompts   int           // packed into one batch
	Tokens    int           // of the whole batch
	Best      time.Duration // of one pass
	Median    time.Duration
	PerSecond float64 // tokens, at the median
}

// MeasureForward times passes of m up to the last layer's mlp_in on a batch of
// prompts of equal length, after one pass that is not counted. Runs is at least
// one.
func MeasureForward(ctx context.Context, m *model.Model, prompts, length, threads, runs int) (Forward, error) {
	last := model.Point{Site: "mlp_in", Layer: m.Config().Layers - 1}
	s, err := m.Session(model.SessionOptions{Points: []model.Point{last}, Threads: threads})
	if err != nil {
		return Forward{}, err
	}
	defer s.Close()
	batch := model.Pack(prose(prompts, length, m.Config().Vocab), nil)
	batch.Sel = batch.Sel[len(batch.Sel)-1:]
	times := make([]time.Duration, 0, runs)
	for i := range runs + 1 {
		start := time.Now()
		if err := s.Run(ctx, batch, nil); err != nil {
			return Forward{}, fmt.Errorf("bench: %w", err)
		}
		if i > 0 {
			times = append(times, time.Since(start))
		}
	}
	slices.Sort(times)
	f := Forward{Prompts: prompts, Tokens: prompts * length, Best: times[0], Median: times[len(times)/2]}
	f.PerSecond = float64(f.Tokens) / f.Median.Seconds()
	return f, nil
}

// prose returns prompts of token ids that do not repeat early.
func prose(prompts, length, vocab int) [][]int32 {
	out := make([][]int32, prompts)
	for i := range out {
		out[i] = make([]int32, length)
		for j := range out[i] {
			out[i][j] = int32((i*7919 + j*104729 + 13) % vocab)
		}
	}
	return out
}
