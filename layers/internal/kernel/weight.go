package kernel

// PanelWidth is the number of rows of a weight matrix that lie together in a
// panel, so that a kernel reads PanelWidth neighbouring outputs at each k.
const PanelWidth = 32

// Weight is a matrix W [N, K] packed for the product x·Wᵀ. Panel p holds rows
// [32p, 32p+32) of W as [K][32]; rows past N are zero.
type Weight struct {
	N, K   int
	panels []float32 // [ceil(N/32)][K][32]
}

// PackWeight packs the matrix whose row i is what row(dst, i) writes into
// dst [k]. Panels are packed in parallel, so row must be safe for concurrent
// calls.
func PackWeight(p *Pool, n, k int, row func(dst []float32, i int)) *Weight {
	count := (n + PanelWidth - 1) / PanelWidth
	w := &Weight{N: n, K: k, panels: make([]float32, count*k*PanelWidth)}
	p.Run(count, func(i int) {
		panel, buf := w.panel(i), make([]float32, k)
		for j := range min(PanelWidth, n-i*PanelWidth) {
			row(buf, i*PanelWidth+j)
			for c, v := range buf {
				panel[c*PanelWidth+j] = v
			}
		}
	})
	return w
}

// Bytes returns the memory the packed matrix takes.
func (w *Weight) Bytes() int64 { return int64(len(w.panels)) * 4 }

// PackedBytes returns the memory that a matrix [n, k] takes when packed.
func PackedBytes(n, k int) int64 {
	return int64((n+PanelWidth-1)/PanelWidth) * int64(k) * PanelWidth * 4
}

// count returns the number of panels.
func (w *Weight) count() int { return (w.N + PanelWidth - 1) / PanelWidth }

// panel returns panel i, [K][32].
func (w *Weight) panel(i int) []float32 {
	size := w.K * PanelWidth
	return w.panels[i*size : (i+1)*size]
}
