package model

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"
)

func TestLikely(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 0))
	for range 50 {
		logits := make([]float32, 200)
		for i := range logits {
			logits[i] = float32(r.IntN(40)) / 4 // many are equal
		}
		order := make([]int32, len(logits))
		var total float64
		for i, v := range logits {
			order[i] = int32(i)
			total += math.Exp(float64(v))
		}
		slices.SortStableFunc(order, func(a, b int32) int {
			switch x, y := logits[a], logits[b]; {
			case x > y:
				return -1
			case x < y:
				return 1
			}
			return 0
		})
		for _, k := range []int{0, 1, 7, 200, 300} {
			have, err := Likely(logits, k, 0.5)
			if err != nil || len(have) != min(k, len(logits)) {
				t.Fatalf("k %d: want %d choices, have %d, %v", k, min(k, len(logits)), len(have), err)
			}
			for i, c := range have {
				v := float64(logits[c.ID])
				if c.ID != order[i] {
					t.Fatalf("k %d: choice %d: want token %d, have %d", k, i, order[i], c.ID)
				}
				if want := v - math.Log(total); math.Abs(c.LogProb-want) > 1e-5 {
					t.Fatalf("token %d: want the logarithm %v, have %v", c.ID, want, c.LogProb)
				}
				if want := math.Exp((v - float64(logits[order[0]])) / 0.5); math.Abs(float64(c.Weight)-want) > 1e-6 {
					t.Fatalf("token %d: want the weight %v, have %v", c.ID, want, c.Weight)
				}
				if p, err := LogProb(logits, c.ID); err != nil || p != c.LogProb {
					t.Fatalf("token %d: want LogProb to agree with %v, have %v, %v", c.ID, c.LogProb, p, err)
				}
			}
		}
	}
	if _, err := Likely([]float32{1, float32(math.NaN())}, 1, 1); err == nil {
		t.Error("NaN: want an error")
	}
	if _, err := LogProb([]float32{1, float32(math.Inf(1))}, 0); err == nil {
		t.Error("infinity: want an error")
	}
}
