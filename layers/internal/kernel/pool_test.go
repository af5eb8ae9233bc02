package kernel

import (
	"testing"
	"time"
)

// TestIdlePoolsSleep waits for every helper to give up spinning, and wakes them.
func TestIdlePoolsSleep(t *testing.T) {
	p := pool(t, 3, Kernel{})
	for range 3 {
		hits := make([]int, 100)
		p.Run(len(hits), func(i int) { hits[i]++ })
		for i, h := range hits {
			if h != 1 {
				t.Fatalf("iteration %d: want 1 call, have %d", i, h)
			}
		}
		deadline := time.Now().Add(10 * time.Second)
		for _, w := range p.workers[1:] {
			for !w.parked.Load() {
				if time.Now().After(deadline) {
					t.Fatal("a helper of an idle pool still spins")
				}
				time.Sleep(time.Millisecond)
			}
		}
	}
}

func TestClosedPoolsRunInTheCaller(t *testing.T) {
	p := NewPool(2, Kernel{})
	p.Run(10, func(int) {})
	p.Close()
	p.Close()
	sum := 0 // no other thread: no race
	p.Run(10, func(i int) { sum += i })
	if sum != 45 {
		t.Errorf("want 45, have %d", sum)
	}
}

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
