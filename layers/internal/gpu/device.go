// Package gpu runs a forward pass's kernels on a device with memory of its own: a
// graphics card by its driver (build tag gpu), or the emulator, which executes the
// same PTX text in Go and is the proof of the kernels where there is no card.
//
// The kernels are CUDA C in kernels/, compiled to PTX by clang; what each computes
// is said there. A kernel's pointers are to float32 or int32, row-major.
package gpu

// Device is memory and kernels. It serves one caller at a time, and every call
// that fails says what was asked of it. Launches are queued; Download and Sync wait
// for them.
type Device interface {
	// Info describes the device.
	Info() Info
	// Available returns the bytes of memory that are free now.
	Available() (int64, error)
	// Alloc returns memory of that many bytes, aligned to 256. What is in it is
	// undefined. An error of too little memory is an *OutOfMemory.
	Alloc(bytes int64) (Pointer, error)
	// Free gives memory back when the launches before it have ended. It must be one that
	// Alloc returned.
	Free(p Pointer) error
	// Upload copies src to the device.
	Upload(dst Pointer, src []byte) error
	// Download waits for the launches before it and copies from the device.
	Download(dst []byte, src Pointer) error
	// AllocHost returns memory of this machine for DownloadLater. What is in it is
	// undefined.
	AllocHost(bytes int) ([]byte, error)
	// FreeHost gives it back: all of it, as AllocHost returned it.
	FreeHost(b []byte) error
	// DownloadLater begins to copy what the launches before it leave at src, while
	// those behind it run. wait, to be called once, waits for the copy. Until then
	// dst, of AllocHost, holds anything, and src is not to be written or freed.
	DownloadLater(dst []byte, src Pointer) (wait func() error, err error)
	// Launch queues a kernel, with arguments in the order and of the types of its
	// parameters. It keeps nothing of args.
	Launch(kernel string, grid, block Dim, shared int, args []Arg) error
	// Sync waits for all launches. An error of one of them, whichever, is its, and so is
	// the error of an earlier call that the device does not work behind.
	Sync() error
	// Close frees everything that was not freed before.
	Close() error
}

// Pointer is an address in a device's memory; 0 is none.
type Pointer uint64

// Offset returns the address that many float32 or int32 behind p.
func (p Pointer) Offset(values int) Pointer { return p + Pointer(4*values) }

// Dim is the extent of a grid of blocks, or of a block of threads; 0 is 1.
type Dim struct{ X, Y, Z int }

// Info describes a device.
type Info struct {
	Name    string // as the driver calls it
	Kind    string // "cuda" or "emulated"
	Version string // compute capability, as "8.0"
	Driver  string // its version
	Memory  int64  // bytes in all

	Processors int // multiprocessors: so many blocks run at once, or more
	Shared     int // bytes of shared memory that a block may ask for
	// Families are those of lossy products on tensor cores that the device has kernels
	// for, the best first: none below compute capability 8.0.
	Families []Family
}

// OutOfMemory is the error of an Alloc that the device has no room for.
type OutOfMemory struct{ Wanted, Free int64 }
