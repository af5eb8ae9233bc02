package dataset

// Append appends values to b as d stores them, for comparing bits with
// Reader.Raw. Unlike Writer.Add it takes values that are not finite; what is
// past the largest value of d becomes infinity.
func (d DType) Append(b []byte, values []float32) []byte {
	b, _ = appendValues(b, d, values)
	return b
}
