package dataset

import "fmt"

// Raw lays out the raw form of a dataset's questions: one question's activations
// as its frame holds them, without the frame. For each site in the manifest's
// order there are the values [layers, n, D] in the manifest's dtype and behind
// them, where the site has any, the statistics of its norm, float32 [layers, n,
// StatsPerRow]; all little-endian, nothing between them. The raw form does not
// depend on where in the rows files the question comes to lie.
type Raw struct {
	layers []int
	kinds  []blockKind
}

// NewRaw lays out questions of a manifest, of which it looks at sites, layers,
// dtype, dim and statistics.
func NewRaw(m *Manifest) *Raw { return &Raw{m.Layers, blockKinds(m)} }

// blockKinds are the kinds of values in every frame, in order.
func blockKinds(m *Manifest) []blockKind {
	var kinds []blockKind
	for _, site := range m.Sites {
		kinds = append(kinds, blockKind{name: site, site: site, dtype: m.DType, width: m.Dim})
		if n := m.StatsPerRow[site]; n > 0 {
			kinds = append(kinds, blockKind{name: site + ".scale", site: site, stats: true, dtype: F32, width: n})
		}
	}
	return kinds
}

// Size is the length of the raw form of a question with n rows.
func (r *Raw) Size(n int) int64 {
	var size int64
	for k := range r.kinds {
		size += int64(len(r.layers)) * r.kinds[k].size(n)
	}
	return size
}

// Put stores a question's n rows of one site and layer, the one of index layer
// in the manifest's list, in its raw form: data [n, D] and stats [n,
// StatsPerRow]. Values that are not finite, or not once stored, are an error.
func (r *Raw) Put(raw []byte, n int, site string, layer int, data, stats []float32) error {
	var at int64
	found := false
	for k := range r.kinds {
		kind := &r.kinds[k]
		size := kind.size(n)
		if kind.site == site {
			found = true
			values := data
			if kind.stats {
				values = stats
			}
			if want := n * kind.width; len(values) != want {
				return fmt.Errorf("%s: want %d values [%d rows, %d], have %d", kind.name, want, n, kind.width, len(values))
			}
			from := at + int64(layer)*size
			if _, bad := appendValues(raw[from:from:from+size], kind.dtype, values); bad >= 0 {
				return fmt.Errorf("%s: layer %d: row %d: want finite values of %s, have %v at %d",
					kind.name, r.layers[layer], bad/kind.width, kind.dtype, values[bad], bad%kind.width)
			}
		}
		at += int64(len(r.layers)) * size
	}
	if !found {
		return fmt.Errorf("%s: not a site of the dataset", site)
	}
	return nil
}

// AddRaw adds questions from index on, as AddAll does, of which raw holds the
// raw forms. They may be used again when it returns.
func (w *Writer) AddRaw(index int, raw [][]byte) error {
	return w.addEach(index, len(raw), func(b []byte, i int, q *Question) ([]byte, error) {
		return w.plan.encodeRaw(b, i, q.Rows, raw[i-index])
	})
}

// encodeRaw appends to b the frame of question index, whose activations are in
// raw, with its header left empty.
func (p *plan) encodeRaw(b []byte, index int, positions []int32, raw []byte) ([]byte, error) {
	l, err := p.layout(index, positions, p.frames[index].offset)
	if err != nil {
		return b, err
	}
	var want int64
	for _, place := range l.blocks {
		want += place.size
	}
	if int64(len(raw)) != want {
		return b, fmt.Errorf("raw: want %d bytes of %d rows, have %d", want, len(positions), len(raw))
	}
	b = append(b, make([]byte, frameHeader)...)
	n := len(positions)
	for k, place := range l.blocks {
		values := raw[:place.size]
		raw = raw[place.size:]
		if bad := notFinite(place.dtype, values); bad >= 0 {
			return b, fmt.Errorf("%s: layer %d: row %d: want finite values, have NaN or infinity at %d",
				place.name, p.m.Layers[bad/place.width/n], bad/place.width%n, bad%place.width)
		}
		b = append(append(b, l.fixed[k]...), values...)
	}
	return b, nil
}
