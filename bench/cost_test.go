package bench

import (
	"context"
	"slices"
	"testing"
	"time"
)

func TestRoundsSortItsTimes(t *testing.T) {
	var order []string
	task := func(name string, d time.Duration) Task {
		return func(context.Context) error {
			order = append(order, name)
			time.Sleep(d)
			return nil
		}
	}
	p := &rounds{without: task("without", 2*time.Millisecond), with: task("with", 20*time.Millisecond)}
	both := p.tasks()
	times, err := Interleave(t.Context(), 7, nil, both[:]...)
	if err != nil {
		t.Fatal(err)
	}
	c := p.cost(times[0], times[1])
	if c.Without.Worst >= 0.02 || c.With.Best < 0.02 || c.Without.Runs != 7 || c.With.Runs != 7 {
		t.Errorf("have %+v", c)
	}
	if want := []string{"without", "with", "with", "without", "without", "with"}; !slices.Equal(order[:6], want) {
		t.Errorf("order: want %v, have %v", want, order[:6])
	}
	if c.Median < 1 || c.Interval == nil || c.Interval.Low > c.Median || c.Interval.High < c.Median {
		t.Errorf("cost: have %+v", c)
	}
}

func TestExcess(t *testing.T) {
	median, interval := excess([2][]float64{{1, 2, 4}, {1.1, 2.4, 4}})
	if median < 0.0999 || median > 0.1001 || interval != nil {
		t.Errorf("want 0.1 without an interval, have %v and %v", median, interval)
	}
	_, interval = excess([2][]float64{{1, 1, 1, 1, 1, 1}, {1, 2, 3, 4, 5, 6}})
	if interval == nil || interval.Low != 0 || interval.High != 5 || interval.Median != 2.5 {
		t.Errorf("six values: want their ends, have %+v", interval)
	}
}
