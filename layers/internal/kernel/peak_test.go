package kernel

import (
	"testing"
)

// The loops do what they say and touch nothing else; how fast is for package
// bench to say.
func TestPeak(t *testing.T) {
	p := FindPeak()
	if have := p.Multiply(3); have != 3*int64(p.flop) || (p.Loop == "") != (have == 0) {
		t.Errorf("3 rounds of %q: have %d operations of %d a round", p.Loop, have, p.flop)
	}
	if have := p.Multiply(0); have != 0 {
		t.Errorf("no round: have %d operations", have)
	}
	for _, n := range []int{0, 1, 15, readTurn - 1, readTurn, readTurn + 1, 5*readTurn + 17} {
		x := make([]float32, n)
		if sum := p.Read(x); sum != 0 {
			t.Errorf("%d zeros: have %v", n, sum)
		}
	}
}
