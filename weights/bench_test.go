package weights

import (
	"math/rand/v2"
	"testing"
)

// BenchmarkRowCodes measures what packing asks of each quantised format.
func BenchmarkRowCodes(b *testing.B) {
	for d := range formats {
		d := DType(d)
		coding, ok := d.Coding()
		if !ok {
			continue
		}
		b.Run(d.String(), func(b *testing.B) {
			const cols = 1024
			x := randomTensor(rand.New(rand.NewPCG(1, 2)), d, 64, cols)
			code := make([]int8, cols)
			scale, offset := make([]float32, cols/coding.Group), make([]float32, cols/coding.Group)
			b.SetBytes(64 * cols) // MB/s reads as millions of values a second
			for b.Loop() {
				for i := range 64 {
					x.RowCodes(code, scale, offset, i)
				}
			}
		})
	}
}
