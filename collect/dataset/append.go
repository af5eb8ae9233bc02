package dataset

// Append appends values to b as d stores them.
func (d DType) Append(b []byte, values []float32) []byte {
	b, _ = appendValues(b, d, values)
	return b
}
