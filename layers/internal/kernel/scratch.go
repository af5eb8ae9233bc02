package kernel

// scratch is memory that is used again from call to call.
type scratch struct{ values []float32 }

// take returns n values of any content, valid until the next take.
func (s *scratch) take(n int) []float32 {
	if cap(s.values) < n {
		s.values = make([]float32, n)
	}
	return s.values[:n]
}
