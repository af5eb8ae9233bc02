package dataset

// Append appends values to b as d stores them, for comparing bits with
// Reader.Raw. Unlike Writer.Add it takes values that are not finite; what is
// past the largest value of d becomes infinity.
func (d DType) Append(b []byte, values []float32) []byte {
	b, _ = appendValues(b, d, values)
	return b
}

// Decode decodes values of b, stored as d, into dst, which is grown if it is too
// short.
func (d DType) Decode(dst []float32, b []byte) []float32 {
	n := len(b) / d.Size()
	if cap(dst) < n {
		dst = make([]float32, n)
	}
	dst = dst[:n]
	decodeValues(dst, d, b)
	return dst
}
