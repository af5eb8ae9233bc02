package kernel

//go:generate go -C _asm run ./peak -out ../peak_amd64.s -stubs ../peak_amd64.go -pkg kernel

// Peak is what the processor is measured with: the widest loops that it can
// run, whichever kernel is in use.
type Peak struct {
	Loop string // "avx512", "avx2", or "" where there is no loop in assembly

	flop int // floating-point operations of a round of fma
	fma  func(n int, values *float32)
	read func(x *float32, n int)
}

// readTurn is the number of values that a turn of Peak.read loads.
const readTurn = 128

// Multiply runs that many rounds of independent fused multiply-adds on
// registers alone and returns how many floating-point operations they were: 0
// in a build or on a processor without such a loop.
func (p Peak) Multiply(rounds int) int64 {
	if p.fma == nil || rounds < 1 {
		return 0
	}
	values := [3]float32{1, 0.5, 1} // start, factor, summand: the chains stay near 2
	p.fma(rounds, &values[0])
	return int64(rounds) * int64(p.flop)
}

// Read brings x through the caches into registers: whole vectors where there is
// a loop for them, else one value of every 64 bytes. The sum that it returns
// keeps the compiler from leaving the reads out.
func (p Peak) Read(x []float32) float32 {
	turns := len(x) / readTurn
	if p.read != nil && turns > 0 {
		p.read(&x[0], turns)
		x = x[turns*readTurn:]
	}
	var sum float32
	for i := 0; i < len(x); i += 16 {
		sum += x[i]
	}
	return sum
}
