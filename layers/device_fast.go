package layers

import (
	"errors"
	"fmt"
	"strings"

	"premlp/layers/internal/gpu"
	"premlp/weights"
)

// fastProducts are a machine's lossy products on its device: both factors of a
// product with weights are rounded, the weights once, x before each product.
type fastProducts struct {
	d        *onDevice
	rounding gpu.Rounding
	info     gpu.Info
	blas     gpu.BLAS // nil: the own kernels

	x     deviceMemory // rounded
	holds matAt        // what was rounded to x last; none if it may have changed since
}

// onDevice is what a machine of the options has on their device: nil without one.
func (o MachineOptions) onDevice() (*onDevice, error) {
	rounding, err := o.deviceRounding()
	if err != nil || o.Device == nil {
		return nil, err
	}
	d := newOnDevice(o.Device)
	if rounding == "" {
		return d, nil
	}
	if d.fast, err = newFastProducts(d, rounding); err != nil {
		return nil, err
	}
	// The emulator's kernels are held to more by tests, and are slow.
	if d.fast.info.Kind == "cuda" {
		err = gpu.CheckProducts(d.Device, rounding, d.fast.blas)
	}
	return d, err
}

// newFastProducts returns the products of a rounding on a device that has them:
// cuBLAS's where the library is found, else the own.
func newFastProducts(d *onDevice, r gpu.Rounding) (*fastProducts, error) {
	f := &fastProducts{d: d, rounding: r, info: d.Info()}
	var err error
	if f.blas, err = gpu.OpenBLAS(d.Device); err != nil && !errors.Is(err, gpu.ErrNoBLAS) {
		return nil, err
	}
	return f, nil
}

// name says what computes the products.
func (f *fastProducts) name() string {
	if f.blas != nil {
		return f.blas.Name()
	}
	return fmt.Sprintf("own %s kernels", f.info.Families[0])
}

// arithmetic names what a row's bits depend on: how a tensor core sums is its
// generation's.
func (f *fastProducts) arithmetic() string {
	by := string(f.info.Families[0])
	if f.blas != nil {
		by = strings.ToLower(strings.ReplaceAll(f.blas.Name(), " ", ""))
	}
	return fmt.Sprintf("%s-%s-sm%s-a64-1", f.rounding, by, strings.ReplaceAll(f.info.Version, ".", ""))
}

// product launches out [rows, n] = x · wᵀ + bias; w is as sendRounded made it.
func (f *fastProducts) product(out, x matAt, w, bias gpu.Pointer) error {
	at, err := f.round(x)
	if err != nil {
		return err
	}
	if out.at == f.holds.at {
		f.forget()
	}
	if f.blas != nil {
		return f.multiplyByLibrary(out, at, w, bias, x.cols)
	}
	return gpu.MultiplyRounded(f.d.Device, f.rounding, f.info.TileFor(out.rows, out.cols), out.at, at, w, bias, out.rows, out.cols, x.cols)
}

// multiplyByLibrary is the product by cuBLAS, which has no bias, of x at a place.
func (f *fastProducts) multiplyByLibrary(out matAt, x, w, bias gpu.Pointer, k int) error {
	err := f.blas.MultiplyRounded(f.rounding, out.at, x, w, out.rows, out.cols, k)
	if err != nil || bias == 0 {
		return err
	}
	return f.d.Device.Launch("add_rows", gpu.Dim{X: elementBlocks(out.len())}, gpu.Dim{X: elementThreads}, 0,
		gpu.Args(out.at, out.at, bias, count(out.len()), number(out.cols)))
}

// round returns the rounded x. Products of one x in a row round it once.
func (f *fastProducts) round(x matAt) (gpu.Pointer, error) {
	if x == f.holds {
		return f.x.at, nil
	}
	at, err := f.d.room(&f.x, x.rows*f.rounding.Pitch(x.cols)/4)
	if err == nil {
		err = gpu.RoundRows(f.d.Device, f.rounding, at, x.at, x.rows, x.cols)
	}
	if err != nil {
		return 0, err
	}
	f.holds = x
	return at, nil
}

// forget has x rounded anew.
func (f *fastProducts) forget() {
	if f != nil {
		f.holds = matAt{}
	}
}

// Launch is the device's, with arguments as [gpu.Args] takes them. A kernel that is
// given a place in what was rounded last may write there.
func (d *onDevice) Launch(kernel string, grid, block gpu.Dim, shared int, args ...any) error {
	if d.fast != nil {
		held := d.fast.holds
		for _, a := range args {
			if p, ok := a.(gpu.Pointer); ok && held.at <= p && p < held.at.Offset(held.len()) {
				d.fast.forget()
			}
		}
	}
	d.args = gpu.AppendArgs(d.args[:0], args...)
	return d.Device.Launch(kernel, grid, block, shared, d.args)
}

// Upload is the device's.
func (d *onDevice) Upload(dst gpu.Pointer, src []byte) error {
	d.fast.forget()
	return d.Device.Upload(dst, src)
}

// roundedRows is how many bytes of float32 are on the device at once while weights are
// rounded.
const roundedRows = 32 << 20

// sendWeight uploads a factor of products in the form that the machine's products want.
func (s *Store) sendWeight(d *onDevice, key string, t *weights.Tensor) (deviceWeight, error) {
	if d.fast == nil {
		return s.sendStored(d, key, t)
	}
	at, err := s.sendRounded(d, d.fast.rounding, key, t)
	return deviceWeight{at: at, rows: t.Rows(), cols: t.Cols(), rowBytes: d.fast.rounding.Pitch(t.Cols())}, err
}

// sendRounded uploads a tensor [N, K] and rounds it there, some rows at a time, once
// for all graphs of a store.
func (s *Store) sendRounded(d *onDevice, r gpu.Rounding, key string, t *weights.Tensor) (gpu.Pointer, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	at := sentKey{d.Device, key + "." + string(r)}
	if m, ok := s.sent[at]; ok {
		return m.at, nil
	}
	n, k := t.Rows(), t.Cols()
	size := int64(max(n, 1)) * int64(r.Pitch(k))
	p, err := d.Alloc(size)
	if err != nil {
		return 0, err
	}
	rows := max(1, min(n, roundedRows/(4*max(k, 1))))
	staged := make([]float32, rows*k)
	from, err := d.Alloc(4 * int64(max(len(staged), 1)))
	if err != nil {
		return 0, errors.Join(err, d.Free(p))
	}
	for first := 0; first < n && err == nil; first += rows {
		count := min(rows, n-first)
		for i := range count {
			t.Row(staged[i*k:(i+1)*k], first+i)
		}
		if err = d.Upload(from, gpu.BytesOf(staged[:count*k])); err == nil {
			err = gpu.RoundRows(d.Device, r, p+gpu.Pointer(first*r.Pitch(k)), from, count, k)
		}
	}
	if err = errors.Join(err, d.Free(from)); err == nil {
		s.sent[at] = deviceMemory{p, size}
	}
	return p, err
}
