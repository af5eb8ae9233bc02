package layers

import (
	"encoding/binary"
	"hash/fnv"
	"math"
	"testing"
)

// TestRopeFrequencies: Go's math.Pow has other last bits on processors without
// fused multiply-adds; rounded to float32 the frequencies of usual bases and widths
// of heads are the same everywhere.
func TestRopeFrequencies(t *testing.T) {
	h := fnv.New64a()
	n := 0
	for _, base := range []float64{1e4, 5e4, 1e5, 1.3e5, 1.5e5, 1.6e5, 5e5, 6e5, 1e6, 1.5e6, 5e6, 8e6, 1e7} {
		for _, width := range []int{16, 20, 24, 32, 48, 64, 80, 96, 100, 112, 128, 160, 192, 256} {
			for _, f := range RopeFrequencies(base, width) {
				h.Write(binary.LittleEndian.AppendUint32(nil, math.Float32bits(f)))
				n++
			}
		}
	}
	if have := h.Sum64(); have != 0x9feae89d29c225ee {
		t.Errorf("%d frequencies: want 9feae89d29c225ee, have %x", n, have)
	}
}
