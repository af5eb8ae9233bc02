package model

import (
	"fmt"
	"math/rand/v2"
	"path/filepath"
	"strings"
	"testing"

	"premlp/layers"
)

// TestStartAtABlock begins at every block with the stream of a whole run: all
// from there on has the whole run's bits.
func TestStartAtABlock(t *testing.T) {
	for _, dir := range fewVariants(t) {
		t.Run(filepath.Base(dir), func(t *testing.T) {
			m := open(t, dir)
			b := Pack(prompts(rand.New(rand.NewPCG(31, 32)), 3, m.Config().Vocab), nil)
			whole := capture(t, session(t, m, 2), b)
			for first := 1; first < m.Config().Layers; first++ {
				var points []Point
				for _, p := range allPoints(m) {
					if p.Layer >= first {
						points = append(points, p)
					}
				}
				s, err := m.Session(SessionOptions{Points: points, Logits: true, First: first, Threads: 2})
				if err != nil {
					t.Fatal(err)
				}
				b.Given = whole[Point{Site: layers.ResidPre, Layer: first}].Data
				have := capture(t, s, b)
				if len(have) != len(points)+1 {
					t.Errorf("from block %d: want %d points, have %d", first, len(points)+1, len(have))
				}
				for p, rows := range have {
					sameRows(t, fmt.Sprintf("from block %d", first), map[Point]Rows{p: rows}, whole, 0)
				}
				s.Close()
			}
		})
	}
}

func TestGivenStreamIsChecked(t *testing.T) {
	m := open(t, filepath.Join("testdata", "arch", "llama"))
	b := Pack([][]int32{{1, 2}}, nil)
	b.Given = make([]float32, 2*m.Config().Dim)
	if err := session(t, m, 1).Run(t.Context(), b, nil); err == nil || !strings.Contains(err.Error(), "given residual stream: want 0 values") {
		t.Errorf("a whole model: have %v", err)
	}
	s, err := m.Session(SessionOptions{Logits: true, First: 1})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	b.Given = b.Given[1:]
	if err := s.Run(t.Context(), b, nil); err == nil || !strings.Contains(err.Error(), "given residual stream: want 96 values") {
		t.Errorf("too few values: have %v", err)
	}
	for _, o := range []SessionOptions{{Logits: true, First: 4}, {Points: []Point{{Site: layers.MLPIn, Layer: 0}}, First: 1}} {
		if _, err := m.Session(o); err == nil {
			t.Errorf("%+v: want an error", o)
		}
	}
}
