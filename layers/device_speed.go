package layers

import (
	"errors"
	"fmt"
	"math"
	"math/rand/v2"

	"premlp/layers/internal/gpu"
)

// DeviceProduct is a product of two square matrices on a device, to be timed.
type DeviceProduct struct {
	d         *onDevice
	x, w, out matAt
	host      []float32
	modes     []productMode
}

// productMode is one way to compute the product.
type productMode struct {
	name string
	run  func() error
}

// NewDeviceProduct makes the product of matrices [n, n] on d.
func NewDeviceProduct(d Device, n int) (*DeviceProduct, error) {
	p := &DeviceProduct{d: newOnDevice(d), host: make([]float32, n*n)}
	random := rand.New(rand.NewPCG(1, 2)) // a card is slower with values that differ
	for i := range p.host {
		p.host[i] = random.Float32() - 0.5
	}
	for _, m := range []*matAt{&p.x, &p.w, &p.out} {
		at, err := p.d.room(&deviceMemory{}, n*n)
		if err != nil {
			return nil, errors.Join(err, p.Close())
		}
		*m = matAt{at, n, n}
	}
	p.modes = []productMode{{"float32", func() error { return p.d.multiply(p.x, part{out: p.out, w: p.w.at}) }}}
	err := errors.Join(p.Upload(), d.Upload(p.w.at, gpu.BytesOf(p.host)))
	if err == nil && len(d.Info().Families) > 0 {
		err = errors.Join(p.addRounded(gpu.TF32), p.addRounded(gpu.BF16))
	}
	if err != nil {
		return nil, errors.Join(err, p.Close())
	}
	return p, nil
}

// addRounded adds the products of a rounding: as a pass computes them, x rounded each
// time, and of each tile alone.
func (p *DeviceProduct) addRounded(r gpu.Rounding) error {
	fast, err := newFastProducts(p.d, r)
	if err != nil {
		return err
	}
	w, err := p.d.room(&deviceMemory{}, p.w.rows*r.Pitch(p.w.cols)/4)
	if err == nil {
		err = gpu.RoundRows(p.d.Device, r, w, p.w.at, p.w.rows, p.w.cols)
	}
	if err != nil {
		return err
	}
	whole := func(f *fastProducts) func() error {
		return func() error {
			f.forget()
			return f.product(p.out, p.x, w, 0)
		}
	}
	if fast.blas != nil {
		own := *fast
		own.blas = nil
		p.modes = append(p.modes, productMode{fmt.Sprintf("%s, %s", r, fast.name()), whole(fast)})
		fast = &own
	}
	p.modes = append(p.modes, productMode{fmt.Sprintf("%s, %s", r, fast.name()), whole(fast)})
	for _, t := range fast.info.Tiles() {
		p.modes = append(p.modes, productMode{fmt.Sprintf("%s, tiles of %s, x rounded before", r, t), func() error {
			x, err := fast.round(p.x)
			if err != nil {
				return err
			}
			return gpu.MultiplyRounded(p.d.Device, r, t, p.out.at, x, w, 0, p.out.rows, p.out.cols, p.x.cols)
		}})
	}
	return nil
}

// Modes names the ways to compute the product that the device has.
func (p *DeviceProduct) Modes() []string {
	var names []string
	for _, m := range p.modes {
		names = append(names, m.name)
	}
	return names
}

// Run computes the product in a mode so many times, one behind the other, and waits
// for the last: 2·n³ floating-point operations each.
func (p *DeviceProduct) Run(mode, times int) error {
	for range times {
		if err := p.modes[mode].run(); err != nil {
			return err
		}
	}
	return p.d.Sync()
}

// Error computes the product in a mode and in float32, and returns the largest
// difference as a share of the largest |value| in float32.
func (p *DeviceProduct) Error(mode int) (float64, error) {
	var values [2]Mat
	for i, m := range []int{0, mode} {
		err := p.modes[m].run()
		if err == nil {
			values[i], err = p.d.fetch(p.out)
		}
		if err != nil {
			return 0, err
		}
	}
	var difference, most float64
	for i, v := range values[0].Data {
		most = max(most, math.Abs(float64(v)))
		difference = max(difference, math.Abs(float64(v)-float64(values[1].Data[i])))
	}
	return difference / most, nil
}

// Upload copies one matrix to the device, 4·n² bytes; Download copies one back.
func (p *DeviceProduct) Upload() error { return p.d.Upload(p.x.at, gpu.BytesOf(p.host)) }

// Download is the way back.
func (p *DeviceProduct) Download() error { return p.d.Download(gpu.BytesOf(p.host), p.x.at) }

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
