package quality

import (
	"cmp"
	"math"
	"slices"
)

// tiny keeps quotients finite where all is 0.
const tiny = 1e-300

// Spread is how values lie: the least, the middle, the greatest, and the 5 %
// and 95 % quantiles.
type Spread struct {
	Min    float64 `json:"min"`
	Q05    float64 `json:"q05"`
	Median float64 `json:"median"`
	Q95    float64 `json:"q95"`
	Max    float64 `json:"max"`
}

// spread sorts v.
func spread(v []float64) Spread {
	slices.Sort(v)
	return Spread{v[0], quantile(v, 0.05), quantile(v, 0.5), quantile(v, 0.95), v[len(v)-1]}
}

// quantile interpolates between the two nearest of sorted values.
func quantile(v []float64, q float64) float64 {
	at := q * float64(len(v)-1)
	i := min(int(at), len(v)-1)
	j := min(i+1, len(v)-1)
	return v[i] + (at-float64(i))*(v[j]-v[i])
}

// norms are the Euclidean lengths of rows.
func (s *scratch) norms(rows []int) []float64 {
	list := make([]float64, len(rows))
	for i, k := range rows {
		list[i] = length(s.row(k))
	}
	return list
}

func length(x []float32) float64 {
	sum := 0.0
	for _, v := range x {
		sum += float64(v) * float64(v)
	}
	return math.Sqrt(sum)
}

// Outlier is a row that lies far from others of its token.
type Outlier struct {
	Question string  `json:"question"`
	Position int     `json:"position"`
	Token    string  `json:"token"`
	Z        float64 `json:"z"`
}

const (
	outlierZ     = 20 // robust z past which a row is an outlier
	outliersSaid = 10 // outliers named
)

// findOutliers gives every row its robust z: the larger one of its norm and of
// its distance from the mean, among the rows of both sets that have its token.
// Special tokens and punctuation lie apart as groups, which is no fault. Rows
// whose token fewer than fewRows have are one group.
func (s *scratch) findOutliers() {
	s.z = make([]float64, len(s.ix.rows))
	for _, rows := range s.ix.groups {
		mean := s.mean(rows)
		distances := make([]float64, len(rows))
		for i, k := range rows {
			sum := 0.0
			for d, v := range s.row(k) {
				sum += (float64(v) - mean[d]) * (float64(v) - mean[d])
			}
			distances[i] = math.Sqrt(sum)
		}
		a, b := robustZ(s.norms(rows)), robustZ(distances)
		for i, k := range rows {
			s.z[k] = max(math.Abs(a[i]), b[i])
		}
	}
}

// outliers are the rows of a set whose z is past outlierZ, the worst first.
func (s *scratch) outliers(rows []int) (worst []Outlier, count int) {
	worst = []Outlier{}
	for _, k := range rows {
		if s.z[k] > outlierZ {
			p := s.ix.rows[k]
			worst = append(worst, Outlier{s.ix.questions[p.question].id, int(p.position), p.text, s.z[k]})
		}
	}
	slices.SortStableFunc(worst, func(a, b Outlier) int { return cmp.Compare(b.Z, a.Z) })
	return worst[:min(len(worst), outliersSaid)], len(worst)
}

// robustZ is how far each value lies from the median in units of the spread,
//
//	z = 0.6745 (x − median) / MAD,
//
// MAD the median of |x − median|: Iglewicz and Hoaglin, How to Detect and Handle
// Outliers (1993). Where half of the values are equal, the mean of |x − median|
// times 1.253314 takes the place of MAD / 0.6745, as they propose. The spread is
// at least 1e-9 of the median, so that rounding is no outlier.
func robustZ(x []float64) []float64 {
	median := quantile(slices.Sorted(slices.Values(x)), 0.5)
	away, sum := make([]float64, len(x)), 0.0
	for i, v := range x {
		away[i] = math.Abs(v - median)
		sum += away[i]
	}
	scale := quantile(slices.Sorted(slices.Values(away)), 0.5) / 0.6745
	if scale <= 1e-9*math.Abs(median) {
		scale = 1.253314 * sum / float64(len(x))
	}
	scale = max(scale, 1e-9*math.Abs(median), tiny)
	z := make([]float64, len(x))
	for i, v := range x {
		z[i] = (v - median) / scale
	}
	return z
}

// saturatedShare is the share of rows at one end of a coordinate, 5 at least,
// with which it is saturated.
const saturatedShare = 0.1

// coordinates counts those with one value in all rows, and those whose least or
// greatest value many rows have. A repeated row counts once.
func (s *scratch) coordinates(rows []int) (dead, saturated int) {
	low, high := make([]float32, s.dim), make([]float32, s.dim)
	atLow, atHigh := make([]int, s.dim), make([]int, s.dim)
	n := 0
	for _, k := range rows {
		if s.copy[k] {
			continue
		}
		for d, v := range s.row(k) {
			if n == 0 || v < low[d] {
				low[d], atLow[d] = v, 0
			}
			if n == 0 || v > high[d] {
				high[d], atHigh[d] = v, 0
			}
			if v == low[d] {
				atLow[d]++
			}
			if v == high[d] {
				atHigh[d]++
			}
		}
		n++
	}
	for d := range low {
		switch {
		case n < 2: // nothing to compare
		case low[d] == high[d]:
			dead++
		case float64(max(atLow[d], atHigh[d])) >= max(5, saturatedShare*float64(n)):
			saturated++
		}
	}
	return dead, saturated
}
