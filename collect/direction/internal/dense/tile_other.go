//go:build !amd64 || noasm

package dense

func tile(c []float64, ldc int, a, b []float64, k int) { tileGo(c, ldc, a, b, k) }
