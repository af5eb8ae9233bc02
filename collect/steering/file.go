package steering

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"premlp/model"
	"premlp/weights"
)

// The names that a file of directions has beside those of its methods.
const (
	// MeanDifference is the method whose vectors have the rows' own size.
	MeanDifference = "mean"
	// controlMean names the means of the controls' rows.
	controlMean = "control_mean"
)

// File is a safetensors file of one target's directions: a vector
// "<method>.<site>.<layer>" [D] for every method and point, as "mean.mlp_in.14",
// and for AblateMean the controls' mean row "control_mean.<site>.<layer>" [D].
// Other tensors are passed over. The metadata may name the target.
//
// Vectors of other methods than mean are used at the length of the file's mean vector
// of the same point, where it has one: a detector's own length means nothing.
type File struct {
	path, method string
	target       string // "" where the file does not say
	vectors      map[model.Point][]float64
	controls     map[model.Point][]float64
}

var _ Vectors = (*File)(nil)

// ReadFile reads the vectors of one method.
func ReadFile(path, method string) (_ *File, err error) {
	t, err := weights.OpenSafetensors(path)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, t.Close()) }()
	f := &File{path: path, method: method, target: t.Meta()["target"]}
	sizes := map[model.Point][]float64{}
	if f.vectors, err = readVectors(t, method); err == nil {
		f.controls, err = readVectors(t, controlMean)
	}
	if err == nil && method != MeanDifference {
		sizes, err = readVectors(t, MeanDifference)
	}
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	if len(f.vectors) == 0 {
		return nil, fmt.Errorf("%s: want tensors %s.<site>.<layer>, have methods %q", path, method, methods(t))
	}
	for p, v := range f.vectors {
		if own := sizes[p]; own != nil && norm(v) > 0 {
			scale := norm(own) / norm(v)
			for k := range v {
				v[k] *= scale
			}
		}
	}
	return f, nil
}

// Target is the concept whose directions the file has; "" where it does not say.
func (f *File) Target() string { return f.target }

// Points lists the points that the file has a direction of, by site and layer.
func (f *File) Points() []model.Point {
	var list []model.Point
	for p := range f.vectors {
		list = append(list, p)
	}
	slices.SortFunc(list, func(a, b model.Point) int {
		if a.Site != b.Site {
			return strings.Compare(string(a.Site), string(b.Site))
		}
		return a.Layer - b.Layer
	})
	return list
}

// readVectors reads all vectors of a method.
func readVectors(t *weights.Safetensors, method string) (map[model.Point][]float64, error) {
	vectors := map[model.Point][]float64{}
	for name := range t.Names() {
		of, p, ok := parseName(name)
		if !ok || of != method {
			continue
		}
		tensor, err := t.Tensor(name)
		if err != nil {
			return nil, err
		}
		if len(tensor.Shape) != 1 {
			return nil, fmt.Errorf("%s: want a vector [D], have shape %v", name, tensor.Shape)
		}
		v := make([]float64, 0, tensor.Shape[0])
		for _, x := range tensor.Floats() {
			v = append(v, float64(x))
		}
		vectors[p] = v
	}
	return vectors, nil
}

// parseName reads "<method>.<site>.<layer>"; a method may hold points.
func parseName(name string) (method string, p model.Point, ok bool) {
	rest, layer, ok := cutLast(name)
	n, err := strconv.Atoi(layer)
	if !ok || err != nil || n < 0 || strconv.Itoa(n) != layer {
		return "", p, false
	}
	method, site, ok := cutLast(rest)
	return method, model.Point{Site: model.Site(site), Layer: n}, ok && method != "" && site != ""
}

// cutLast cuts a text at its last point.
func cutLast(text string) (before, after string, ok bool) {
	i := strings.LastIndexByte(text, '.')
	if i < 0 {
		return text, "", false
	}
	return text[:i], text[i+1:], true
}

// methods lists the methods of a file.
func methods(t *weights.Safetensors) []string {
	var list []string
	for name := range t.Names() {
		if m, _, ok := parseName(name); ok && m != controlMean {
			list = append(list, m)
		}
	}
	slices.Sort(list)
	return slices.Compact(list)
}

// of finds a target's vector among some.
func (f *File) of(vectors map[model.Point][]float64, what, target string, p model.Point) ([]float64, error) {
	if f.target != "" && target != f.target {
		return nil, fmt.Errorf("%s: want the direction of %q, have that of %q", f.path, target, f.target)
	}
	v, ok := vectors[p]
	if !ok {
		return nil, fmt.Errorf("%s: want a tensor %s.%s, have none", f.path, what, p)
	}
	return v, nil
}

// Difference implements Vectors.
func (f *File) Difference(target string, p model.Point) ([]float64, error) {
	return f.of(f.vectors, f.method, target, p)
}

// Controls implements Vectors.
func (f *File) Controls(target string, p model.Point) ([]float64, error) {
	return f.of(f.controls, controlMean, target, p)
}

// Pair implements Vectors: a file has no means of single controls.
func (f *File) Pair(string, string, model.Point) ([]float64, error) {
	return nil, fmt.Errorf("%s: pairs of concepts need a dataset, as a file has one direction for all", f.path)
}
