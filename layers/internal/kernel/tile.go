package kernel

// goRows is the number of rows of the plain Go kernels' tiles.
const goRows = 4

// fusedTile is the judge of every tile that uses fused multiply-adds; see
// tileFunc.
func fusedTile(mr int, c []float32, ldc int, a []float32, lda int, w []float32, k int, m mode, _ *byte) {
	for r := range mr {
		out := c[r*ldc:][:PanelWidth]
		for j := 0; j < PanelWidth; j += 4 {
			var s [4]float32
			if m == extend {
				copy(s[:], out[j:])
			}
			s0, s1, s2, s3 := s[0], s[1], s[2], s[3]
			for i := range k {
				u, v := a[i*lda+r], w[i*PanelWidth+j:][:4:4]
				s0 = FMA(u, v[0], s0)
				s1 = FMA(u, v[1], s1)
				s2 = FMA(u, v[2], s2)
				s3 = FMA(u, v[3], s3)
			}
			m.finish(out[j:], [4]float32{s0, s1, s2, s3})
		}
	}
}

// portableTile is the tile whose multiply-adds round twice: the same bits on
// every processor, for those without fused ones.
func portableTile(mr int, c []float32, ldc int, a []float32, lda int, w []float32, k int, m mode, _ *byte) {
	for r := range mr {
		out := c[r*ldc:][:PanelWidth]
		for j := 0; j < PanelWidth; j += 8 {
			var s [8]float32
			if m == extend {
				copy(s[:], out[j:])
			}
			if k > 0 {
				chain8(&s, a[r:], lda, w[j:], k)
			}
			m.finish(out[j:], [4]float32(s[:4]))
			m.finish(out[j+4:], [4]float32(s[4:]))
		}
	}
}

// chain8 continues eight chains over k values of a, lda apart, and the first
// eight columns of w.
func chain8(s *[8]float32, a []float32, lda int, w []float32, k int) {
	s0, s1, s2, s3 := s[0], s[1], s[2], s[3]
	s4, s5, s6, s7 := s[4], s[5], s[6], s[7]
	for i := range k {
		u, v := a[i*lda], w[i*PanelWidth:][:8:8]
		s0 += float32(u * v[0])
		s1 += float32(u * v[1])
		s2 += float32(u * v[2])
		s3 += float32(u * v[3])
		s4 += float32(u * v[4])
		s5 += float32(u * v[5])
		s6 += float32(u * v[6])
		s7 += float32(u * v[7])
	}
	*s = [8]float32{s0, s1, s2, s3, s4, s5, s6, s7}
}

// finish writes four sums to c as the mode says.
func (m mode) finish(c []float32, s [4]float32) {
	for i, v := range s {
		if m == add {
			v += c[i]
		}
		c[i] = v
	}
}

// transpose is the plain form of Kernel.transpose.
func transpose(dst []float32, stride int, src []float32, at *[laneCount]int, count, n int) {
	for r := range count {
		for i, v := range src[at[r] : at[r]+n] {
			dst[i*stride+r] = v
		}
	}
}
