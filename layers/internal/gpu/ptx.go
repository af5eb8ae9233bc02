package gpu

import _ "embed"

// PTX is the text of all kernels, as clang makes it of kernels/all.cu for compute
// capability 7.0; drivers translate it for their card.
//
//go:embed kernels/kernels.ptx
var PTX string

// PTX80 is the text of the kernels that need compute capability 8.0, of
// kernels/all80.cu.
//
//go:embed kernels/kernels80.ptx
var PTX80 string

// PTX90 is the text of the kernels for compute capability 9.0 alone, of
// kernels/all90a.cu; drivers take it from CUDA 12 on.
//
//go:embed kernels/kernels90a.ptx
var PTX90 string
