package dense

import (
	"runtime"
	"sync"
)

// View is a matrix in a slice: value (i, j) is at Data[i·Row + j·Column].
type View struct {
	Data          []float64
	Rows, Columns int
	Row, Column   int // steps
}

// Of is the [rows, columns] matrix that data holds, row after row.
func Of(data []float64, rows, columns int) View {
	return View{data, rows, columns, columns, 1}
}

// T is the transpose of v.
func (v View) T() View { return View{v.Data, v.Columns, v.Rows, v.Column, v.Row} }

// Part is rows [i, i+rows) and columns [j, j+columns) of v.
func (v View) Part(i, j, rows, columns int) View {
	if rows == 0 || columns == 0 {
		return View{nil, rows, columns, v.Row, v.Column}
	}
	return View{v.Data[i*v.Row+j*v.Column:], rows, columns, v.Row, v.Column}
}

// What of a and b is copied together at once, so that a's part stays in the
// second cache and a panel of b's in the first.
const (
	partDepth   = 256
	partRows    = 20 * tileRows
	partColumns = 96 * tileColumns
)

// AddProduct adds scale·a·b to c, [m, n], whose rows are contiguous; a is [m, k],
// b [k, n].
func AddProduct(c View, scale float64, a, b View) { addProduct(c, scale, a, b, false) }

// AddUpper is AddProduct where only the upper triangle of c is of interest:
// below it anything is left.
func AddUpper(c View, scale float64, a, b View) { addProduct(c, scale, a, b, true) }

func addProduct(c View, scale float64, a, b View, upper bool) {
	check(c, a, b.Rows, b.Columns)
	stripes := min(runtime.GOMAXPROCS(0), (b.Columns+partColumns-1)/partColumns)
	if c.Rows*c.Columns > large/max(1, a.Columns) && stripes > 1 {
		shareColumns(c, scale, a, b, upper)
		return
	}
	addColumns(c, scale, a, b, upper, 0, b.Columns)
}

// large is how many multiply-adds a product may have for one processor alone.
const large = 1 << 28

// shareColumns lets all processors do parts of the columns: of each value the sum is
// the same.
func shareColumns(c View, scale float64, a, b View, upper bool) {
	var wg sync.WaitGroup
	next := make(chan int)
	for range runtime.GOMAXPROCS(0) {
		wg.Go(func() {
			for j := range next {
				addColumns(c, scale, a, b, upper, j, min(j+partColumns, b.Columns))
			}
		})
	}
	for j := 0; j < b.Columns; j += partColumns {
		next <- j
	}
	close(next)
	wg.Wait()
}

// addColumns does columns [from, to) of c.
func addColumns(c View, scale float64, a, b View, upper bool, from, to int) {
	depth := min(partDepth, a.Columns)
	left := scratch.take(depth * min(partRows, up(a.Rows, tileRows)))
	right := scratch.take(depth * min(partColumns, up(to-from, tileColumns)))
	defer scratch.give(left)
	defer scratch.give(right)
	for j := from; j < to; j += partColumns {
		n := min(partColumns, to-j)
		for p := 0; p < a.Columns; p += partDepth {
			k := min(partDepth, a.Columns-p)
			pack(*right, 1, b.Part(p, j, k, n), tileColumns)
			addPart(c, scale, a, *left, *right, j, n, p, k, upper)
		}
	}
}

func check(c, a View, rows, columns int) {
	if a.Rows != c.Rows || columns != c.Columns || a.Columns != rows || c.Column != 1 {
		panic("dense: product of matrices that do not fit")
	}
}

// addPart adds what columns [j, j+n) of c get from columns [p, p+k) of a.
func addPart(c View, scale float64, a View, left, right []float64, j, n, p, k int, upper bool) {
	for i := 0; i < a.Rows; i += partRows {
		if upper && i >= j+n {
			break
		}
		m := min(partRows, a.Rows-i)
		pack(left, scale, a.Part(i, p, m, k).T(), tileRows)
		multiply(c.Part(i, j, m, n), left, right, k, upper, j-i)
	}
}

// Packed is a right factor that is used many times.
type Packed struct {
	rows, columns int
	parts         [][]float64 // as addProduct takes them
}

