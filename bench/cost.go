package bench

import (
	"context"
	"math"
	"slices"

	"golang.org/x/perf/benchmath"
)

// confidence is the level of every interval stated.
const confidence = 0.95

// Interval is a median and the interval that holds the true one with a confidence
// of 95 %: by order statistics, so nothing is assumed of how values are spread.
type Interval struct {
	Median float64 `json:"median"`
	Low    float64 `json:"low"`
	High   float64 `json:"high"`
}

// intervalOf returns the interval of a sample; nil where it is too small for one,
// with fewer than 6 values.
func intervalOf(values []float64) *Interval {
	if len(values) == 0 {
		return nil
	}
	s := benchmath.AssumeNothing.Summary(sampleOf(values), confidence)
	if math.IsInf(s.Lo, 0) || math.IsInf(s.Hi, 0) {
		return nil
	}
	return &Interval{Median: s.Center, Low: s.Lo, High: s.Hi}
}

// sampleOf copies values for benchmath, which sorts them.
func sampleOf(values []float64) *benchmath.Sample {
	return benchmath.NewSample(slices.Clone(values), &benchmath.DefaultThresholds)
}

// Cost says how much longer a task takes with something than without.
type Cost struct {
	Without Times `json:"without"`
	With    Times `json:"with"`
	// Median is the median over the rounds of with / without, less 1; a round runs
	// both one after the other. Interval is that of the same; nil with few rounds.
	Median   float64   `json:"median"`
	Interval *Interval `json:"interval,omitempty"`
	// CPU is Median by this process's processor time, which other programs on the
	// machine disturb less; nil where the system does not tell it.
	CPU         *float64  `json:"cpu_median,omitempty"`
	CPUInterval *Interval `json:"cpu_interval,omitempty"`
}

// rounds measure a task with and without something in rounds. The order changes from
// round to round, so that what stands between rounds strikes both alike.
type rounds struct {
	with, without Task
	round         int
	cpu           [2][]float64 // processor seconds of each round: without, with
}

// tasks returns the two tasks of a round, for Interleave.
func (p *rounds) tasks() [2]Task {
	return [2]Task{
		func(ctx context.Context) error { return p.run(ctx, p.round%2) },
		func(ctx context.Context) error {
			defer func() { p.round++ }()
			return p.run(ctx, 1-p.round%2)
		},
	}
}

// run runs without (0) or with (1).
func (p *rounds) run(ctx context.Context, which int) error {
	task := p.without
	if which == 1 {
		task = p.with
	}
	start := cpuSeconds()
	if err := task(ctx); err != nil {
		return err
	}
	if p.round > 0 { // the first is not counted
		p.cpu[which] = append(p.cpu[which], cpuSeconds()-start)
	}
	return nil
}

// cost sorts the times of the two tasks.
func (p *rounds) cost(first, second Times) Cost {
	var seconds [2][]float64
	for i := range first.Samples {
		with := (i + 1) % 2 // round 0 was not counted
		seconds[with] = append(seconds[with], first.Samples[i])
		seconds[1-with] = append(seconds[1-with], second.Samples[i])
	}
	c := Cost{Without: Summarize(seconds[0]), With: Summarize(seconds[1])}
	c.Median, c.Interval = excess(seconds)
	if slices.Min(p.cpu[0]) > 0 {
		cpu, interval := excess(p.cpu)
		c.CPU, c.CPUInterval = &cpu, interval
	}
	return c
}

// excess returns the median of with / without - 1 and its interval.
func excess(seconds [2][]float64) (float64, *Interval) {
	ratios := make([]float64, len(seconds[0]))
	for i, without := range seconds[0] {
		ratios[i] = seconds[1][i]/without - 1
	}
	return Summarize(ratios).Median, intervalOf(ratios)
}
