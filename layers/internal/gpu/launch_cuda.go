//go:build gpu

package gpu

/*
#include <stdint.h>

// As cuda.h declares them; handles are pointers.
int cuCtxSetCurrent(void *context);
int cuLaunchKernel(void *function, unsigned grid_x, unsigned grid_y, unsigned grid_z, unsigned block_x, unsigned block_y,
	unsigned block_z, unsigned shared, void *stream, void **parameters, void **extra);

enum { MOST_PARAMETERS = 64 };

// One call for a launch: cu's is six, as it copies each argument to memory of C's. The
// context is made current here, since a goroutine may run on another thread each time.
static int premlp_launch(void *context, void *function, const unsigned *dims, const uint64_t *slots, int count) {
	void *places[MOST_PARAMETERS];
	for (int i = 0; i < count; i++) places[i] = (void *)(slots + i);
	int error = cuCtxSetCurrent(context);
	if (error) return error;
	return cuLaunchKernel(function, dims[0], dims[1], dims[2], dims[3], dims[4], dims[5], dims[6], 0, places, 0);
}
*/
// #cgo noescape premlp_launch
// #cgo nocallback premlp_launch
import "C"

import (
	"errors"
	"fmt"
	"unsafe"

	"gorgonia.org/cu"
)

// mostParameters bounds those of a kernel.
const mostParameters = C.MOST_PARAMETERS

// Launch implements Device. It allocates nothing.
func (d *driver) Launch(name string, grid, block Dim, shared int, args []Arg) error {
	k, err := d.kernel(name)
	if err != nil {
		return d.fail(err, "launch of %s", name)
	}
	if k == nil {
		return fmt.Errorf("cuda:%d: launch: no kernel %q", d.number, name)
	}
	if err := checkArguments(name, k.types, args); err != nil {
		return fmt.Errorf("cuda:%d: launch: %w", d.number, err)
	}
	var slots [mostParameters]C.uint64_t
	for i, a := range args {
		slots[i] = C.uint64_t(a.bits)
	}
	g, b := grid.atLeastOne(), block.atLeastOne()
	dims := [...]C.uint{C.uint(g.X), C.uint(g.Y), C.uint(g.Z), C.uint(b.X), C.uint(b.Y), C.uint(b.Z), C.uint(shared)}
	if d.context == (cu.CUContext{}) {
		return errors.New("the device is closed")
	}
	if shared > k.shared {
		if err := d.call(func() error { return allowShared(k.function, shared) }); err != nil {
			return d.fail(err, "launch of %s, grid %v, block %v: %d bytes of shared memory", name, g, b, shared)
		}
		k.shared = shared
	}
	code := C.premlp_launch(*(*unsafe.Pointer)(unsafe.Pointer(&d.context)), *(*unsafe.Pointer)(unsafe.Pointer(&k.function)),
		&dims[0], &slots[0], C.int(len(args)))
	if code == 0 {
		d.last = name
		return nil
	}
	err = d.fail(result(code), "launch of %s, grid %v, block %v", name, g, b)
	d.last = name
	return err
}

// result is a code of the driver's as cu's error, nil of 0.
func result(code C.int) error {
	if code == 0 {
		return nil
	}
	return errorLike(cu.InvalidValue, int(code))
}

// errorLike is an error of another's type, which cu keeps to itself.
func errorLike[E interface {
	~int
	error
}](_ E, code int) error {
	return E(code)
}

// atLeastOne is d with 1 for 0.
func (d Dim) atLeastOne() Dim { return Dim{max(d.X, 1), max(d.Y, 1), max(d.Z, 1)} }
