package gpu

import _ "embed"

// PTX is the text of all kernels, as clang makes it of kernels/all.cu for compute
// capability 7.0; drivers translate it for their card.
//
//go:embed kernels/kernels.ptx
var PTX string
