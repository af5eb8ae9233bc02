package bench

import (
	"errors"
	"fmt"
	"math"
	"slices"

	"golang.org/x/perf/benchmath"
)

// Comparison is one measurement beside another, by the method of benchstat: medians
// with their intervals, and Mann and Whitney's U test on the single times.
type Comparison struct {
	Measure string          `json:"measure"`
	Old     Side            `json:"old"`
	New     Side            `json:"new"`
	Differ  []Difference    `json:"differ"` // facts of the two that are not the same
	Rows    []ComparisonRow `json:"rows"`
	OnlyOld []string        `json:"only_old"` // rows that the other lacks
	OnlyNew []string        `json:"only_new"`
	// Geomean is the geometric mean of new / old over the rows, less 1.
	Geomean float64 `json:"geomean"`
}

// Side says which measurement it is.
type Side struct {
	File     string   `json:"file"`
	CPU      string   `json:"cpu"`
	Revision string   `json:"revision"` // of the program
	Load     *float64 `json:"load_average"`
}

// Difference is a fact of two measurements that should be one for a fair comparison,
// or that is what they compare.
type Difference struct {
	Fact string `json:"fact"`
	Old  string `json:"old"`
	New  string `json:"new"`
}

// ComparisonRow is one series of times.
type ComparisonRow struct {
	Name string `json:"name"`
	Old  Sample `json:"old"`
	New  Sample `json:"new"`
	// Change is new / old of the medians, less 1. It is one where Differs says so;
	// otherwise the times do not show any.
	Change  float64 `json:"change"`
	Differs bool    `json:"differs"`
	P       float64 `json:"p"` // that times as far apart come from equal programs
	Note    string  `json:"note,omitempty"`
}

// Sample sums up the times of one series, in seconds.
type Sample struct {
	Runs     int       `json:"runs"`
	Median   float64   `json:"median_s"`
	Interval *Interval `json:"interval_s,omitempty"` // nil with fewer than 6 runs
	Seconds  []float64 `json:"samples_s"`
}

// Compare compares two results of one measure.
func Compare(old, new *Result) (*Comparison, error) {
	if old.Measure != new.Measure {
		return nil, fmt.Errorf("compare: want two results of one measure, have %s and %s", old.Measure, new.Measure)
	}
	c := &Comparison{
		Measure: old.Measure, Old: sideOf(old), New: sideOf(new), Differ: differences(old, new),
		Rows: []ComparisonRow{}, OnlyOld: []string{}, OnlyNew: []string{},
	}
	find := func(list []Series, name string) int {
		return slices.IndexFunc(list, func(s Series) bool { return s.Name == name })
	}
	logs := 0.0
	for _, s := range old.Series {
		i := find(new.Series, s.Name)
		if i < 0 {
			c.OnlyOld = append(c.OnlyOld, s.Name)
			continue
		}
		row := compareSeries(s.Name, s.Seconds, new.Series[i].Seconds)
		logs += math.Log1p(row.Change)
		c.Rows = append(c.Rows, row)
	}
	for _, s := range new.Series {
		if find(old.Series, s.Name) < 0 {
			c.OnlyNew = append(c.OnlyNew, s.Name)
		}
	}
	if len(c.Rows) == 0 {
		return nil, errors.New("compare: the two have no row in common")
	}
	c.Geomean = math.Expm1(logs / float64(len(c.Rows)))
	return c, nil
}

// compareSeries compares the times of one row.
func compareSeries(name string, old, new []float64) ComparisonRow {
	r := ComparisonRow{Name: name, Old: summarySample(old), New: summarySample(new)}
	test := benchmath.AssumeNothing.Compare(sampleOf(old), sampleOf(new))
	r.Change, r.P = r.New.Median/r.Old.Median-1, test.P
	r.Differs = test.P <= test.Alpha
	if err := errors.Join(test.Warnings...); err != nil {
		r.Note = err.Error()
	}
	return r
}

// summarySample sums up times.
func summarySample(seconds []float64) Sample {
	s := Sample{Runs: len(seconds), Seconds: seconds, Interval: intervalOf(seconds)}
	s.Median = benchmath.AssumeNothing.Summary(sampleOf(seconds), confidence).Center
	return s
}

func sideOf(r *Result) Side {
	return Side{CPU: r.Machine.CPU, Revision: r.Machine.Revision, Load: r.Machine.Load}
}

// differences lists the facts that are not the same.
func differences(old, new *Result) []Difference {
	list := []Difference{}
	facts := func(r *Result) [][2]string {
		m := r.Machine
		return [][2]string{
			{"processor", m.CPU}, {"cores", fmt.Sprint(m.Cores)}, {"system", m.OS + "/" + m.Arch}, {"Go", m.Go},
			{"program", m.Revision}, {"kernel", m.Kernel}, {"arithmetic", m.Arithmetic},
			{"threads", fmt.Sprint(r.Threads)}, {"model", r.Model.Digest},
		}
	}
	theirs := facts(new)
	for i, f := range facts(old) {
		if f[1] != theirs[i][1] {
			list = append(list, Difference{f[0], f[1], theirs[i][1]})
		}
	}
	return list
}
