package bench

import (
	"context"
	"errors"
	"fmt"
	"io"

	"premlp/layers"
)

// DeviceOptions says what Device measures; all must be given but Progress.
type DeviceOptions struct {
	Size     int // of the square matrices
	Runs     int
	Progress func(row string, done, total int) // may be nil
}

// DeviceReport is what Device measured.
type DeviceReport struct {
	Name    string `json:"name"`
	Kind    string `json:"kind"`
	Version string `json:"version"` // compute capability
	Driver  string `json:"driver"`
	Memory  int64  `json:"memory_bytes"`
	Free    int64  `json:"free_bytes"` // before
	Size    int    `json:"size"`       // of the square matrices

	Products []DeviceProduct `json:"products"` // x · Wᵀ, in each mode that the device has
	Product  Times           `json:"product"`  // the first of them, float32
	GFLOPS   Figure          `json:"gflops"`
	Upload   Figure          `json:"upload_gb_per_s"` // of one matrix
	Download Figure          `json:"download_gb_per_s"`
	Launch   Times           `json:"launch"` // of a kernel with nothing to do, the queue never empty
}

// DeviceProduct is the product in one mode.
type DeviceProduct struct {
	Mode   string  `json:"mode"`  // "float32", or what its factors are rounded to, and by what
	Error  float64 `json:"error"` // largest difference from float32, as a share of its largest |value|
	Times  Times   `json:"times"`
	TFLOPS Figure  `json:"tflops"`
}

// launches and products are how many are timed together.
const (
	launches = 1000
	products = 10
)

// Device measures a device: the product of square matrices, copies and launches.
func Device(ctx context.Context, d layers.Device, o DeviceOptions) (*DeviceReport, error) {
	i := d.Info()
	free, err := d.Available()
	if err != nil {
		return nil, err
	}
	r := &DeviceReport{Name: i.Name, Kind: i.Kind, Version: i.Version, Driver: i.Driver, Memory: i.Memory, Free: free, Size: o.Size}
	p, err := layers.NewDeviceProduct(d, o.Size)
	if err != nil {
		return nil, fmt.Errorf("matrices of %d×%d: %w", o.Size, o.Size, err)
	}
	work := []Task{
		func(context.Context) error { return p.Upload() },
		func(context.Context) error { return p.Download() },
		func(context.Context) error { return p.Launches(launches) },
	}
	modes := p.Modes()
	errs := make([]float64, len(modes))
	for i := range modes {
		if errs[i], err = p.Error(i); err != nil {
			return nil, errors.Join(fmt.Errorf("%s: %w", modes[i], err), p.Close())
		}
	}
	for i := range modes {
		work = append(work, func(context.Context) error { return p.Run(i, products) })
	}
	times, err := Interleave(ctx, o.Runs, func(done, total int) {
		if o.Progress != nil {
			o.Progress("device", done, total)
		}
	}, work...)
	if err = errors.Join(err, p.Close()); err != nil {
		return nil, err
	}
	n := float64(o.Size)
	r.Upload, r.Download = times[0].per(4*n*n/1e9), times[1].per(4*n*n/1e9)
	r.Launch = times[2].over(launches)
	for i, t := range times[3:] {
		t = t.over(products)
		r.Products = append(r.Products, DeviceProduct{Mode: modes[i], Error: errs[i], Times: t, TFLOPS: t.per(2 * n * n * n / 1e12)})
	}
	r.Product = r.Products[0].Times
	r.GFLOPS = r.Product.per(2 * n * n * n / 1e9)
	return r, nil
}

// Print writes the report for a reader.
func (r *DeviceReport) Print(w io.Writer) {
	fmt.Fprintf(w, "%s: %s, compute capability %s, driver %s, %.1f of %.1f GB free\n", r.Kind, r.Name, r.Version, r.Driver, float64(r.Free)/1e9, float64(r.Memory)/1e9)
	t := table(w)
	fmt.Fprintln(t, "best / median of", r.Product.Runs, "runs\t")
	for i := range r.Products {
		p := &r.Products[i]
		fmt.Fprintf(t, "product of %d³, %s\t%s TFLOP/s\toff by %.1g\n", r.Size, p.Mode, pair(&p.TFLOPS, 2), p.Error)
	}
	fmt.Fprintf(t, "copy to the device\t%s GB/s\n", pair(&r.Upload, 1))
	fmt.Fprintf(t, "copy from the device\t%s GB/s\n", pair(&r.Download, 1))
	fmt.Fprintf(t, "launch\t%s µs\n", pair(&Figure{Best: 1e6 * r.Launch.Best, Median: 1e6 * r.Launch.Median}, 2))
	t.Flush()
}
