package kernel

import "unsafe"

// PanelWidth is the number of rows of a weight matrix that lie together in a
// panel, so that a kernel reads PanelWidth neighbouring outputs at each k.
const PanelWidth = 32

// Weight is a matrix W [N, K] packed for the product x·Wᵀ. Panel p holds rows
// [32p, 32p+32) of W as [K][32] values of a format; rows past N are zero.
type Weight struct {
	N, K   int
	format Format
	panels []byte // [ceil(N/32)] panels
}

// Rows is a matrix [N, K] that is packed. Its functions are called from several
// threads at once.
type Rows struct {
	N, K   int
	Format Format
	// Row writes row i to dst [K]; formats that are not codes are made from it.
	Row func(dst []float32, i int)
	// Codes writes row i as codes [K], and scales and offsets [K/group]; formats
	// without offsets leave those unwritten. Lowest is the lowest code.
	Codes  func(codes []int8, scales, offsets []float32, i int)
	Lowest int
}

// PackWeight packs a matrix, its panels in parallel.
func PackWeight(p *Pool, rows Rows) *Weight {
	rows.Format.check(rows.K)
	w := &Weight{N: rows.N, K: rows.K, format: rows.Format}
	size := rows.Format.panelBytes(rows.K)
	// As float32s, so that the bytes are aligned.
	values := make([]float32, w.count()*size/4)
	w.panels = unsafe.Slice((*byte)(unsafe.Pointer(unsafe.SliceData(values))), len(values)*4)
	p.share(w.count(), func(t *worker, i int) {
		first := i * PanelWidth
		rows.pack(t, w.panel(i), first, min(PanelWidth, rows.N-first))
	})
	return w
}

// pack writes rows [first, first+count) to a panel of zeros.
func (r *Rows) pack(t *worker, panel []byte, first, count int) {
	switch r.Format.kind {
	case codes8, codes4:
		r.packCodes(panel, first, count)
		return
	}
	row := t.scratch.take(r.K)
	for j := range count {
		r.Row(row, first+j)
		if r.Format == Pairs {
			packPairs(asFloats(panel)[j:], PanelWidth, row)
			continue
		}
		if r.Format.kind == float32s {
			out := asFloats(panel)[j:]
			for k, v := range row {
				out[k*PanelWidth] = v
			}
			continue
		}
		out := panel[j%16*4+j/16*2:]
		for k, v := range row {
			bits := *(*uint32)(unsafe.Pointer(&v))
			out[k*PanelWidth*2], out[k*PanelWidth*2+1] = byte(bits>>16), byte(bits>>24)
		}
	}
}

// packCodes writes rows [first, first+count) to a panel of zeros, as codes.
func (r *Rows) packCodes(panel []byte, first, count int) {
	f := r.Format
	groups := r.K / f.group
	codes := make([]int8, PanelWidth*r.K)
	scale, offset := make([]float32, groups), make([]float32, groups)
	for j := range count {
		r.Codes(codes[j*r.K:(j+1)*r.K], scale, offset, first+j)
		for g := range groups {
			line := asFloats(panel[g*f.groupBytes():])
			line[j] = scale[g]
			switch {
			case f.kind == codes4:
				line[PanelWidth+j] = offset[g] + float32(scale[g]*float32(r.Lowest))
			case f.offset:
				line[PanelWidth+j] = offset[g]
			}
		}
	}
	for g := range groups {
		group := panel[g*f.groupBytes() : (g+1)*f.groupBytes()]
		at := codes[g*f.group:]
		if f.kind == codes4 {
			packNibbles(group[2*PanelWidth*4:], at, r.K, r.Lowest, count)
			continue
		}
		group = group[len(group)-f.group*PanelWidth:]
		for j := range count {
			for k, c := range at[j*r.K:][:f.group] {
				group[k*PanelWidth+j] = byte(c)
			}
		}
	}
}

// packNibbles writes a group of codes4 [k][16], from the codes of count rows,
// stride apart. Rows past count keep the code 0.
func packNibbles(dst []byte, codes []int8, stride, lowest, count int) {
	n := len(dst) / (PanelWidth / 2)
	for j := range min(count, PanelWidth/2) {
		low := codes[j*stride:][:n]
		if j+PanelWidth/2 >= count {
			for k, c := range low {
				dst[k*PanelWidth/2+j] = byte(c - int8(lowest))
			}
			continue
		}
		high := codes[(j+PanelWidth/2)*stride:][:n]
		for k, c := range low {
			dst[k*PanelWidth/2+j] = byte(c-int8(lowest)) | byte(high[k]-int8(lowest))<<4
		}
	}
}

// Bytes returns the memory the packed matrix takes.
func (w *Weight) Bytes() int64 { return int64(len(w.panels)) }

// Format returns how the values are stored.
func (w *Weight) Format() Format { return w.format }

// PackedBytes returns the memory that a matrix [n, k] takes when packed.
func (f Format) PackedBytes(n, k int) int64 {
	return int64((n+PanelWidth-1)/PanelWidth) * int64(f.panelBytes(k))
}

// count returns the number of panels.
func (w *Weight) count() int { return (w.N + PanelWidth - 1) / PanelWidth }

// panel returns panel i.
func (w *Weight) panel(i int) []byte {
	size := w.format.panelBytes(w.K)
	return w.panels[i*size : (i+1)*size]
}

// after returns the stored block that a thread is likely to read after block b
// of panel i: the panel's next, else the first of the panel that follows
// those of the other threads. Empty: there is none.
func (w *Weight) after(i, b, threads int) []byte {
	k0 := (b + 1) * BlockK
	if k0 >= w.K {
		i, k0 = i+threads, 0
	}
	if i >= w.count() {
		return nil
	}
	return w.panel(i)[w.format.panelBytes(k0):w.format.panelBytes(min(k0+BlockK, w.K))]
}

// from returns the panels from i on.
func (w *Weight) from(i int) []byte { return w.panels[i*w.format.panelBytes(w.K):] }
