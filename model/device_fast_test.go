package model

import (
	"fmt"
	"math"
	"path/filepath"
	"strings"
	"testing"
)

// The lossy arithmetics of a device: their errors are measured and bounded, rows have
// the same bits in any batch, and the exact session's weights do not stay.
func TestDeviceFast(t *testing.T) {
	for _, dir := range deviceVariants(t, false) {
		for name, c := range map[string]struct {
			o    SessionOptions
			most float64
		}{"bf16": {SessionOptions{FastBF16: true}, largestFastError}, "tf32": {SessionOptions{FastTF32: true}, largestFastError / 4}} {
			if m := open(t, dir); m.Config().Experts > 0 && name == "bf16" {
				c.most = math.Inf(1) // a router that is off chooses other experts
			}
			t.Run(filepath.Base(dir)+"/"+name, func(t *testing.T) {
				m, d := open(t, dir), emulated(t)
				o := c.o
				o.Points, o.Logits, o.Device = allPoints(m), true, d
				before := available(t, d)
				ids := fastPrompt(m, 17, 0)
				errs, err := m.FastError(t.Context(), o, ids, nil)
				if err != nil {
					t.Fatal(err)
				}
				for _, e := range errs {
					t.Logf("%s: %.2g", e.Site, e.Share)
					if e.Share == 0 || e.Share > c.most {
						t.Errorf("%s: want an error above 0 and up to %g, have %g", e.Site, c.most, e.Share)
					}
				}
				kept := before - available(t, d)
				s := onDevice(t, m, d, c.o)
				if want := fmt.Sprintf("%s-wgmma-sm90-a64-1", name); s.Arithmetic() != want || s.Products() != "own wgmma kernels" {
					t.Errorf("want %s, have %s by %q", want, s.Arithmetic(), s.Products())
				}
				if used := before - available(t, d); used != kept {
					t.Errorf("want %d bytes of weights on the device, have %d behind a comparison with the exact pass", used, kept)
				}
				alone := capture(t, s, Pack([][]int32{ids}, nil))
				sameRows(t, "in a batch", alone, capture(t, s, Pack([][]int32{ids, fastPrompt(m, 9, 1)}, nil)), 0)
			})
		}
	}
}

// A device without tensor cores, and none at all, are refused.
func TestFastTF32NeedsADevice(t *testing.T) {
	m, points := openFast(t)
	for want, o := range map[string]SessionOptions{
		"fast tf32: want a device of compute capability 8.0 or later, have this machine's processor": {FastTF32: true},
		"want one of fast bf16 and fast tf32, have both":                                             {FastTF32: true, FastBF16: true, Device: emulated(t)},
	} {
		o.Points = points
		if _, err := m.Session(o); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("want %q, have %v", want, err)
		}
	}
}

// available is the memory of a device that is free.
func available(t *testing.T, d Device) int64 {
	t.Helper()
	free, err := d.Available()
	if err != nil {
		t.Fatal(err)
	}
	return free
}
