package bench

import (
	"context"
	"errors"
	"math"
	"reflect"
	"slices"
	"testing"
)

func TestSummarize(t *testing.T) {
	for _, c := range []struct {
		seconds []float64
		want    Times
	}{
		{nil, Times{}},
		{[]float64{2}, Times{Runs: 1, Best: 2, Median: 2, Worst: 2}},
		{[]float64{3, 1}, Times{Runs: 2, Best: 1, Median: 2, Worst: 3, Spread: 0.5}},
		{[]float64{5, 1, 2, 4, 3}, Times{Runs: 5, Best: 1, Median: 3, Worst: 5, Spread: 2.0 / 3}},
		{[]float64{0, 0}, Times{Runs: 2}},
	} {
		have := Summarize(c.seconds)
		if math.Abs(have.Spread-c.want.Spread) > 1e-12 {
			t.Errorf("%v: spread: want %v, have %v", c.seconds, c.want.Spread, have.Spread)
		}
		c.want.Samples = c.seconds
		if have.Spread = c.want.Spread; !reflect.DeepEqual(have, c.want) {
			t.Errorf("%v: want %+v, have %+v", c.seconds, c.want, have)
		}
	}
	unsorted := []float64{2, 1}
	if Summarize(unsorted); !slices.Equal(unsorted, []float64{2, 1}) {
		t.Error("the times were put in order")
	}
}

func TestFigure(t *testing.T) {
	f := Times{Best: 2, Median: 4}.per(8)
	if want := (Figure{4, 2}); f != want {
		t.Errorf("want %v, have %v", want, f)
	}
	if share := f.of(Figure{Best: 8, Median: 5}); *share != (Figure{0.5, 0.25}) {
		t.Errorf("want shares of the best, have %v", *share)
	}
	if f.of(Figure{}) != nil || (Times{}).per(1) != (Figure{}) {
		t.Error("want no share of an unmeasured limit and no rate of no run")
	}
}

// Tasks take turns; the first turn is not counted.
func TestInterleave(t *testing.T) {
	var order, told []int
	task := func(name int) Task {
		return func(context.Context) error { order = append(order, name); return nil }
	}
	times, err := Interleave(t.Context(), 2, func(done, total int) { told = append(told, done, total) }, task(1), task(2))
	if err != nil || len(times) != 2 || times[0].Runs != 2 || times[1].Runs != 2 {
		t.Errorf("have %+v, %v", times, err)
	}
	if want := []int{1, 2, 1, 2, 1, 2}; !slices.Equal(order, want) {
		t.Errorf("order: want %v, have %v", want, order)
	}
	if want := []int{0, 2, 1, 2, 2, 2}; !slices.Equal(told, want) {
		t.Errorf("progress: want %v, have %v", want, told)
	}
	broken := errors.New("broken")
	if _, err := Interleave(t.Context(), 1, nil, func(context.Context) error { return broken }); !errors.Is(err, broken) {
		t.Errorf("want the task's error, have %v", err)
	}
	if _, err := Interleave(t.Context(), 0, nil); err == nil {
		t.Error("no run: want an error")
	}
	cancelled, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := Interleave(cancelled, 1, nil, task(3)); !errors.Is(err, context.Canceled) {
		t.Errorf("want the context's error, have %v", err)
	}
}
