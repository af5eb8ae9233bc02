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
		return d.multiply(x, part{out, w.at, bias})
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
		return d.multiply(x, part{to, w, bias})
	}
	strip, err := d.room(&d.strip, out.rows*n)
	if err != nil {
		return err
	}
	if err := d.multiply(x, part{matAt{strip, out.rows, n}, w, bias}); err != nil {
		return err
	}
	// As one head of n values, of rows as wide as out's.
	c := deviceCall{d: d}
	return c.heads(out.rows*n, to.at, matAt{strip, out.rows, n}, 1, n, out.cols, 0, 0)
}

// part is one of several products of an x: out = x · wᵀ + bias, with w of float32.
type part struct {
	out     matAt
	w, bias gpu.Pointer
}

// mostParts is how many products of one x a launch computes.
const mostParts = 3

// multiply launches up to mostParts products of x. A block of threads has 64×64 values
// of one, or 128×128 where there are enough of these for all multiprocessors, and rows
// of fours.
func (d *onDevice) multiply(x matAt, parts ...part) error {
	large := x.cols%4 == 0
	for _, p := range parts {
		large = large && (x.at|p.w)%16 == 0
	}
	kernel, tile, threads := "matmul", 64, 128
	if large && tilesAcross(parts, 128)*((x.rows+127)/128) >= d.processors {
		kernel, tile, threads = "matmul_large", 128, 256
	}
	var a [mostParts]part
	copy(a[:], parts)
	grid := gpu.Dim{X: tilesAcross(parts, tile), Y: (x.rows + tile - 1) / tile}
	return d.Launch(kernel, grid, gpu.Dim{X: threads}, 0, a[0].out.at, a[1].out.at, a[2].out.at, x.at, a[0].w, a[1].w, a[2].w,
		a[0].bias, a[1].bias, a[2].bias, number(x.rows), number(a[0].out.cols), number(a[1].out.cols), number(a[2].out.cols), number(x.cols))
}

// tilesAcross counts the tiles along the columns of all parts.
func tilesAcross(parts []part, tile int) (n int) {
	for _, p := range parts {
		n += (p.out.cols + tile - 1) / tile
	}
	return n
}

// products launches the products of ops that read one x, with their weights' float32
// made by one launch where they lie side by side.
func (d *onDevice) products(calls []*deviceCall) error {
	values := 0 // to be expanded
	for _, c := range calls {
		if w := c.o.linear.sent; w.kernel != "" {
			values += w.rows * w.cols
		}
	}
	if d.fast != nil || values > panelValues {
		for _, c := range calls {
			if err := d.product(c.Out, c.In[0], c.o.linear.sent, c.o.linear.sentBias); err != nil {
				return err
			}
		}
		return nil
	}
	panel, err := d.room(&d.panel, values)
	if err != nil {
		return err
	}
	var parts [mostParts]part
	var late deviceWeight // to be expanded with those that lie behind it
	to, next := panel, panel
	for i, c := range calls {
		w := c.o.linear.sent
		parts[i] = part{c.Out, w.at, c.o.linear.sentBias}
		if w.kernel == "" {
			continue
		}
		if !late.goesOn(w) {
			if err := d.expandAll(to, late); err != nil {
				return err
			}
			late, to = w, next
		} else {
			late.rows += w.rows
		}
		parts[i].w = next
		next = next.Offset(w.rows * w.cols)
	}
	if err := d.expandAll(to, late); err != nil {
		return err
	}
	return d.multiply(calls[0].In[0], parts[:len(calls)]...)
}

// expandAll makes float32 of all rows of w, if it has any.
func (d *onDevice) expandAll(out gpu.Pointer, w deviceWeight) error {
	if w.rows == 0 {
		return nil
	}
	return d.expand(out, w, 0, w.rows)
}
