package bench

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"premlp/layers"
)

// moduleName is an op's key with * for the number of its block.
func moduleName(o *layers.Op) string {
	if block := o.Block(); block != "" {
		return block[:len(block)-len(fmt.Sprint(o.Layer()))] + "*." + o.Name()
	}
	return o.Key()
}

// lastName is the last part of an op's key.
func lastName(o *layers.Op) string { return o.Key()[strings.LastIndex(o.Key(), ".")+1:] }

// rowSum adds up ops, run by run.
type rowSum struct {
	kind    string
	with    []string
	seconds []float64 // of each run
	count   int       // of the last run
	cost    layers.Cost
}

// run begins the next run.
func (s *rowSum) run() {
	s.seconds = append(s.seconds, 0)
	s.count, s.cost = 0, layers.Cost{}
}

func (s *rowSum) add(d time.Duration, c layers.Cost) {
	s.seconds[len(s.seconds)-1] += d.Seconds()
	s.cost.Flop, s.cost.Read, s.cost.Written = s.cost.Flop+c.Flop, s.cost.Read+c.Read, s.cost.Written+c.Written
}

func (s *rowSum) addOp(o layers.ProfiledOp) {
	s.add(o.Time, o.Cost)
	if o.By == o.Op {
		s.count++
	}
}

// row is the sum as a row.
func (s *rowSum) row(name string, passes Times, peak, read *Figure) ProfileRow {
	t := Summarize(s.seconds)
	r := ProfileRow{
		Name: name, Kind: s.kind, With: s.with, Count: s.count, Times: t,
		Flop: s.cost.Flop, Read: s.cost.Read, Written: s.cost.Written,
		GFLOPS: t.per(float64(s.cost.Flop) / 1e9), Rate: t.per(float64(s.cost.Read+s.cost.Written) / 1e9),
	}
	if passes.Median > 0 {
		r.Share = t.Median / passes.Median
	}
	if peak != nil && r.Flop > 0 {
		r.ShareOfPeak = r.GFLOPS.of(*peak)
	}
	if read != nil && r.Read+r.Written > 0 {
		r.ShareOfRead = r.Rate.of(*read)
	}
	return r
}

// rowSums are sums by name, in the order of their first op.
type rowSums struct {
	names []string
	sums  map[string]*rowSum
	runs  int
}

func newRowSums() *rowSums { return &rowSums{sums: map[string]*rowSum{}} }

func (s *rowSums) run() {
	s.runs++
	for _, sum := range s.sums {
		sum.run()
	}
}

// add adds an op, computed by another or itself, to the sum of that name.
func (s *rowSums) add(name string, by *layers.Op, o layers.ProfiledOp) {
	sum := s.sums[name]
	if sum == nil {
		sum = &rowSum{kind: by.Kind()}
		for range s.runs {
			sum.run()
		}
		s.names, s.sums[name] = append(s.names, name), sum
	}
	sum.addOp(o)
	if short := lastName(o.Op); o.Op != by && !slices.Contains(sum.with, short) {
		sum.with = append(sum.with, short)
	}
}

func (s *rowSums) rows(finish func(string, *rowSum) ProfileRow) []ProfileRow {
	rows := make([]ProfileRow, 0, len(s.names))
	for _, name := range s.names {
		rows = append(rows, finish(name, s.sums[name]))
	}
	return rows
}
