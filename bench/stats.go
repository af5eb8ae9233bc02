package bench

import (
	"context"
	"fmt"
	"slices"
	"time"
)

// Times sums up equal runs. Times are in seconds.
type Times struct {
	Runs   int     `json:"runs"`
	Best   float64 `json:"best_s"`
	Median float64 `json:"median_s"`
	Worst  float64 `json:"worst_s"`
	Spread float64 `json:"spread"` // from the first to the third quartile, as a share of the median
	// Samples are the single times, in the order of the runs.
	Samples []float64 `json:"samples_s"`
}

// Summarize sums up the times of equal runs, given in seconds.
// Of no run it is zero.
func Summarize(seconds []float64) Times {
	if len(seconds) == 0 {
		return Times{}
	}
	sorted := slices.Sorted(slices.Values(seconds))
	t := Times{
		Runs: len(sorted), Best: sorted[0], Median: quantile(sorted, 0.5), Worst: sorted[len(sorted)-1],
		Samples: slices.Clone(seconds),
	}
	if t.Median > 0 {
		t.Spread = (quantile(sorted, 0.75) - quantile(sorted, 0.25)) / t.Median
	}
	return t
}

// quantile returns the value that a share q of sorted lies below, on the line
// between neighbours where it falls between two.
func quantile(sorted []float64, q float64) float64 {
	at := q * float64(len(sorted)-1)
	i := int(at)
	if i+1 == len(sorted) {
		return sorted[i]
	}
	return sorted[i] + (at-float64(i))*(sorted[i+1]-sorted[i])
}

// Figure is a rate or a share at the best run and at the median one.
type Figure struct {
	Best   float64 `json:"best"`
	Median float64 `json:"median"`
}

// per returns how much of amount was done a second.
func (t Times) per(amount float64) Figure {
	if t.Best <= 0 {
		return Figure{}
	}
	return Figure{Best: amount / t.Best, Median: amount / t.Median}
}

// over returns the times of one of so many equal things that each run did.
func (t Times) over(things int) Times {
	seconds := make([]float64, len(t.Samples))
	for i, s := range t.Samples {
		seconds[i] = s / float64(things)
	}
	return Summarize(seconds)
}

// of returns f as a share of the best that limit reached: a limit does not
// become lower by a disturbed run. It is nil where there is no limit.
func (f Figure) of(limit Figure) *Figure {
	if limit.Best <= 0 {
		return nil
	}
	return &Figure{Best: f.Best / limit.Best, Median: f.Median / limit.Best}
}

// Task is one thing that Interleave runs.
type Task func(ctx context.Context) error

// Interleave runs the tasks in turn, A B C A B C, once without counting and
// then runs times, and sums up the times of each: a disturbance of the machine
// strikes all of them alike. progress is told after every round; it may be nil.
// The first error stops it.
func Interleave(ctx context.Context, runs int, progress func(done, total int), tasks ...Task) ([]Times, error) {
	if runs < 1 {
		return nil, fmt.Errorf("bench: runs: want at least 1, have %d", runs)
	}
	seconds := make([][]float64, len(tasks))
	for round := range runs + 1 {
		for i, task := range tasks {
			if err := ctx.Err(); err != nil {
				return nil, err
			}
			start := time.Now()
			if err := task(ctx); err != nil {
				return nil, fmt.Errorf("bench: %w", err)
			}
			if round > 0 {
				seconds[i] = append(seconds[i], time.Since(start).Seconds())
			}
		}
		if progress != nil {
			progress(round, runs)
		}
	}
	times := make([]Times, len(tasks))
	for i := range times {
		times[i] = Summarize(seconds[i])
	}
	return times, nil
}
