package layers

import (
	"fmt"
	"slices"
	"strings"
	"sync/atomic"

	"premlp/layers/internal/kernel"
)

// Meter runs single kernels for package bench: products, and the loops that say
// what the processor can do at most. It serves one caller at a time.
type Meter struct {
	pool *Pool
	peak kernel.Peak
}

// NewMeter returns a meter of that many threads, at least one. It fails where
// PREMLP_KERNEL names a kernel that this machine has not.
func NewMeter(threads int) (*Meter, error) {
	k, err := kernel.Select()
	if err != nil {
		return nil, err
	}
	return &Meter{pool: kernel.NewPool(threads, k), peak: kernel.FindPeak()}, nil
}

// Close ends the meter's threads.
func (m *Meter) Close() { m.pool.Close() }

// PeakLoop names the instructions that MultiplyAdds runs, "avx512" or "avx2"; it is
// empty in a build without assembly, where the peak cannot be measured.
func (m *Meter) PeakLoop() string { return m.peak.Loop }

// meterChunks is how many pieces a thread's share of MultiplyAdds is cut into, so
// that a thread that starts late takes fewer.
const meterChunks = 16

// MultiplyAdds runs that many rounds of fused multiply-adds on the registers of
// every thread and returns the floating-point operations of all: 0 where
// PeakLoop is empty.
func (m *Meter) MultiplyAdds(rounds int) int64 {
	var done atomic.Int64
	m.pool.Run(m.pool.Threads()*meterChunks, func(int) { done.Add(m.peak.Multiply(rounds / meterChunks)) })
	return done.Load()
}

// Read reads data once, its pieces shared among the threads.
func (m *Meter) Read(data []float32) {
	const piece = 1 << 20 // 4 MiB
	n := (len(data) + piece - 1) / piece
	m.pool.Run(n, func(i int) { m.peak.Read(data[i*piece : min((i+1)*piece, len(data))]) })
}

// WeightFormats lists the forms that a weight matrix can be packed in.
func WeightFormats() []string { return []string{"f32"} }

// PackedMatrix is a weight matrix W [N, K] packed for products.
type PackedMatrix struct{ w *kernel.Weight }

// Bytes returns the memory the matrix takes.
func (p PackedMatrix) Bytes() int64 { return p.w.Bytes() }

// Pack packs a matrix [n, k] in one of WeightFormats. row(dst, i) writes row i
// into dst [k] and is called concurrently.
func (m *Meter) Pack(format string, n, k int, row func(dst []float32, i int)) (PackedMatrix, error) {
	if !slices.Contains(WeightFormats(), format) {
		return PackedMatrix{}, fmt.Errorf("weight format: want one of %s, have %q", strings.Join(WeightFormats(), ", "), format)
	}
	return PackedMatrix{kernel.PackWeight(m.pool, n, k, row)}, nil
}

// Multiply computes out [rows, N] = x [rows, K] · Wᵀ.
func (m *Meter) Multiply(out, x []float32, rows int, w PackedMatrix) {
	m.pool.MatMul(x, rows, kernel.Product{W: w.w, Out: out})
}

// ProductFlop returns the floating-point operations of the machine's products
// for one token of a batch: 2·N·K of each weight matrix [N, K]. Products of
// selected rows alone, as the vocabulary head's, are not counted, nor is
// attention.
func (m *Machine) ProductFlop() int64 {
	var n int64
	for _, o := range m.order {
		if o.linear != nil && !o.selected {
			n += 2 * int64(o.linear.w.Rows()) * int64(o.linear.w.Cols())
		}
	}
	return n
}
