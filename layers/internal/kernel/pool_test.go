package kernel

import "testing"

func TestPoolRunsEveryIterationOnce(t *testing.T) {
	for _, threads := range []int{0, 1, 2, 7} {
		for _, n := range []int{0, 1, 2, 100} {
			hits := make([]int, n)
			pool(t, threads, Kernel{}).Run(n, func(i int) { hits[i]++ })
			for i, h := range hits {
				if h != 1 {
					t.Errorf("%d threads, iteration %d of %d: want 1 call, have %d", threads, i, n, h)
				}
			}
		}
	}
}

func TestPoolRaisesPanicsInTheCaller(t *testing.T) {
	defer func() {
		if r := recover(); r != "boom" {
			t.Errorf("want the panic boom, have %v", r)
		}
	}()
	pool(t, 2, Kernel{}).Run(8, func(i int) {
		if i == 5 {
			panic("boom")
		}
	})
}
