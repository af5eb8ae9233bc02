package layers

import "premlp/layers/internal/gpu"

// panelValues bounds the memory that a product takes beside its operands: 64 MiB for
// the panel of a weight that is expanded, and as much for the product with it.
const (
	panelValues = 16 << 20
	productTile = 128 // a panel has a multiple of these rows, the side of the kernel's tile
)

// product launches out [rows, n] = x · wᵀ + bias. The kernel multiplies float32: a
// weight stored in another form is expanded first, exactly, as the processor does.
func (d *onDevice) product(out, x matAt, w deviceWeight, bias gpu.Pointer) error {
	if d.fast != nil {
		return d.fast.product(out, x, w.at, bias)
	}
	if w.kernel == "" {
		return d.multiply(out, x, w.at, bias)
	}
	return d.productInPanels(out, x, w, bias, panelRows(w, x.rows))
}

// panelRows is how many rows of a weight are expanded at once: all of a small one.
func panelRows(w deviceWeight, rows int) int {
	if w.rows*w.cols <= panelValues {
		return w.rows
	}
	return max(productTile, panelValues/max(w.cols, rows)/productTile*productTile)
}

// productInPanels expands so many rows of w at a time, and multiplies with them.
func (d *onDevice) productInPanels(out, x matAt, w deviceWeight, bias gpu.Pointer, rows int) error {
	panel, err := d.room(&d.panel, min(rows, w.rows)*w.cols)
	if err != nil {
		return err
	}
	for at := 0; at < w.rows; at += rows {
		n := min(rows, w.rows-at)
		if err := d.expand(panel, w.from(at), 0, n); err != nil {
			return err
		}
		offset := bias
		if bias != 0 {
			offset = bias.Offset(at)
		}
		if err := d.columnsOf(out, at, n, x, panel, offset); err != nil {
			return err
		}
	}
	return nil
}

// columnsOf computes n columns of out from one on, by the rows of w for them.
func (d *onDevice) columnsOf(out matAt, from, n int, x matAt, w, bias gpu.Pointer) error {
	to := matAt{out.at.Offset(from), out.rows, n}
	if n == out.cols || out.rows == 1 {
		return d.multiply(to, x, w, bias)
	}
	strip, err := d.room(&d.strip, out.rows*n)
	if err != nil {
		return err
	}
	if err := d.multiply(matAt{strip, out.rows, n}, x, w, bias); err != nil {
		return err
	}
	// As one head of n values, of rows as wide as out's.
	c := deviceCall{d: d}
	return c.heads(out.rows*n, to.at, matAt{strip, out.rows, n}, 1, n, out.cols, 0, 0)
}

// multiply launches out [rows, n] = x · wᵀ + bias, with w [n, k] of float32. A block of
// threads has 64×64 values, or 128×128 where there are enough of these for all
// multiprocessors, and rows of fours.
func (d *onDevice) multiply(out, x matAt, w, bias gpu.Pointer) error {
	kernel, tile, threads := "matmul", 64, 128
	if x.cols%4 == 0 && (x.at|w)%16 == 0 && ((out.cols+127)/128)*((out.rows+127)/128) >= d.processors {
		kernel, tile, threads = "matmul_large", 128, 256
	}
	grid := gpu.Dim{X: (out.cols + tile - 1) / tile, Y: (out.rows + tile - 1) / tile}
	return d.Launch(kernel, grid, gpu.Dim{X: threads}, 0, out.at, x.at, w, bias, number(out.rows), number(out.cols), number(x.cols))
}
