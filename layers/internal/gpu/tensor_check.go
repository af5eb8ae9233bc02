package gpu

import (
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
)

// Rounded is what a value is rounded to.
func (r Rounding) Rounded(x float32) float32 {
	bits := math.Float32bits(x)
	switch {
	case r == BF16 && x != x:
		return math.Float32frombits(bits | 0x400000)
	case bits&0x7f800000 == 0x7f800000:
		return x
	case r == BF16:
		return math.Float32frombits((bits + 0x7fff + bits>>16&1) &^ 0xffff)
	}
	return math.Float32frombits((bits + 0x1000) &^ 0x1fff)
}

// CheckProducts holds products of random values to their sums in float64, within 1e-5
// of Σ|x·w|: each tile of the device's best family, or the library's where there is one.
func CheckProducts(d Device, r Rounding, blas BLAS) (err error) {
	const rows, n, k = 67, 131, 650
	var at []Pointer
	defer func() {
		for _, p := range at {
			err = errors.Join(err, d.Free(p))
		}
	}()
	room := func(bytes int) Pointer {
		if err != nil {
			return 0
		}
		var p Pointer
		if p, err = d.Alloc(int64(bytes)); err == nil {
			at = append(at, p)
		}
		return p
	}
	random := rand.New(rand.NewPCG(3, 4))
	send := func(rows int) ([]float32, Pointer) {
		x := make([]float32, rows*k)
		for i := range x {
			x[i] = float32(random.NormFloat64())
		}
		from, to := room(4*len(x)), room(rows*r.Pitch(k))
		if err == nil {
			err = d.Upload(from, BytesOf(x))
		}
		if err == nil {
			err = RoundRows(d, r, to, from, rows, k)
		}
		return x, to
	}
	x, px := send(rows)
	w, pw := send(n)
	out := room(4 * rows * n)
	if err != nil {
		return err
	}
	have := make([]float32, rows*n)
	multiply := func(name string, launch func() error) error {
		if err := errors.Join(launch(), d.Download(BytesOf(have), out)); err != nil {
			return err
		}
		return checkSums(name, r, have, x, w, n, k)
	}
	if blas != nil {
		return multiply(blas.Name(), func() error { return blas.MultiplyRounded(r, out, px, pw, rows, n, k) })
	}
	i := d.Info()
	for _, t := range i.Tiles() {
		if t.Family != i.Families[0] {
			continue
		}
		if err := multiply(t.String(), func() error { return MultiplyRounded(d, r, t, out, px, pw, 0, rows, n, k) }); err != nil {
			return err
		}
	}
	return nil
}

// checkSums holds a product to the sums of the rounded values.
func checkSums(name string, r Rounding, have, x, w []float32, n, k int) error {
	for i, v := range have {
		var sum, size float64
		for c := range k {
			p := float64(r.Rounded(x[i/n*k+c])) * float64(r.Rounded(w[i%n*k+c]))
			sum, size = sum+p, size+math.Abs(p)
		}
		if !(math.Abs(float64(v)-sum) <= 1e-5*size) {
			return fmt.Errorf("products in %s by %s are off on this device: row %d, column %d: want %v, have %v", r, name, i/n, i%n, sum, v)
		}
	}
	return nil
}
