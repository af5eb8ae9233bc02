package bench

import (
	"errors"

	"premlp/layers"
)

// Product multiplies x [M, K] with packed weights W [N, K] over and over, for
// comparisons with other programs.
type Product struct {
	meter  *layers.Meter
	rows   int
	x, out []float32
	w      layers.PackedMatrix
}

// NewProduct packs weights of the shape in one of layers.WeightFormats. The
// product is to be closed.
func NewProduct(s Shape, format string, threads int) (*Product, error) {
	m, err := layers.NewMeter(threadsOr(threads))
	if err != nil {
		return nil, err
	}
	w, err := packValues(m, format, s)
	if err != nil {
		m.Close()
		return nil, err
	}
	return &Product{meter: m, rows: s.M, x: values(s.M * s.K), out: make([]float32, s.M*s.N), w: w}, nil
}

// Run multiplies that many times.
func (p *Product) Run(times int) error {
	if times < 1 {
		return errors.New("product: want to run it once or more")
	}
	for range times {
		p.meter.Multiply(p.out, p.x, p.rows, p.w)
	}
	return nil
}

// Close ends the product's threads.
func (p *Product) Close() { p.meter.Close() }

// packValues packs a matrix [N, K] of values.
func packValues(m *layers.Meter, format string, s Shape) (layers.PackedMatrix, error) {
	return m.Pack(format, s.N, s.K, func(dst []float32, i int) {
		for j := range dst {
			dst[j] = value(i*s.K + j)
		}
	})
}

// values returns n values.
func values(n int) []float32 {
	x := make([]float32, n)
	for i := range x {
		x[i] = value(i)
	}
	return x
}

// value returns the i-th of a list of values from -0.5 to 0.5.
func value(i int) float32 { return float32(i*7919%1009)/1009 - 0.5 }
