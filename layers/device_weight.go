package layers

import (
	"strings"

	"premlp/layers/internal/gpu"
	"premlp/weights"
)

// deviceWeight is a matrix [rows, cols] on the device, as the checkpoint stores it.
type deviceWeight struct {
	at         gpu.Pointer
	dtype      weights.DType
	rows, cols int
	rowBytes   int
	kernel     string      // that makes float32 of it; "" of float32
	table      gpu.Pointer // int8: the codes that its blocks number; 0: they number none
}

// row is where row i begins.
func (w deviceWeight) row(i int) gpu.Pointer { return w.at + gpu.Pointer(i*w.rowBytes) }

// factor is the weight of a product.
func (w deviceWeight) factor() factor {
	return factor{int64(w.rows), int64(w.cols), int64(w.rows) * int64(w.rowBytes)}
}

// from is w without its rows before one.
func (w deviceWeight) from(row int) deviceWeight {
	w.at, w.rows = w.row(row), w.rows-row
	return w
}

// goesOn reports whether other is more rows of w: of the same form, right behind it.
func (w deviceWeight) goesOn(other deviceWeight) bool {
	return w.rows > 0 && w.kernel == other.kernel && w.cols == other.cols && w.row(w.rows) == other.at
}

// expand writes rows of w as float32, [count, cols]: the first ones, or those that
// list, of int32 on the device, has.
func (d *onDevice) expand(out gpu.Pointer, w deviceWeight, list gpu.Pointer, count int) error {
	threads := min((w.cols+127)/128*32, elementThreads) // each has four values
	return d.Launch(w.kernel, gpu.Dim{X: min(count, mostBlocks)}, gpu.Dim{X: threads}, 0, out, w.at, w.table, list, number(count), number(w.cols))
}

// gatherRows is out[t] = w[list[t]].
func (c *deviceCall) gatherRows(w deviceWeight, list gpu.Pointer) error {
	if w.kernel == "" {
		return c.each("gather", c.Out.len(), c.Out.at, w.at, list, count(c.Out.len()), number(w.cols))
	}
	return c.d.expand(c.Out.at, w, list, c.Out.rows)
}

// sendStored uploads a matrix as it is stored, once for all graphs of a store.
func (s *Store) sendStored(d *onDevice, key string, t *weights.Tensor) (deviceWeight, error) {
	w := deviceWeight{dtype: t.DType, rows: t.Rows(), cols: t.Cols(), rowBytes: t.RowBytes()}
	var err error
	if t.DType != weights.F32 {
		w.kernel = "expand_" + strings.ToLower(t.DType.String())
	}
	if table := t.DType.Table(); table != nil {
		w.table, err = s.sendBytes(d, "codes of "+t.DType.String(), func() []byte { return gpu.BytesOf(table) })
	}
	if err == nil {
		w.at, err = s.sendBytes(d, key, t.Stored)
	}
	return w, err
}

// sendFloats uploads values.
func (s *Store) sendFloats(d *onDevice, key string, values func() []float32) (gpu.Pointer, error) {
	return s.sendBytes(d, key, func() []byte { return gpu.BytesOf(values()) })
}

// sendTensor uploads a small tensor as float32: kernels add it or multiply by it as
// it is.
func (s *Store) sendTensor(d *onDevice, key string, t *weights.Tensor) (gpu.Pointer, error) {
	return s.sendFloats(d, key, t.Floats)
}

// sendBytes uploads bytes once for all graphs of a store.
func (s *Store) sendBytes(d *onDevice, key string, bytes func() []byte) (gpu.Pointer, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	at := sentKey{d.Device, key}
	if m, ok := s.sent[at]; ok {
		return m.at, nil
	}
	if p, ok := s.within[at]; ok {
		return p, nil
	}
	x := bytes()
	size := int64(max(len(x), 1))
	p, err := d.Alloc(size)
	if err == nil {
		err = d.Upload(p, x)
	}
	if err == nil {
		s.sent[at] = deviceMemory{p, size}
	}
	return p, err
}

// sendTogether uploads matrices that ops of these keys multiply by, side by side, so
// that one launch can expand them: where they are of one form, and none is there yet.
func (s *Store) sendTogether(d *onDevice, keys []string, all []*weights.Tensor) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	var bytes int64
	for i, t := range all {
		_, sent := s.sent[sentKey{d.Device, keys[i]}]
		_, within := s.within[sentKey{d.Device, keys[i]}]
		if sent || within || t.DType == weights.F32 || t.DType != all[0].DType || t.Cols() != all[0].Cols() {
			return nil
		}
		bytes += int64(t.Rows()) * int64(t.RowBytes())
	}
	if len(all) < 2 || bytes == 0 {
		return nil
	}
	p, err := d.Alloc(bytes)
	if err != nil {
		return err
	}
	s.sent[sentKey{d.Device, strings.Join(keys, " ")}] = deviceMemory{p, bytes}
	for i, t := range all {
		stored := t.Stored()
		if err := d.Upload(p, stored); err != nil {
			return err
		}
		s.within[sentKey{d.Device, keys[i]}] = p
		p += gpu.Pointer(len(stored))
	}
	return nil
}
