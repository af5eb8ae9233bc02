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

// meterFormats are forms that a weight matrix can be packed in, by name.
var meterFormats = []struct {
	name   string
	format kernel.Format
	codes  int // 0, or how many codes there are, from 0 on
}{
	{name: "f32", format: kernel.Float32},
	{name: "bf16", format: kernel.BFloat16},
	{name: "q8", format: kernel.Codes(-128, 127, 32, false), codes: 128},
	{name: "q4", format: kernel.Codes(0, 15, 32, true), codes: 16},
}

// WeightFormats lists the forms that a weight matrix can be packed in: "f32",
// "bf16", and those of the GGUF types Q8_0 ("q8") and Q4_1 ("q4").
func WeightFormats() []string {
	var names []string
	for _, f := range meterFormats {
		names = append(names, f.name)
	}
	return names
}

// PackedMatrix is a weight matrix W [N, K] packed for products.
type PackedMatrix struct{ w *kernel.Weight }

// Bytes returns the memory the matrix takes.
func (p PackedMatrix) Bytes() int64 { return p.w.Bytes() }

// Pack packs a matrix [n, k] in one of WeightFormats. row(dst, i) writes row i
// into dst [k] and is called concurrently.
func (m *Meter) Pack(format string, n, k int, row func(dst []float32, i int)) (PackedMatrix, error) {
	i := slices.Index(WeightFormats(), format)
	if i < 0 {
		return PackedMatrix{}, fmt.Errorf("weight format: want one of %s, have %q", strings.Join(WeightFormats(), ", "), format)
	}
	f := meterFormats[i]
	if f.codes > 0 && k%32 != 0 {
		return PackedMatrix{}, fmt.Errorf("weight format %s: want k in whole groups of 32, have %d", format, k)
	}
	return PackedMatrix{kernel.PackWeight(m.pool, kernel.Rows{
		N: n, K: k, Format: f.format, Row: row,
		// What the values are does not matter to the speed: codes in turn.
		Codes: func(codes []int8, scales, offsets []float32, i int) {
			for j := range codes {
				codes[j] = int8((i + j) % f.codes)
			}
			for j := range scales {
				scales[j], offsets[j] = 1/float32(f.codes), -0.5
			}
		},
	})}, nil
}

// Multiply computes out [rows, N] = x [rows, K] · Wᵀ.
func (m *Meter) Multiply(out, x []float32, rows int, w PackedMatrix) {
	m.pool.MatMul(x, rows, kernel.Product{W: w.w, Out: out})
}

// ProductFlop returns the floating-point operations of the machine's products
// for one token of a batch whose rows are all selected: 2·N·K of each weight
// matrix [N, K]. The vocabulary head is not counted, nor is attention.
func (m *Machine) ProductFlop() int64 {
	var n int64
	for _, o := range m.order {
		if o.linear != nil && !slices.Contains(m.taps[o], Point{Site: Logits}) {
			n += 2 * int64(o.linear.w.Rows()) * int64(o.linear.w.Cols())
		}
	}
	return n
}
