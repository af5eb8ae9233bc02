package direction

import (
	"fmt"
	"math/rand/v2"
	"strconv"

	"premlp/collect/dataset"
)

// synthetic is a dataset of random rows, at layers 0 to 2 of one site: a concept
// moves them by a vector of its own, more at later layers, and a template and
// a place by theirs.
type synthetic struct {
	concepts, templates, rows, dim int
	signal                         [3]float64
	shuffled                       bool // concepts change places between templates
	layers                         []int
}

func newSynthetic() *synthetic {
	return &synthetic{concepts: 9, templates: 10, rows: 3, dim: 48, signal: [3]float64{0, 0, 0.7}, layers: []int{0, 1, 2}}
}

func (s *synthetic) name(c int) string { return "concept " + strconv.Itoa(c) }

func (s *synthetic) Manifest() dataset.Manifest {
	m := dataset.Manifest{Target: s.name(0), Sites: []string{"mlp_in"}, Layers: s.layers, Dim: s.dim}
	for c := 1; c < s.concepts; c++ {
		m.Controls = append(m.Controls, s.name(c))
	}
	return m
}

func (s *synthetic) Len() int { return s.concepts * s.templates }

func (s *synthetic) Question(i int) (*dataset.Question, error) {
	c, t := i%s.concepts, i/s.concepts
	if s.shuffled {
		c = rand.New(rand.NewPCG(99, uint64(t))).Perm(s.concepts)[c]
	}
	q := &dataset.Question{ID: strconv.Itoa(i), Concept: s.name(c), Template: fmt.Sprintf("{concept} %d", t), IDs: []int32{int32(1000 + c)}}
	for k := range s.rows {
		q.IDs = append(q.IDs, int32(k+1))
		q.Rows = append(q.Rows, int32(k+1))
	}
	return q, nil
}

func (s *synthetic) Rows(i int, _ string, layer int, dst []float32) ([]float32, error) {
	c, t := i%s.concepts, i/s.concepts
	dst = dst[:0]
	for k := range s.rows {
		noise := rand.New(rand.NewPCG(uint64(layer), uint64(i*100+k)))
		own := rand.New(rand.NewPCG(1000+uint64(layer), uint64(c)))
		shared := rand.New(rand.NewPCG(2000+uint64(layer), uint64(t)))
		place := rand.New(rand.NewPCG(3000+uint64(layer), uint64(k)))
		for range s.dim {
			dst = append(dst, float32(noise.NormFloat64()+s.signal[layer]*own.NormFloat64()+shared.NormFloat64()+3*place.NormFloat64()))
		}
	}
	return dst, nil
}
