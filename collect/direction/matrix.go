package direction

import (
	"context"
	"errors"
	"fmt"
	"math"

	"gonum.org/v1/gonum/floats"
)

// cacheValues is how many values of a layer are kept in memory as float64
// (1 GiB); larger layers are read anew for each pass. Tests set it.
var cacheValues = 1 << 27

// blockRows is about how many rows a pass hands out at once.
const blockRows = 512

// matrix is one site and layer of all rows, less their mean: nothing here
// depends on where the origin is, and second moments lose fewer digits.
type matrix struct {
	*design
	stop  func() error // the run's end before its time
	src   Source
	site  string
	layer int
	dim   int
	mean  []float64 // [D], of all rows
	means []float64 // [questions, D], each question's mean row less mean
	cache []float64 // [n, D], nil where it is too large
}

// load reads a layer.
func load(ctx context.Context, src Source, d *design, site string, layer int) (*matrix, error) {
	m := &matrix{design: d, stop: ctx.Err, src: src, site: site, layer: layer, dim: src.Manifest().Dim}
	m.mean = make([]float64, m.dim)
	m.means = make([]float64, len(d.questions)*m.dim)
	if d.rows <= cacheValues/m.dim {
		m.cache = make([]float64, d.rows*m.dim)
	}
	var r reader
	for i := range d.questions {
		q := &d.questions[i]
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		x, err := r.read(m, q)
		if err != nil {
			return nil, err
		}
		mean := m.question(i)
		for k := range q.n {
			floats.Add(mean, x[k*m.dim:(k+1)*m.dim])
		}
		floats.Add(m.mean, mean)
		floats.Scale(1/float64(q.n), mean)
		if m.cache != nil {
			copy(m.cache[q.first*m.dim:], x)
		}
	}
	floats.Scale(1/float64(d.rows), m.mean)
	for i := range d.questions {
		floats.Sub(m.question(i), m.mean)
	}
	for i := 0; i < len(m.cache); i += m.dim {
		floats.Sub(m.cache[i:i+m.dim], m.mean)
	}
	return m, nil
}

// question is the mean row of question i, [D].
func (m *matrix) question(i int) []float64 { return m.means[i*m.dim : (i+1)*m.dim] }

// each walks over the rows of questions [first, end) in blocks: x holds the
// rows of questions [from, to), [n, D]. It is valid until the next call.
func (m *matrix) each(first, end int, visit func(from, to int, x []float64)) error {
	var r reader
	var buffer []float64
	for from := first; from < end; {
		if err := m.stop(); err != nil {
			return fmt.Errorf("%w: %w", errRows, err)
		}
		to, n := from, 0
		for to < end && (to == from || n+m.questions[to].n <= blockRows) {
			n += m.questions[to].n
			to++
		}
		at := m.questions[from].first * m.dim
		if m.cache != nil {
			visit(from, to, m.cache[at:at+n*m.dim])
			from = to
			continue
		}
		buffer = buffer[:0]
		for i := from; i < to; i++ {
			x, err := r.read(m, &m.questions[i])
			if err != nil {
				return err
			}
			for k := 0; k < len(x); k += m.dim {
				floats.Sub(x[k:k+m.dim], m.mean)
			}
			buffer = append(buffer, x...)
		}
		visit(from, to, buffer)
		from = to
	}
	return nil
}

// errRows marks an error of reading rows, which ends the run.
var errRows = errors.New("rows")

// reader keeps the buffers of one pass.
type reader struct {
	raw  []float32
	wide []float64
}

// read gives a question's rows as stored, or their mean at question level.
func (r *reader) read(m *matrix, q *question) ([]float64, error) {
	raw, err := m.src.Rows(q.index, m.site, m.layer, r.raw)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", errRows, err)
	}
	if r.raw = raw; len(raw) != q.stored*m.dim {
		return nil, fmt.Errorf("%w: question %d, %s.%d: want %d values, have %d", errRows, q.index, m.site, m.layer, q.stored*m.dim, len(raw))
	}
	r.wide = r.wide[:0]
	for k, v := range raw {
		w := float64(v)
		if math.IsNaN(w) || math.IsInf(w, 0) {
			return nil, fmt.Errorf("%w: question %d, %s.%d: row %d: want finite values, have %v", errRows, q.index, m.site, m.layer, k/m.dim, v)
		}
		r.wide = append(r.wide, w)
	}
	if q.n < q.stored {
		x := r.wide[:m.dim]
		for k := m.dim; k < len(r.wide); k += m.dim {
			floats.Add(x, r.wide[k:k+m.dim])
		}
		floats.Scale(1/float64(q.stored), x)
		return x, nil
	}
	return r.wide, nil
}
