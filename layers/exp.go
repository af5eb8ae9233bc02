package layers

import "premlp/layers/internal/kernel"

// Exp returns eˣ, the same bits on every platform and under every kernel, at
// most 1.2 units in the last place from the true value.
func Exp(x float32) float32 { return kernel.Exp(x) }

// Exps writes eˣ⁻ᵗᵒᵖ of every x to dst, each with the bits of Exp, many at a time. dst
// is as long as x and may be x.
func Exps(dst, x []float32, top float32) { kernel.Exps(dst, x, top) }
