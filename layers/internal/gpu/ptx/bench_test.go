package ptx

import "testing"

// BenchmarkMatmulTile reports what an instruction of a thread costs.
func BenchmarkMatmulTile(b *testing.B) {
	const m, n, k = 64, 64, 256
	mod := small(b)
	x, y, out := ramp(m*k), ramp(k*n), make([]float32, m*n)
	var instructions int64
	for b.Loop() {
		s, err := call(b, mod, "matmul_tile", Launch{Grid: Dim{X: n / 16, Y: m / 16}, Block: Dim{X: 16, Y: 16}, Workers: 1, Races: true}, out, x, y, m, n, k)
		if err != nil {
			b.Fatal(err)
		}
		instructions += s.Instructions
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(instructions), "ns/instruction")
}
