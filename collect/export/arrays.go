package export

import (
	"encoding/binary"
	"fmt"
	"iter"

	"premlp/collect/dataset"
)

// array is one array of an npz or safetensors file.
type array struct {
	name  string
	dtype string // F32, F16, BF16, I32 or U8
	shape []int
	bytes iter.Seq2[[]byte, error] // little-endian, row-major
}

var typeNames = map[dataset.DType]string{dataset.F32: "F32", dataset.F16: "F16", dataset.BF16: "BF16"}

// arrays lists what both forms hold, in the order of writing: the index of the
// rows, the questions, and per site and layer the rows and their statistics.
// widen writes bfloat16 as float32.
func (s *source) arrays(widen bool) ([]array, error) {
	rows := int(s.m.Rows)
	list := s.index()
	size, bytes, err := s.file("questions.jsonl")
	if err != nil {
		return nil, err
	}
	list = append(list, array{"questions.jsonl", "U8", []int{int(size)}, bytes})
	for _, site := range s.sites {
		for _, layer := range s.m.Layers {
			a := array{name: fmt.Sprintf("%s.%d", site, layer), shape: []int{rows, s.m.Dim}}
			if widen && s.m.DType == dataset.BF16 {
				a.dtype, a.bytes = "F32", s.floats(site, layer)
			} else {
				a.dtype, a.bytes = typeNames[s.m.DType], s.stored(site, layer)
			}
			list = append(list, a)
			if n := s.m.StatsPerRow[site]; n > 0 {
				list = append(list, array{a.name + ".stats", "F32", []int{rows, n}, s.stats(site, layer)})
			}
		}
	}
	return list, nil
}

// index says of every row what it is: one int32 each.
func (s *source) index() []array {
	add := func(b []byte, v int) []byte { return binary.LittleEndian.AppendUint32(b, uint32(int32(v))) }
	repeat := func(b []byte, v int, q *dataset.Question) []byte {
		for range q.Rows {
			b = add(b, v)
		}
		return b
	}
	columns := []struct {
		name   string
		values func(b []byte, i int, q *dataset.Question) []byte
	}{
		{"question", func(b []byte, i int, q *dataset.Question) []byte { return repeat(b, i, q) }},
		{"position", func(b []byte, _ int, q *dataset.Question) []byte {
			for _, p := range q.Rows {
				b = add(b, int(p))
			}
			return b
		}},
		{"token", func(b []byte, _ int, q *dataset.Question) []byte {
			for _, p := range q.Rows {
				b = add(b, int(q.IDs[p]))
			}
			return b
		}},
		{"concept", func(b []byte, _ int, q *dataset.Question) []byte { return repeat(b, s.concept[q.Concept], q) }},
		{"set", func(b []byte, _ int, q *dataset.Question) []byte { return repeat(b, setIndex(q), q) }},
	}
	var list []array
	for _, c := range columns {
		list = append(list, array{c.name, "I32", []int{int(s.m.Rows)}, s.column(c.values)})
	}
	return list
}

// setIndex is a question's place in Sets.
func setIndex(q *dataset.Question) int {
	if q.Set == dataset.Target {
		return 1
	}
	return 0
}
