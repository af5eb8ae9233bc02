package layers

import "premlp/layers/internal/kernel"

// Exp returns eˣ, the same bits on every platform and under every kernel, at
// most 1.2 units in the last place from the true value.
func Exp(x float32) float32 { return kernel.Exp(x) }
