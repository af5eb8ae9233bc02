package study

import (
	"math/rand/v2"
	"slices"

	"premlp/collect/direction"
)

// Band sums up a figure over targets, each concept in turn.
type Band struct {
	First  direction.Figure   `json:"first"` // of the first concept
	Median direction.Figure   `json:"median"`
	Least  direction.Figure   `json:"least"`
	Most   direction.Figure   `json:"most"`
	Mean   direction.Figure   `json:"mean"`
	Low    direction.Figure   `json:"mean_low"` // central 95 % of the mean, bootstrap over targets
	High   direction.Figure   `json:"mean_high"`
	All    []direction.Figure `json:"all"` // in the order of the concepts
}

// newBand sums up the figures of all targets, the first concept's first.
func newBand(values []float64, seed uint64) Band {
	b := Band{First: figure(values[0]), Median: figure(quantile(values, 0.5)), Least: figure(slices.Min(values)), Most: figure(slices.Max(values)), Mean: figure(mean(values))}
	low, high := bootstrap(values, seed)
	b.Low, b.High = figure(low), figure(high)
	for _, v := range values {
		b.All = append(b.All, figure(v))
	}
	return b
}

// Null is what draws give that mean nothing.
type Null struct {
	Mean direction.Figure `json:"mean"`
	High direction.Figure `json:"p95"` // 95 of 100 draws are below
}

func newNull(draws []float64) Null {
	return Null{figure(mean(draws)), figure(quantile(draws, 0.95))}
}

func figure(v float64) direction.Figure { return direction.Figure(v) }

func mean(values []float64) float64 {
	sum := 0.0
	for _, v := range values {
		sum += v
	}
	return sum / float64(len(values))
}

// quantile interpolates between the two nearest values.
func quantile(values []float64, q float64) float64 {
	sorted := slices.Sorted(slices.Values(values))
	at := q * float64(len(sorted)-1)
	i := int(at)
	if i+1 >= len(sorted) {
		return sorted[len(sorted)-1]
	}
	return sorted[i] + (at-float64(i))*(sorted[i+1]-sorted[i])
}

// resamples of a bootstrap.
const resamples = 2000

// bootstrap is the central 95 % of the mean of values drawn with replacement
// (Efron 1979).
func bootstrap(values []float64, seed uint64) (low, high float64) {
	r := rand.New(rand.NewPCG(seed, resamples))
	means := make([]float64, resamples)
	for k := range means {
		for range values {
			means[k] += values[r.IntN(len(values))]
		}
		means[k] /= float64(len(values))
	}
	return quantile(means, 0.025), quantile(means, 0.975)
}
