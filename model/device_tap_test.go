package model

import (
	"context"
	"errors"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// A device's rows come to the sink later than they are computed: in the processor's
// order, all before the run ends, an error of the sink out of the run, and nothing of
// a run that has failed in the next.
func TestDeviceSink(t *testing.T) {
	m := open(t, filepath.Join("testdata", "arch", "llama"))
	b := Pack([][]int32{{1, 17, 42, 99, 7}, {1, 17, 3}}, nil)
	plain, device := session(t, m, 2), onDevice(t, m, emulated(t), SessionOptions{})
	want, all := capture(t, plain, b), order(t, plain, b)
	if have := order(t, device, b); !slices.Equal(have, all) {
		t.Errorf("want the points in the order %v, have %v", all, have)
	}
	broke := errors.New("broke")
	for _, at := range []int{0, 1, len(all) / 2, len(all) - 1} {
		calls := 0
		err := device.Run(t.Context(), b, func(Point, Rows) error {
			if calls++; calls == at+1 {
				return broke
			}
			return nil
		})
		if !errors.Is(err, broke) || !strings.HasPrefix(err.Error(), all[at].String()+": ") || calls != at+1 {
			t.Errorf("sink fails at %s: want its error and no call behind it, have %v and %d calls of %d", all[at], err, calls, at+1)
		}
		sameRows(t, "behind a sink's error", want, capture(t, device, b), 0)
	}
	ctx, cancel := context.WithCancel(t.Context())
	err := device.Run(ctx, b, func(Point, Rows) error {
		cancel()
		return nil
	})
	if !errors.Is(err, context.Canceled) {
		t.Errorf("want the run cancelled, have %v", err)
	}
	sameRows(t, "behind a cancelled run", want, capture(t, device, b), 0)
}

// order lists the points of a run as the sink gets them.
func order(t *testing.T, s *Session, b *Batch) (points []Point) {
	t.Helper()
	err := s.Run(t.Context(), b, func(p Point, _ Rows) error {
		points = append(points, p)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return points
}
