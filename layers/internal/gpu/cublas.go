//go:build gpu

package gpu

// #include <stdlib.h>
// #include "cublas.h"
import "C"

import (
	"fmt"
	"os"
	"unsafe"
)

// cublas is NVIDIA's library of products, on a driver's device.
type cublas struct {
	d         *driver
	functions *C.struct_premlp_cublas
	handle    unsafe.Pointer
	name      string
}

// cublasNames are looked for in turn.
var cublasNames = []string{"libcublas.so.13", "libcublas.so.12", "libcublas.so.11"}

// blas implements OpenBLAS.
func (d *driver) blas() (BLAS, error) {
	if d.cublas != nil {
		return d.cublas, nil
	}
	functions, err := findCublas()
	if err != nil {
		return nil, err
	}
	b := &cublas{d: d, functions: functions}
	if err := d.call(b.create); err != nil {
		return nil, fmt.Errorf("cuda:%d: %w; PREMLP_CUBLAS=off does without it", d.number, err)
	}
	d.cublas = b
	return b, nil
}

// findCublas opens the library.
func findCublas() (*C.struct_premlp_cublas, error) {
	if s := os.Getenv("PREMLP_CUBLAS"); s == "off" {
		return nil, fmt.Errorf("%w: PREMLP_CUBLAS=off", ErrNoBLAS)
	} else if s != "" {
		return nil, fmt.Errorf("PREMLP_CUBLAS: want off or nothing, have %q", s)
	}
	names := cublasNames
	path := os.Getenv("PREMLP_LIBCUBLAS")
	if path != "" {
		names = []string{path}
	}
	f := (*C.struct_premlp_cublas)(C.calloc(1, C.sizeof_struct_premlp_cublas)) // as long as the library: for good
	var why [512]C.char
	for _, n := range names {
		name := C.CString(n)
		code := C.premlp_open_cublas(f, name, &why[0], C.int(len(why)))
		C.free(unsafe.Pointer(name))
		if code == 0 {
			return f, nil
		}
		if code != 1 || path != "" {
			C.free(unsafe.Pointer(f))
			return nil, fmt.Errorf("cuBLAS: %s", C.GoString(&why[0]))
		}
	}
	C.free(unsafe.Pointer(f))
	return nil, fmt.Errorf("%w: %s", ErrNoBLAS, C.GoString(&why[0]))
}

// create makes the library's handle in the current context.
func (b *cublas) create() error {
	if err := b.status("cublasCreate", C.premlp_cublas_create(b.functions, &b.handle)); err != nil {
		return err
	}
	var version C.int
	err := b.status("cublasGetVersion", C.premlp_cublas_version(b.functions, b.handle, &version))
	if err == nil {
		err = b.status("cublasSetStream", C.premlp_cublas_set_stream(b.functions, b.handle, nil))
	}
	if err == nil {
		err = b.status("cublasSetMathMode", C.premlp_cublas_set_math_mode(b.functions, b.handle, C.CUBLAS_DEFAULT_MATH|C.CUBLAS_DISALLOW_REDUCED_PRECISION_REDUCTION))
	}
	if err != nil {
		C.premlp_cublas_destroy(b.functions, b.handle)
		return err
	}
	v := int(version)
	b.name = fmt.Sprintf("cuBLAS %d.%d.%d", v/10000, v/100%100, v%100)
	return nil
}

func (b *cublas) destroy() error {
	return b.status("cublasDestroy", C.premlp_cublas_destroy(b.functions, b.handle))
}

// Name implements BLAS.
func (b *cublas) Name() string { return b.name }

// MultiplyRounded implements BLAS. Zeros behind k are multiplied too: the library is
// quicker with whole rows.
func (b *cublas) MultiplyRounded(r Rounding, out, x, w Pointer, rows, n, k int) error {
	stride, kind, compute := r.Pitch(k)/4, C.CUBLAS_R_32F, C.CUBLAS_32F_FAST_TF32
	if r == BF16 {
		stride, kind, compute = r.Pitch(k)/2, C.CUBLAS_R_16BF, C.CUBLAS_32F
	}
	err := b.d.call(func() error {
		return b.status("cublasGemmEx", C.premlp_cublas_multiply(b.functions, b.handle, C.ulonglong(out), C.ulonglong(x), C.ulonglong(w),
			C.int(rows), C.int(n), C.int(stride), C.int(kind), C.int(stride), C.int(compute)))
	})
	err = b.d.fail(err, "product of [%d, %d] and [%d, %d] in %s", rows, k, n, k, r)
	b.d.last = "cublasGemmEx"
	return err
}

// statuses names the library's errors.
var statuses = map[C.int]string{
	1: "NOT_INITIALIZED", 3: "ALLOC_FAILED", 7: "INVALID_VALUE", 8: "ARCH_MISMATCH", 11: "MAPPING_ERROR",
	13: "EXECUTION_FAILED", 14: "INTERNAL_ERROR", 15: "NOT_SUPPORTED", 16: "LICENSE_ERROR",
}

// status is the error of a call: nil of 0.
func (b *cublas) status(call string, code C.int) error {
	if code == 0 {
		return nil
	}
	name := statuses[code]
	if name == "" {
		name = "unknown"
	}
	return fmt.Errorf("%s: status %d, %s", call, int(code), name)
}
