package export

import (
	"context"
	"encoding/binary"
	"io"
	"iter"
	"math"
	"os"
	"path/filepath"

	"premlp/collect/dataset"
)

// Sets are the names that the index array "set" counts: 0 control, 1 target.
var Sets = []string{dataset.Control, dataset.Target}

// source hands out a dataset's values in pieces, one question at a time.
type source struct {
	ctx      context.Context
	r        *dataset.Reader
	m        dataset.Manifest
	sites    []string       // those that are written
	concepts []string       // the target, then the others as they first appear
	concept  map[string]int // their places

	done, total int64 // bytes of stored values
	progress    func(done, total int64)
}

// newSource reads the questions once for their concepts.
func newSource(ctx context.Context, r *dataset.Reader, sites []string, progress func(done, total int64)) (*source, error) {
	m := r.Manifest()
	s := &source{ctx: ctx, r: r, m: m, sites: sites, concept: map[string]int{}, progress: progress}
	s.addConcept(m.Target)
	for q, err := range s.questions() {
		if err != nil {
			return nil, err
		}
		s.addConcept(q.Concept)
	}
	s.total = m.Rows * int64(m.Dim*m.DType.Size()*len(m.Layers)*len(sites))
	return s, nil
}

func (s *source) addConcept(name string) {
	if _, ok := s.concept[name]; !ok {
		s.concept[name] = len(s.concepts)
		s.concepts = append(s.concepts, name)
	}
}

// questions walks over the questions until the context ends.
func (s *source) questions() dataset.Source {
	return func(yield func(*dataset.Question, error) bool) {
		for q, err := range s.r.Questions() {
			if err == nil {
				err = s.ctx.Err()
			}
			if !yield(q, err) || err != nil {
				return
			}
		}
	}
}

// read counts the stored values of one question, site and layer as read.
func (s *source) read(values int) {
	s.done += int64(values * s.m.DType.Size())
	if s.progress != nil {
		s.progress(s.done, s.total)
	}
}

// stored is one site and layer as stored, [rows, D], little-endian.
func (s *source) stored(site string, layer int) iter.Seq2[[]byte, error] {
	return s.pieces(func(i int, b []byte) ([]byte, error) {
		b, err := s.r.AppendRaw(b, i, site, layer)
		s.read(len(b) / s.m.DType.Size())
		return b, err
	})
}

// floats is one site and layer as float32, [rows, D].
func (s *source) floats(site string, layer int) iter.Seq2[[]byte, error] {
	var x []float32
	return s.pieces(func(i int, b []byte) ([]byte, error) {
		var err error
		x, err = s.r.Rows(i, site, layer, x)
		s.read(len(x))
		return appendFloats(b, x), err
	})
}

// stats is the norm's statistics of one site and layer, [rows, StatsPerRow].
func (s *source) stats(site string, layer int) iter.Seq2[[]byte, error] {
	var x []float32
	return s.pieces(func(i int, b []byte) ([]byte, error) {
		var err error
		x, err = s.r.Stats(i, site, layer, x)
		return appendFloats(b, x), err
	})
}

// column is one int32 per row, [rows].
func (s *source) column(values func(b []byte, i int, q *dataset.Question) []byte) iter.Seq2[[]byte, error] {
	return s.pieces(func(i int, b []byte) ([]byte, error) {
		q, err := s.r.Question(i)
		if err != nil {
			return nil, err
		}
		return values(b, i, q), nil
	})
}

// pieces walks over the questions; a piece is valid until the next.
func (s *source) pieces(piece func(i int, b []byte) ([]byte, error)) iter.Seq2[[]byte, error] {
	return func(yield func([]byte, error) bool) {
		var b []byte
		for i := range s.r.Len() {
			err := s.ctx.Err()
			if err == nil {
				b, err = piece(i, b[:0])
			}
			if !yield(b, err) || err != nil {
				return
			}
		}
	}
}

// file is a file of the dataset's folder.
func (s *source) file(name string) (size int64, bytes iter.Seq2[[]byte, error], err error) {
	path := filepath.Join(s.r.Dir(), name)
	info, err := os.Stat(path)
	if err != nil {
		return 0, nil, err
	}
	return info.Size(), func(yield func([]byte, error) bool) {
		f, err := os.Open(path)
		if err != nil {
			yield(nil, err)
			return
		}
		defer f.Close()
		b := make([]byte, 1<<16)
		for {
			n, err := f.Read(b)
			if n > 0 && !yield(b[:n], nil) {
				return
			}
			if err == io.EOF {
				return
			}
			if err != nil {
				yield(nil, err)
				return
			}
		}
	}, nil
}

func appendFloats(b []byte, x []float32) []byte {
	for _, v := range x {
		b = binary.LittleEndian.AppendUint32(b, math.Float32bits(v))
	}
	return b
}
