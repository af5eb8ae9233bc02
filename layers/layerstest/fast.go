// Package layerstest lets tests of other packages reach what layers keeps to
// itself.
package layerstest

import (
	"testing"

	"premlp/layers/internal/kernel"
)

// JudgeFastBF16 gives the machines of a test the plain Go form of the lossy
// arithmetic of layers.MachineOptions.FastBF16, on any processor.
func JudgeFastBF16(t testing.TB) {
	kernel.JudgeDot(true)
	t.Cleanup(func() { kernel.JudgeDot(false) })
}