// Pack packs b.
func Pack(b View) *Packed {
	f := &Packed{rows: b.Rows, columns: b.Columns}
	for j := 0; j < b.Columns; j += partColumns {
		n := min(partColumns, b.Columns-j)
		for p := 0; p < b.Rows; p += partDepth {
			k := min(partDepth, b.Rows-p)
			part := make([]float64, k*up(n, tileColumns))
			pack(part, 1, b.Part(p, j, k, n), tileColumns)
			f.parts = append(f.parts, part)
		}
	}
	return f
}

// AddTo adds a·f to c.
func (f *Packed) AddTo(c, a View) {
	check(c, a, f.rows, f.columns)
	left := scratch.take(min(partDepth, a.Columns) * min(partRows, up(a.Rows, tileRows)))
	defer scratch.give(left)
	part := 0
	for j := 0; j < f.columns; j += partColumns {
		for p := 0; p < f.rows; p += partDepth {
			addPart(c, 1, a, *left, f.parts[part], j, min(partColumns, f.columns-j), p, min(partDepth, f.rows-p), false)
			part++
		}
	}
}

// buffers keeps slices for later use.
type buffers struct{ sync.Pool }

var scratch buffers

func (b *buffers) take(n int) *[]float64 {
	x, _ := b.Get().(*[]float64)
	if x == nil || cap(*x) < n {
		y := make([]float64, n)
		return &y
	}
	*x = (*x)[:n]
	return x
}

func (b *buffers) give(x *[]float64) { b.Put(x) }

func up(n, to int) int { return (n + to - 1) / to * to }

// pack copies scale·v, [k, n], in panels of so many columns, each [k, wide], the last
// filled up with zeros.
func pack(to []float64, scale float64, v View, wide int) {
	for j := 0; j < v.Columns; j += wide {
		w := min(wide, v.Columns-j)
		panel := to[j*v.Rows:]
		if v.Row != 1 { // along rows
			packRows(panel, scale, v, j, w, wide)
			continue
		}
		for i := range wide {
			if i >= w {
				for p := range v.Rows {
					panel[p*wide+i] = 0
				}
				continue
			}
			for p, x := range v.Data[(j+i)*v.Column:][:v.Rows] {
				panel[p*wide+i] = scale * x
			}
		}
	}
}

// packRows copies columns [j, j+w) of scale·v into one panel.
func packRows(panel []float64, scale float64, v View, j, w, wide int) {
	for p := range v.Rows {
		at, from := panel[p*wide:(p+1)*wide], v.Data[p*v.Row+j*v.Column:]
		switch {
		case v.Column != 1:
			for i := range w {
				at[i] = scale * from[i*v.Column]
			}
		case w == tileColumns && wide == tileColumns:
			to, x := (*[tileColumns]float64)(at), (*[tileColumns]float64)(from)
			for i := range to {
				to[i] = scale * x[i]
			}
		case w == tileRows && wide == tileRows:
			to, x := (*[tileRows]float64)(at), (*[tileRows]float64)(from)
			for i := range to {
				to[i] = scale * x[i]
			}
		default:
			for i, x := range from[:w] {
				at[i] = scale * x
			}
		}
		clear(at[w:])
	}
}

// multiply adds the packed left, [m, k], times right, [k, n], to c. Above says how
// far the first column is from the first row.
func multiply(c View, left, right []float64, k int, upper bool, above int) {
	var edge [tileRows * tileColumns]float64
	for j := 0; j < c.Columns; j += tileColumns {
		b := right[j*k : (j+tileColumns)*k]
		w := min(tileColumns, c.Columns-j)
		for i := 0; i < c.Rows; i += tileRows {
			if upper && i >= j+w+above {
				break
			}
			h := min(tileRows, c.Rows-i)
			a := left[i*k : (i+tileRows)*k]
			if h == tileRows && w == tileColumns {
				tile(c.Data[i*c.Row+j:], c.Row, a, b, k)
				continue
			}
			clear(edge[:])
			tile(edge[:], tileColumns, a, b, k)
			for r := range h {
				row := c.Data[(i+r)*c.Row+j:][:w]
				for s := range row {
					row[s] += edge[r*tileColumns+s]
				}
			}
		}
	}
}
