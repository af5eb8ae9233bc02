package model

import (
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"premlp/layers"
	"premlp/layers/layerstest"
)

// largestFastError is the largest error of a row, as a share of its max, that
// the lossy arithmetic may have on the tiny model: a bf16 is off by up to 0.4 %,
// and the errors of products in turn add up.
const largestFastError = 4e-2

// openFast opens a tiny model and lists all its points.
func openFast(t *testing.T) (*Model, []Point) {
	m, err := Open(filepath.Join("testdata", "arch", "llama"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { m.Close() })
	return m, allPoints(m)
}

func TestFastBF16NeedsTheProcessor(t *testing.T) {
	missing := layers.CheckFastBF16()
	if missing == nil {
		t.Skip("this processor has AVX512-BF16: nothing to refuse")
	}
	m, points := openFast(t)
	_, err := m.Session(SessionOptions{Points: points, FastBF16: true})
	if err == nil || !strings.Contains(err.Error(), "AVX512-BF16") || !strings.Contains(err.Error(), missing.Error()) {
		t.Errorf("want %q, have %v", missing, err)
	}
	if n := m.PackedBytes(); n != 0 {
		t.Errorf("want no weight packed before the refusal, have %d bytes", n)
	}
}

// TestFastBF16 runs the whole pipeline with the judge: its errors are measured
// and bounded, the exact session beside it keeps its bits, and rows have the
// same bits in any batch and for any number of threads.
func TestFastBF16(t *testing.T) {
	layerstest.JudgeFastBF16(t)
	m, points := openFast(t)
	errs, err := m.FastError(t.Context(), SessionOptions{Points: points, Logits: true, Threads: 2}, fastPrompt(m, 17, 0), nil)
	if err != nil {
		t.Fatal(err)
	}
	if len(errs) != len(m.Sites())+1 {
		t.Errorf("want every site and the logits, have %v", errs)
	}
	for _, e := range errs {
		if e.Share == 0 || e.Share > largestFastError {
			t.Errorf("%s: want an error above 0 and up to %g, have %g", e.Site, largestFastError, e.Share)
		}
	}

	exact := fastRows(t, m, points, false, 1, fastPrompt(m, 17, 0))
	want := fastRows(t, m, points, true, 1, fastPrompt(m, 17, 0))
	for _, threads := range []int{1, 3} {
		have := fastRows(t, m, points, true, threads, fastPrompt(m, 17, 0), fastPrompt(m, 30, 1), fastPrompt(m, 9, 2))
		for p, rows := range want {
			if !slices.Equal(rows, have[p][:len(rows)]) {
				t.Errorf("%s: %d threads: rows beside other prompts have other bits", p, threads)
			}
		}
	}
	for p, rows := range fastRows(t, m, points, false, 2, fastPrompt(m, 17, 0)) {
		if !slices.Equal(rows, exact[p]) {
			t.Errorf("%s: exact rows have other bits after a lossy session", p)
		}
	}
}

// fastPrompt returns n token ids.
func fastPrompt(m *Model, n, seed int) []int32 {
	ids := make([]int32, n)
	for i := range ids {
		ids[i] = int32((i*7919 + seed*131 + 5) % m.Config().Vocab)
	}
	return ids
}

// fastRows returns the rows of all points of a batch.
func fastRows(t *testing.T, m *Model, points []Point, fast bool, threads int, prompts ...[]int32) map[Point][]float32 {
	t.Helper()
	s, err := m.Session(SessionOptions{Points: points, Threads: threads, FastBF16: fast})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	if a := s.Arithmetic(); strings.HasPrefix(a, "bf16dot-") != fast {
		t.Errorf("fast: %v: have the arithmetic %q", fast, a)
	}
	got := map[Point][]float32{}
	err = s.Run(t.Context(), Pack(prompts, nil), func(p Point, rows Rows) error {
		got[p] = slices.Clone(rows.Data)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return got
}
