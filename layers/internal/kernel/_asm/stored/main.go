// Command stored writes the kernels of package kernel that read stored values.
package main

import (
	. "github.com/mmcloughlin/avo/build"

	"premlp/layers/internal/kernel/_asm/panel"
)

func main() {
	ConstraintExpr("!noasm")
	for _, v := range []panel.Vector{panel.AVX512, panel.AVX2} {
		panel.Expand(v)
		panel.Rows(v)
	}
	Generate()
}
