package bench

import (
	"context"
	"fmt"
	"strconv"
	"strings"

	"premlp/layers"
)

// Shape is a product x [M, K] · W [N, K]ᵀ.
type Shape struct {
	M int `json:"m"`
	K int `json:"k"`
	N int `json:"n"`
}

// ParseShape reads "m,k,n".
func ParseShape(text string) (Shape, error) {
	var s Shape
	parts := strings.Split(text, ",")
	for i, at := range []*int{&s.M, &s.K, &s.N} {
		n, err := 0, error(nil)
		if len(parts) == 3 {
			n, err = strconv.Atoi(strings.TrimSpace(parts[i]))
		}
		if err != nil || n < 1 {
			return Shape{}, fmt.Errorf("shape: want m,k,n, three positive numbers, have %q", text)
		}
		*at = n
	}
	return s, nil
}

// String returns "m,k,n".
func (s Shape) String() string { return fmt.Sprintf("%d,%d,%d", s.M, s.K, s.N) }

// flop returns the floating-point operations of the product.
func (s Shape) flop() float64 { return 2 * float64(s.M) * float64(s.K) * float64(s.N) }

var (
	// HotShapes are the products of SmolLM2-135M at 512 tokens, a large one, and
	// one of few rows.
	HotShapes = []Shape{{512, 576, 1536}, {512, 1536, 576}, {512, 576, 576}, {2048, 2048, 8192}, {16, 576, 1536}}
	// ColdShapes are those measured with weights that no cache holds.
	ColdShapes = []Shape{{1, 576, 1536}}
)

// KernelOptions says which products Kernels measures; Formats and Runs must be
// given.
type KernelOptions struct {
	Shapes    []Shape // with their weights in cache where they fit
	Cold      []Shape // with weights in rotation, larger than the last-level cache
	Formats   []string
	Threads   int   // 0: one per processor
	Runs      int   // of each product
	ColdBytes int64 // weights in rotation; 0: 256 MiB, or four times the last-level cache
	Machine   MachineOptions
	Progress  func(row string, done, total int) // may be nil
}

// KernelReport is what Kernels measured.
type KernelReport struct {
	Measure string      `json:"measure"` // "kernels"
	Machine *Machine    `json:"machine"`
	Threads int         `json:"threads"`
	Rows    []KernelRow `json:"rows"`
}

// KernelRow is one product.
type KernelRow struct {
	Shape
	Format   string `json:"format"`
	Cold     bool   `json:"cold"`
	Matrices int    `json:"matrices"` // in rotation
	Products int    `json:"products"` // in one timed run

	Times  Times   `json:"times"` // of one timed run
	GFLOPS Figure  `json:"gflops"`
	Peak   *Figure `json:"peak_gflops,omitempty"`   // of the processor, in turn with the product
	Share  *Figure `json:"share_of_peak,omitempty"` // of Peak's best

	Rate      *Figure `json:"gb_per_s,omitempty"`           // of packed weights, in cold rows
	Read      *Figure `json:"dram_read_gb_per_s,omitempty"` // of the memory, in turn with the product
	ReadShare *Figure `json:"share_of_read,omitempty"`      // of Read's best
}

// name says which row it is, for progress and tables.
func (r *KernelRow) name() string {
	state := "hot"
	if r.Cold {
		state = "cold"
	}
	return fmt.Sprintf("%s %s %s", r.Shape, r.Format, state)
}

// Kernels measures products, each in turn with the machine's peak and, where
// the weights come from memory, with reads of memory.
func Kernels(ctx context.Context, o KernelOptions) (*KernelReport, error) {
	o.Threads = threadsOr(o.Threads)
	o.Machine.Threads = o.Threads
	m, err := DescribeMachine(ctx, o.Machine)
	if err != nil {
		return nil, err
	}
	report := &KernelReport{Measure: "kernels", Machine: m, Threads: o.Threads, Rows: []KernelRow{}}
	if o.ColdBytes == 0 {
		o.ColdBytes = max(256<<20, 4*m.LastCache)
	}
	var readBytes int64
	if len(o.Cold) > 0 {
		readBytes = o.Machine.readBytes(m.LastCache)
	}
	l, err := newLimits(o.Threads, readBytes)
	if err != nil {
		return nil, err
	}
	defer l.close()
	for _, format := range o.Formats {
		for i, s := range append(o.Shapes[:len(o.Shapes):len(o.Shapes)], o.Cold...) {
			row := KernelRow{Shape: s, Format: format, Cold: i >= len(o.Shapes), Matrices: 1}
			if err := row.measure(ctx, l, o); err != nil {
				return nil, fmt.Errorf("%s: %w", row.name(), err)
			}
			report.Rows = append(report.Rows, row)
		}
	}
	return report, nil
}

// measure fills the row.
func (r *KernelRow) measure(ctx context.Context, l *limits, o KernelOptions) error {
	matrices, bytes, err := r.pack(l.meter, o.ColdBytes)
	if err != nil {
		return err
	}
	x, out := values(r.M*r.K), make([]float32, r.M*r.N)
	r.Products = len(matrices)
	if !r.Cold {
		r.Products = repeats(r.flop())
	}
	product := func(context.Context) error {
		for i := range r.Products {
			l.meter.Multiply(out, x, r.M, matrices[i%len(matrices)])
		}
		return nil
	}
	tasks := []Task{product, l.peak}
	if r.Cold {
		tasks = append(tasks, l.read)
	}
	times, err := Interleave(ctx, o.Runs, func(done, total int) {
		if o.Progress != nil {
			o.Progress(r.name(), done, total)
		}
	}, tasks...)
	if err != nil {
		return err
	}
	r.Times = times[0]
	r.GFLOPS = r.Times.per(float64(r.Products) * r.flop() / 1e9)
	if peak := l.peakOf(times[1]); peak.Best > 0 {
		r.Peak, r.Share = &peak, r.GFLOPS.of(peak)
	}
	if r.Cold {
		rate, read := r.Times.per(float64(bytes)/1e9), l.readOf(times[2])
		r.Rate, r.Read, r.ReadShare = &rate, &read, rate.of(read)
	}
	return nil
}

// pack makes the row's weights: one matrix, or as many as take coldBytes.
func (r *KernelRow) pack(m *layers.Meter, coldBytes int64) ([]layers.PackedMatrix, int64, error) {
	var list []layers.PackedMatrix
	var bytes int64
	for len(list) == 0 || r.Cold && bytes < coldBytes {
		w, err := packValues(m, r.Format, r.Shape)
		if err != nil {
			return nil, 0, err
		}
		list, bytes = append(list, w), bytes+w.Bytes()
	}
	r.Matrices = len(list)
	return list, bytes, nil
}

// repeats returns how often a product runs for one time: so often that it is
// about a millisecond or more, which clocks measure well, but no more than a
// thousand times.
func repeats(flop float64) int { return min(max(1, int(200e6/flop)), 1000) }
