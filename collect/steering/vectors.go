package steering

import (
	"fmt"
	"hash/fnv"
	"math"
	"math/rand/v2"

	"premlp/model"
)

// Vectors is where directions come from: [Means] of a dataset, or a [File].
// Vectors are of float64, [D].
type Vectors interface {
	// Difference is the direction of a target: the mean of its rows minus that of
	// its controls' rows, or what a file has in its place.
	Difference(target string, p model.Point) ([]float64, error)
	// Pair is the mean of the target's rows minus that of the source's.
	Pair(target, source string, p model.Point) ([]float64, error)
	// Controls is the mean of the rows of a target's controls.
	Controls(target string, p model.Point) ([]float64, error)
}

// Kind is what is done with a direction.
type Kind string

// The kinds of edits.
const (
	// AddDifference adds α times the target's direction.
	AddDifference Kind = "add"
	// AddPair adds α times the target's mean minus that of the question's concept.
	AddPair Kind = "pair"
	// AblateMean sets the projection on the target's direction to the controls' mean
	// projection.
	AblateMean Kind = "ablate-mean"
	// AblateZero sets the projection on the target's direction to 0.
	AblateZero Kind = "ablate-zero"
	// Swap puts the rows of the target's question in place of the question's.
	Swap Kind = "swap"
)

// Kinds lists the kinds of edits.
var Kinds = []Kind{AddDifference, AddPair, AblateMean, AblateZero, Swap}

// Scaled reports whether a kind has a strength α.
func (k Kind) Scaled() bool { return k == AddDifference || k == AddPair }

// change makes the change of one point: of kind k for a target, in a question
// about source. A draw from 1 on takes a random direction of the same length in
// the place of the direction.
func (s *study) change(k Kind, alpha float64, target, source string, p model.Point, draw int) (model.Change, error) {
	find := func() ([]float64, error) { return s.vectors.Difference(target, p) }
	if k == AddPair {
		find = func() ([]float64, error) { return s.vectors.Pair(target, source, p) }
	}
	d, err := find()
	if err != nil {
		return nil, err
	}
	if want := s.engine.model.Config().Dim; len(d) != want {
		return nil, fmt.Errorf("%s: want a direction of %d values, have %d", p, want, len(d))
	}
	size := norm(d)
	if size == 0 || math.IsNaN(size) || math.IsInf(size, 0) {
		return nil, fmt.Errorf("%s: direction of %q: want a vector of some length, have %v", p, target, size)
	}
	if draw > 0 {
		d = random(s.options.Seed, draw, len(d), size, target, p.String())
	}
	if k.Scaled() {
		return model.Add{Vector: floats(d, alpha)}, nil
	}
	unit := floats(d, 1/size)
	if k == AblateZero {
		return model.SetProjection{Unit: unit}, nil
	}
	mean, err := s.vectors.Controls(target, p)
	if err != nil {
		return nil, err
	}
	var value float64
	for i, u := range unit {
		value += mean[i] * float64(u)
	}
	return model.SetProjection{Unit: unit, Value: value}, nil
}

// AddDirection is the change that adds α times a target's direction.
func AddDirection(v Vectors, target string, alpha float64, p model.Point) (model.Add, error) {
	d, err := v.Difference(target, p)
	if err != nil {
		return model.Add{}, err
	}
	return model.Add{Vector: floats(d, alpha)}, nil
}

// random returns a vector of a length, in a direction that is drawn anew for each
// draw and name.
func random(seed uint64, draw, dim int, size float64, names ...string) []float64 {
	h := fnv.New64a()
	fmt.Fprintf(h, "%d %q", draw, names)
	r := rand.New(rand.NewPCG(seed, h.Sum64()))
	d := make([]float64, dim)
	for i := range d {
		d[i] = r.NormFloat64()
	}
	scale := size / norm(d)
	for i := range d {
		d[i] *= scale
	}
	return d
}

// norm is a vector's length.
func norm(d []float64) float64 {
	var square float64
	for _, x := range d {
		square += x * x
	}
	return math.Sqrt(square)
}

// floats is d·factor in float32.
func floats(d []float64, factor float64) []float32 {
	v := make([]float32, len(d))
	for i, x := range d {
		v[i] = float32(x * factor)
	}
	return v
}
