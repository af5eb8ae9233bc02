//go:build !noasm

package kernel

import "golang.org/x/sys/cpu"

// FindPeak returns the loops for this processor.
func FindPeak() Peak {
	switch {
	case cpu.X86.HasAVX512F:
		return Peak{Loop: "avx512", flop: 2 * 12 * 16, fma: fmaPeak512, read: readAll512}
	case cpu.X86.HasAVX2 && cpu.X86.HasFMA:
		return Peak{Loop: "avx2", flop: 2 * 12 * 8, fma: fmaPeak2, read: readAll2}
	}
	return Peak{}
}
