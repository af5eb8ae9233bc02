package layers

import (
	"errors"

	"premlp/layers/internal/gpu"
)

// DeviceProduct is a product of two square matrices on a device, to be timed.
type DeviceProduct struct {
	d         *onDevice
	x, w, out matAt
	host      []float32
}

// NewDeviceProduct makes the product of matrices [n, n] on d.
func NewDeviceProduct(d Device, n int) (*DeviceProduct, error) {
	p := &DeviceProduct{d: newOnDevice(d), host: make([]float32, n*n)}
	for i := range p.host {
		p.host[i] = float32(i%17) - 8
	}
	for _, m := range []*matAt{&p.x, &p.w, &p.out} {
		at, err := p.d.room(&deviceMemory{}, n*n)
		if err != nil {
			return nil, errors.Join(err, p.Close())
		}
		*m = matAt{at, n, n}
	}
	return p, errors.Join(p.Upload(), d.Upload(p.w.at, memoryOf(p.host)))
}

// Run computes the product: 2·n³ floating-point operations.
func (p *DeviceProduct) Run() error {
	return errors.Join(p.d.product(p.out, p.x, deviceWeight{at: p.w.at, rows: p.w.rows, cols: p.w.cols}, 0), p.d.Sync())
}

// Upload copies one matrix to the device, 4·n² bytes; Download copies one back.
func (p *DeviceProduct) Upload() error { return p.d.Upload(p.x.at, memoryOf(p.host)) }

// Download is the way back.
func (p *DeviceProduct) Download() error { return p.d.Download(memoryOf(p.host), p.x.at) }

// Launches launches a kernel that has nothing to do, n times, and waits for them.
func (p *DeviceProduct) Launches(n int) error {
	for range n {
		if err := p.d.Launch("zero", gpu.Dim{}, gpu.Dim{}, 0, p.out.at, count(0)); err != nil {
			return err
		}
	}
	return p.d.Sync()
}

// Close frees the matrices.
func (p *DeviceProduct) Close() error { return p.d.release() }
