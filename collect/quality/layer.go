package quality

import (
	"hash/maphash"
	"math"
	"slices"

	"premlp/collect/dataset"
)

// scratch measures one layer after another in the same memory.
type scratch struct {
	r    *dataset.Reader
	ix   *index
	dim  int
	x    []float32 // [rows, D]
	sets [2][]int  // rows of the control set and of the target set
	copy []bool    // per row: it has the bits of an earlier one
	z    []float64 // per row: how far it lies from others of its token
}

func newScratch(r *dataset.Reader, ix *index) *scratch {
	return &scratch{r: r, ix: ix, dim: r.Manifest().Dim, sets: [2][]int{ix.pick(false), ix.pick(true)}}
}

// row is row k of the layer.
func (s *scratch) row(k int) []float32 { return s.x[k*s.dim : (k+1)*s.dim] }

// measure fills in l, whose site and layer are set.
func (s *scratch) measure(l *Layer) error {
	if err := s.load(l.Site, l.Layer); err != nil {
		return err
	}
	control, target := s.sets[0], s.sets[1]
	l.Control = Set{Rows: len(control), NotFinite: s.notFinite(control), Outliers: []Outlier{}}
	l.Target = Set{Rows: len(target), NotFinite: s.notFinite(target), Outliers: []Outlier{}}
	if l.Control.NotFinite+l.Target.NotFinite == 0 {
		s.findCopies()
		s.findOutliers()
		s.fill(&l.Control, control)
		s.fill(&l.Target, target)
		between := dot(s.meanUnit(control), s.meanUnit(target))
		l.Between = &between
		l.Drift = s.drift()
	}
	l.check(s.dim)
	return nil
}

// load reads the rows of a site and layer.
func (s *scratch) load(site string, layer int) error {
	s.x = slices.Grow(s.x[:0], len(s.ix.rows)*s.dim)
	var part []float32
	for i := range s.ix.questions {
		var err error
		if part, err = s.r.Rows(i, site, layer, part); err != nil {
			return err
		}
		s.x = append(s.x, part...)
	}
	return nil
}

// findCopies marks rows that have the bits of an earlier row.
func (s *scratch) findCopies() {
	s.copy = make([]bool, len(s.ix.rows))
	seed, first := maphash.MakeSeed(), map[uint64][]int{}
	var h maphash.Hash
	for k := range s.ix.rows {
		h.SetSeed(seed)
		x := s.row(k)
		for _, v := range x {
			u := math.Float32bits(v)
			h.Write([]byte{byte(u), byte(u >> 8), byte(u >> 16), byte(u >> 24)})
		}
		sum := h.Sum64()
		s.copy[k] = slices.ContainsFunc(first[sum], func(j int) bool { return sameBits(s.row(j), x) })
		if !s.copy[k] {
			first[sum] = append(first[sum], k)
		}
	}
}

func sameBits(a, b []float32) bool {
	return slices.EqualFunc(a, b, func(x, y float32) bool { return math.Float32bits(x) == math.Float32bits(y) })
}

// notFinite counts values that are NaN or infinite.
func (s *scratch) notFinite(rows []int) int {
	n := 0
	for _, k := range rows {
		for _, v := range s.row(k) {
			if math.Float32bits(v)&0x7f800000 == 0x7f800000 {
				n++
			}
		}
	}
	return n
}

// fill measures the rows of one set.
func (s *scratch) fill(set *Set, rows []int) {
	for _, k := range rows {
		if s.copy[k] {
			set.Duplicates++
		}
	}
	set.Norms = spread(s.norms(rows))
	set.Outliers, set.Outlying = s.outliers(rows)
	set.Dead, set.Saturated = s.coordinates(rows)
	set.Rank = s.rank(rows, s.mean(rows))
	set.Cosine = s.cosine(rows)
}

// mean is the mean of rows, in float64.
func (s *scratch) mean(rows []int) []float64 {
	mean := make([]float64, s.dim)
	for _, k := range rows {
		for d, v := range s.row(k) {
			mean[d] += float64(v)
		}
	}
	for d := range mean {
		mean[d] /= float64(len(rows))
	}
	return mean
}

func dot(a, b []float64) float64 {
	sum := 0.0
	for d, v := range a {
		sum += v * b[d]
	}
	return sum
}

// cosineOf is the cosine of two vectors, 0 where one is 0.
func cosineOf(a, b []float64) float64 {
	l := math.Sqrt(dot(a, a)) * math.Sqrt(dot(b, b))
	if l == 0 {
		return 0
	}
	return dot(a, b) / l
}
