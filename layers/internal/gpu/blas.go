package gpu

import "errors"

// BLAS is a library of products on a device. It is closed with the device.
type BLAS interface {
	// Name is the library and its version, as "cuBLAS 12.4.5".
	Name() string
	// MultiplyRounded queues out [rows, n] = x · wᵀ of rounded x [rows, k] and w [n, k].
	// The order of its sums is the library's own: a row's bits may depend on rows and n.
	MultiplyRounded(r Rounding, out, x, w Pointer, rows, n, k int) error
}

// ErrNoBLAS is the error of [OpenBLAS] where there is no library, or none is wanted.
var ErrNoBLAS = errors.New("no cuBLAS")

// OpenBLAS returns cuBLAS on a device; the same at every call. It is looked for as
// libcublas.so of CUDA 13, 12 and 11, or as the file that PREMLP_LIBCUBLAS names;
// PREMLP_CUBLAS=off forbids it. A library that is there and does not work is an error.
func OpenBLAS(d Device) (BLAS, error) {
	if d, ok := d.(interface{ blas() (BLAS, error) }); ok {
		return d.blas()
	}
	return nil, ErrNoBLAS
}
