package readout

import (
	"math"

	"premlp/model"
	"premlp/weights"
)

// Product is one product of an MLP with its input: gate or up, or "in" where the
// MLP has no gate. Each row of its weight is a neuron; a mixture's experts are
// taken together.
//
// A neuron's projection is row · direction: what adding the direction once adds
// to the product's result. Its cosine is that over both lengths.
type Product struct {
	Name    string `json:"name"`   // gate, up or in
	Module  string `json:"module"` // its path, of experts that of the mixture
	Neurons int    `json:"neurons"`

	Highest []Neuron `json:"highest"` // by cosine
	Lowest  []Neuron `json:"lowest"`

	Strongest   float64 `json:"strongest"`    // largest |cosine|
	RandomLevel float64 `json:"random_level"` // what 1 in 20 random directions reach in it
	Beyond      int     `json:"beyond"`       // neurons whose |cosine| is above that level
	// OthersMedian is the median over the other concepts' directions of their
	// largest |cosine|, OthersBeyond of how many neurons are above the level, and
	// Rank the target's among all by the first; nil without other concepts.
	OthersMedian *float64 `json:"others_median"`
	OthersBeyond *float64 `json:"others_beyond"`
	Rank         *int     `json:"rank"`
}

// Neuron is a row of a product.
type Neuron struct {
	Expert     *int    `json:"expert,omitempty"` // of a mixture
	Index      int     `json:"neuron"`
	Projection float64 `json:"projection"`
	Cosine     float64 `json:"cosine"`
	RowLength  float64 `json:"row_length"`
}

// readNeurons projects the rows of the block's MLP on the point's vectors.
func (p *probe) readNeurons(reading *model.Reading, most int) {
	if p.Site != "mlp_in" {
		p.result.NeuronsReason = "neurons read mlp_in; other sites reach them through a norm or attention"
		return
	}
	type part struct {
		name, module string
		tensors      []weighted
	}
	var parts []part
	add := func(name string, r model.Reader, w *weights.Tensor) {
		for i := range parts {
			if parts[i].name == name && parts[i].module == r.Module {
				parts[i].tensors = append(parts[i].tensors, weighted{w, r.Expert})
				return
			}
		}
		parts = append(parts, part{name, r.Module, []weighted{{w, r.Expert}}})
	}
	for _, r := range reading.MLPs[p.Layer] {
		if r.Up == nil {
			add("in", r, r.Gate)
			continue
		}
		add("gate", r, r.Gate)
		add("up", r, r.Up)
	}
	for _, x := range parts {
		p.result.Neurons = append(p.result.Neurons, p.project(x.name, x.module, x.tensors, most))
	}
}

// weighted is a weight [F, D] of a product, of an expert or of the MLP.
type weighted struct {
	*weights.Tensor
	expert int
}

// project reads every row once and projects it on all vectors.
func (p *probe) project(name, module string, tensors []weighted, most int) Product {
	all := append(append([][]float64{p.direction}, p.random...), p.others...)
	lengths := make([]float64, len(all))
	for i, d := range all {
		lengths[i] = norm(d)
	}
	high, low := top[Neuron]{n: most}, top[Neuron]{n: most}
	cosines := make([][]float64, len(all)) // of each vector with each row
	row32, row := make([]float32, len(p.direction)), make([]float64, len(p.direction))
	for _, t := range tensors {
		for i := range t.Rows() {
			t.Row(row32, i)
			length := norm(widen(row, row32))
			for k, d := range all {
				projection, cosine := dot(row, d), 0.0
				if length > 0 {
					cosine = projection / (length * lengths[k])
				}
				cosines[k] = append(cosines[k], math.Abs(cosine))
				if k > 0 {
					continue
				}
				n := Neuron{Index: i, Projection: projection, Cosine: cosine, RowLength: length}
				if t.expert >= 0 {
					n.Expert = &t.expert
				}
				high.add(cosine, n)
				low.add(-cosine, n)
			}
		}
	}
	product := Product{Name: name, Module: module, Neurons: len(cosines[0]), Highest: high.items, Lowest: low.items}
	product.compare(cosines[0], cosines[1:1+len(p.random)], cosines[1+len(p.random):])
	return product
}

// compare puts |cosines| of the direction beside those of other vectors.
func (x *Product) compare(own []float64, random, others [][]float64) {
	var drawn, strongest, beyond []float64
	for _, c := range random {
		drawn = append(drawn, greatest(c))
	}
	x.RandomLevel, x.Strongest = level(drawn), greatest(own)
	x.Beyond = above(own, x.RandomLevel)
	if len(others) == 0 {
		return
	}
	rank := 1
	for _, c := range others {
		strongest = append(strongest, greatest(c))
		beyond = append(beyond, float64(above(c, x.RandomLevel)))
		if greatest(c) > x.Strongest {
			rank++
		}
	}
	a, b := median(strongest), median(beyond)
	x.OthersMedian, x.OthersBeyond, x.Rank = &a, &b, &rank
}

// greatest is the largest of values that are 0 or more.
func greatest(values []float64) float64 {
	var m float64
	for _, v := range values {
		m = max(m, v)
	}
	return m
}

// above counts the values above a limit.
func above(values []float64, limit float64) int {
	n := 0
	for _, v := range values {
		if v > limit {
			n++
		}
	}
	return n
}
