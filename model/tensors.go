package model

import (
	"bytes"
	"cmp"
	"fmt"
	"maps"
	"math"
	"slices"
	"strings"

	"premlp/layers"
	"premlp/weights"
)

// TensorDifference says whether two safetensors files hold the same tensors, and
// if not, how they differ. Their metadata is compared key by key.
type TensorDifference struct {
	A    string `json:"a"`
	B    string `json:"b"`
	Same bool   `json:"same"` // the same tensors, bit by bit, and the same metadata
	// Comparable is false where both files name an arithmetic, and not the same one:
	// other bits say nothing then, and only distances are told.
	Comparable bool        `json:"bits_comparable"`
	Metadata   []MetaField `json:"metadata"`
	OnlyA      []string    `json:"only_a"`   // tensors that B has not
	OnlyB      []string    `json:"only_b"`   // tensors that A has not
	Compared   int         `json:"compared"` // tensors that both have
	// Tensors that differ, in the order of computation where their names are those
	// of places in a model, else by name.
	Tensors []TensorOff `json:"tensors"`
}

// MetaField is a key of the metadata in which two files differ.
type MetaField struct {
	Key string `json:"key"`
	A   string `json:"a"`
	B   string `json:"b"`
}

// TensorOff is a tensor that differs. Distances are measured from A's rows.
type TensorOff struct {
	Name string `json:"name"`
	// Why it cannot be told how far apart they are: other shapes, a type that is
	// not read. "" where Distances are told.
	Why   string     `json:"why,omitempty"`
	Types *[2]string `json:"types,omitempty"` // where they are stored in other ones
	Row   int        `json:"row"`             // the first that differs
	Value int        `json:"value"`           // the first of it
	Distances
}

// CompareTensors compares two safetensors files, as dump and directions write them.
func CompareTensors(a, b *weights.Safetensors) (*TensorDifference, error) {
	d := &TensorDifference{Comparable: true, Metadata: []MetaField{}, OnlyA: []string{}, OnlyB: []string{}, Tensors: []TensorOff{}}
	d.compareMeta(a.Meta(), b.Meta())
	types := [2]map[string]weights.Entry{entries(a), entries(b)}
	for _, name := range byComputation(slices.Collect(maps.Keys(types[0]))) {
		if _, ok := types[1][name]; !ok {
			d.OnlyA = append(d.OnlyA, name)
			continue
		}
		d.Compared++
		off, err := compareTensor(a, b, types[0][name], types[1][name])
		if err != nil {
			return nil, err
		}
		if off != nil {
			d.Tensors = append(d.Tensors, *off)
		}
	}
	for _, name := range byComputation(slices.Collect(maps.Keys(types[1]))) {
		if _, ok := types[0][name]; !ok {
			d.OnlyB = append(d.OnlyB, name)
		}
	}
	d.Same = len(d.Metadata)+len(d.OnlyA)+len(d.OnlyB)+len(d.Tensors) == 0
	return d, nil
}

func (d *TensorDifference) compareMeta(a, b map[string]string) {
	all := maps.Clone(a)
	if all == nil {
		all = map[string]string{}
	}
	maps.Copy(all, b)
	for _, key := range slices.Sorted(maps.Keys(all)) {
		if a[key] != b[key] {
			d.Metadata = append(d.Metadata, MetaField{key, a[key], b[key]})
		}
	}
	const key = "arithmetic"
	d.Comparable = a[key] == "" || b[key] == "" || a[key] == b[key]
}

func entries(s *weights.Safetensors) map[string]weights.Entry {
	list := map[string]weights.Entry{}
	for _, e := range s.Entries() {
		list[e.Name] = e
	}
	return list
}

// byComputation sorts names of tensors: by what stands before a point, then the
// ids, the blocks in order and the logits; other names by themselves.
func byComputation(names []string) []string {
	type place struct {
		prefix      string
		layer, site int
	}
	of := func(name string) place {
		switch last := name[strings.LastIndexByte(name, '.')+1:]; last {
		case "ids":
			return place{strings.TrimSuffix(name, last), -1, 0}
		case string(layers.Logits):
			return place{strings.TrimSuffix(name, last), 1 << 30, 0}
		}
		if parts := strings.Split(name, "."); len(parts) > 1 {
			point := strings.Join(parts[len(parts)-2:], ".")
			if p, err := parsePoint(point); err == nil {
				return place{strings.TrimSuffix(name, point), p.Layer, slices.Index(layers.BlockSites, p.Site)}
			}
		}
		return place{prefix: name}
	}
	slices.SortFunc(names, func(a, b string) int {
		x, y := of(a), of(b)
		return cmp.Or(cmp.Compare(x.prefix, y.prefix), cmp.Compare(x.layer, y.layer), cmp.Compare(x.site, y.site), cmp.Compare(a, b))
	})
	return names
}

// compareTensor returns how a tensor that both files have differs, nil where it
// does not.
func compareTensor(a, b *weights.Safetensors, x, y weights.Entry) (*TensorOff, error) {
	off := &TensorOff{Name: x.Name}
	if !slices.Equal(x.Shape, y.Shape) {
		off.Why = fmt.Sprintf("shapes %v and %v", x.Shape, y.Shape)
		return off, nil
	}
	whole := []string{"I32", "I64"}
	if x.Type == y.Type && slices.Contains(whole, x.Type) {
		return compareInts(a, b, x.Name)
	}
	if x.Type != y.Type {
		off.Types = &[2]string{x.Type, y.Type}
	}
	ta, err := a.Tensor(x.Name)
	if err != nil {
		off.Why = err.Error()
		return off, nil
	}
	tb, err := b.Tensor(x.Name)
	if err != nil {
		off.Why = err.Error()
		return off, nil
	}
	want, have := make([]float32, ta.Cols()), make([]float32, tb.Cols())
	differs := x.Type != y.Type
	for i := range ta.Rows() {
		if x.Type == y.Type && bytes.Equal(ta.RawRow(i), tb.RawRow(i)) {
			off.Add(Distance{Cosine: 1})
			continue
		}
		ta.Row(want, i)
		tb.Row(have, i)
		off.Add(RowDistance(want, have))
		if at := firstOther(want, have); !differs && at >= 0 {
			differs, off.Row, off.Value = true, i, at
		}
	}
	if !differs {
		return nil, nil
	}
	return off, nil
}

// firstOther is the first value with other bits, -1 where there is none.
func firstOther(a, b []float32) int {
	for i := range a {
		if math.Float32bits(a[i]) != math.Float32bits(b[i]) {
			return i
		}
	}
	return -1
}

// compareInts compares numbers: token ids.
func compareInts(a, b *weights.Safetensors, name string) (*TensorOff, error) {
	x, err := a.Ints(name)
	if err != nil {
		return nil, err
	}
	y, err := b.Ints(name)
	if err != nil {
		return nil, err
	}
	for i := range x {
		if x[i] != y[i] {
			return &TensorOff{Name: name, Why: fmt.Sprintf("value %d: %d and %d", i, x[i], y[i]), Value: i}, nil
		}
	}
	return nil, nil
}
