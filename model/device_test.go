package model

import (
	"math/rand/v2"
	"path/filepath"
	"testing"

	"premlp/layers"
)

// emulated is a device of 1 GiB.
func emulated(t *testing.T) Device {
	t.Helper()
	d, err := layers.EmulatedDevice(1 << 30)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := d.Close(); err != nil {
			t.Error(err)
		}
	})
	return d
}

// On a device every row has the bits that this machine's processor gives it: all
// variants, prompts that share a beginning, with selected rows.
func TestDeviceHasTheSameBits(t *testing.T) {
	for _, dir := range fewVariants(t) {
		t.Run(filepath.Base(dir), func(t *testing.T) {
			m := open(t, dir)
			r := rand.New(rand.NewPCG(51, 52))
			b := Pack(prompts(r, 2, m.Config().Vocab), nil)
			want := capture(t, session(t, m, 2), b)
			s, err := m.Session(SessionOptions{Points: allPoints(m), Logits: true, Device: emulated(t)})
			if err != nil {
				t.Fatal(err)
			}
			defer s.Close()
			have := capture(t, s, b)
			if len(have) != len(want) {
				t.Fatalf("want %d points, have %d", len(want), len(have))
			}
			for _, p := range allPoints(m) {
				sameRows(t, "on a device", map[Point]Rows{p: want[p]}, have, 0)
			}
			sameRows(t, "on a device", want, have, 0)
		})
	}
}
