package dense

import "math"

// A tile is what is computed at once.
const (
	tileRows    = 6
	tileColumns = 8
)

// tileGo adds aᵀ·b to c, [6, 8], its rows ldc apart; a is [k, 6] and b [k, 8]. Each
// value is a chain of fused multiply-adds that begins at 0 and is then added, so
// that every processor gives the same bits.
func tileGo(c []float64, ldc int, a, b []float64, k int) {
	for i := range tileRows {
		var sum [tileColumns]float64
		for p := range k {
			v, row := a[p*tileRows+i], (*[tileColumns]float64)(b[p*tileColumns:])
			for j := range sum {
				sum[j] = math.FMA(v, row[j], sum[j])
			}
		}
		row := (*[tileColumns]float64)(c[i*ldc:])
		for j, v := range sum {
			row[j] += v
		}
	}
}
