package dense

import (
	"math"

	"gonum.org/v1/gonum/blas"
	"gonum.org/v1/gonum/blas/blas64"
	"gonum.org/v1/gonum/floats"
)

// Cholesky is the upper triangle U of a positive definite matrix UᵀU.
type Cholesky struct {
	n int
	u []float64 // [n, n], what is below the diagonal is of no interest
}

// wide is how many rows of U are computed from all rows above at once.
const wide = 8 * tileRows

// Factor factors the symmetric matrix, [n, n], whose upper triangle g holds, and
// keeps g. It says whether the matrix is positive definite.
func Factor(g []float64, n int) (*Cholesky, bool) {
	c := &Cholesky{n, g}
	all := Of(g, n, n)
	for k := 0; k < n; k += wide {
		h := min(wide, n-k)
		above := all.Part(0, k, k, h)
		AddUpper(all.Part(k, k, h, n-k), -1, above.T(), all.Part(0, k, k, n-k))
		for i := k; i < k+h; i++ {
			row := c.row(i)
			for j := k; j < i; j++ {
				floats.AddScaled(row, -g[j*n+i], c.u[j*n+i:(j+1)*n])
			}
			if !(row[0] > 0) || math.IsInf(row[0], 0) {
				return nil, false
			}
			floats.Scale(1/math.Sqrt(row[0]), row)
		}
	}
	return c, true
}

// row is row i of U from its diagonal on.
func (c *Cholesky) row(i int) []float64 { return c.u[i*c.n+i : (i+1)*c.n] }

// Solve turns x, [n, columns], row after row, into (UᵀU)⁻¹·x.
func (c *Cholesky) Solve(x []float64, columns int) {
	all, u := Of(x, c.n, columns), Of(c.u, c.n, c.n)
	row := func(i int) []float64 { return x[i*columns : (i+1)*columns] }
	for k := 0; k < c.n; k += wide { // Uᵀ·y = x
		h := min(wide, c.n-k)
		AddProduct(all.Part(k, 0, h, columns), -1, u.Part(0, k, k, h).T(), all.Part(0, 0, k, columns))
		for i := k; i < k+h; i++ {
			for j := k; j < i; j++ {
				floats.AddScaled(row(i), -c.u[j*c.n+i], row(j))
			}
			floats.Scale(1/c.u[i*c.n+i], row(i))
		}
	}
	for end := c.n; end > 0; { // U·z = y
		k := (end - 1) / wide * wide
		h, rest := end-k, c.n-end
		AddProduct(all.Part(k, 0, h, columns), -1, u.Part(k, end, h, rest), all.Part(end, 0, rest, columns))
		for i := end - 1; i >= k; i-- {
			for j := i + 1; j < end; j++ {
				floats.AddScaled(row(i), -c.u[i*c.n+j], row(j))
			}
			floats.Scale(1/c.u[i*c.n+i], row(i))
		}
		end = k
	}
}

// SolveVector turns x, [n], into (UᵀU)⁻¹·x.
func (c *Cholesky) SolveVector(x []float64) {
	t := blas64.Triangular{Uplo: blas.Upper, Diag: blas.NonUnit, N: c.n, Data: c.u, Stride: max(1, c.n)}
	v := blas64.Vector{N: c.n, Inc: 1, Data: x}
	blas64.Trsv(blas.Trans, t, v)
	blas64.Trsv(blas.NoTrans, t, v)
}
