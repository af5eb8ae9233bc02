//go:build gpu

package gpu

// #cgo LDFLAGS: -lcuda
// int premlp_open_libcuda(char *why, int size, int *code);
// int cuFuncSetAttribute(void *function, int attribute, int value);
import "C"

import (
	"fmt"
	"os"
	"slices"
	"unsafe"

	"gorgonia.org/cu"
)

// Open opens the CUDA device of a number and loads the kernels on it. The driver's
// library is opened now, not before: libcuda.so.1, or the file PREMLP_LIBCUDA names.
func Open(number int) (Device, error) {
	d, err := open(number)
	if err != nil {
		return nil, fmt.Errorf("cuda:%d: %w", number, err)
	}
	return d, nil
}

func open(number int) (*driver, error) {
	count, err := Count()
	if err != nil {
		return nil, err
	}
	if number < 0 || number >= count {
		return nil, fmt.Errorf("want a number from 0 to %d, as the driver has %d devices", count-1, count)
	}
	d := &driver{number: number}
	if err := d.describe(); err != nil {
		return nil, err
	}
	if err := d.begin(); err != nil {
		return nil, err
	}
	return d, nil
}

// Count is the number of CUDA devices, at least 1.
func Count() (int, error) {
	if err := openLibrary(); err != nil {
		return 0, err
	}
	count, err := cu.NumDevices()
	if err != nil {
		return 0, fmt.Errorf("number of devices: %w", err)
	}
	if count == 0 {
		return 0, fmt.Errorf("%w: the driver finds no card", ErrNone)
	}
	return count, nil
}

// openLibrary opens the driver's library and initializes it.
func openLibrary() error {
	const (
		missing       = 1
		uninitialized = 2
		noDevice      = 100 // CUDA_ERROR_NO_DEVICE
	)
	var why [512]C.char
	var code C.int
	switch C.premlp_open_libcuda(&why[0], C.int(len(why)), &code) {
	case missing:
		return fmt.Errorf("%w: no driver (%s): install NVIDIA's driver, or name its library by PREMLP_LIBCUDA", ErrNone, C.GoString(&why[0]))
	case uninitialized:
		if code == noDevice {
			return fmt.Errorf("%w: the driver finds no card", ErrNone)
		}
		return fmt.Errorf("the driver does not start: cuInit has CUDA error %d", int(code))
	}
	return nil
}

// allowShared lets a function's launches have that much dynamic shared memory, which
// cu has no call for.
func allowShared(f cu.Function, bytes int) error {
	const maxDynamicShared = 8                       // CU_FUNC_ATTRIBUTE_MAX_DYNAMIC_SHARED_SIZE_BYTES
	handle := *(*unsafe.Pointer)(unsafe.Pointer(&f)) // the one field of f
	if code := C.cuFuncSetAttribute(handle, maxDynamicShared, C.int(bytes)); code != 0 {
		return fmt.Errorf("CUDA error %d", int(code))
	}
	return nil
}

// chooseFamilies leaves the one that PREMLP_TENSOR names, where it is set.
func chooseFamilies(all []Family) ([]Family, error) {
	name := Family(os.Getenv("PREMLP_TENSOR"))
	if name == "" {
		return all, nil
	}
	if !slices.Contains(all, name) {
		return nil, fmt.Errorf("PREMLP_TENSOR: want one of %v, which this device has, have %q", all, name)
	}
	return []Family{name}, nil
}
