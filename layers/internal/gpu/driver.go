//go:build gpu

package gpu

import (
	"errors"
	"fmt"
	"math"
	"runtime"
	"unsafe"

	"gorgonia.org/cu"
)

// driver is a card by NVIDIA's driver. A context belongs to the OS thread it is
// current on, so each call makes it current on the thread it runs on.
type driver struct {
	number  int
	device  cu.Device
	context cu.CUContext
	kernels map[string]*loaded
	info    Info
	cublas  *cublas // nil before it is asked for

	slots  []uint64 // of a launch's arguments
	places []unsafe.Pointer
	last   string // the kernel that was launched last
	failed error  // of the first call that failed
	unfree error  // of the first Free that failed
}

// loaded is one of the module's functions.
type loaded struct {
	function cu.Function
	types    []string
	shared   int // bytes of it that a launch may have
}

const (
	plainShared    = 48 << 10 // more has to be asked for
	maxSharedOptin = cu.DeviceAttribute(97)
)

// describe fills what is known of the device before it has a context.
func (d *driver) describe() error {
	var err error
	if d.device, err = cu.GetDevice(d.number); err != nil {
		return fmt.Errorf("device: %w", err)
	}
	name, err := d.device.Name()
	if err != nil {
		return fmt.Errorf("name: %w", err)
	}
	memory, err := d.device.TotalMem()
	if err != nil {
		return fmt.Errorf("memory: %w", err)
	}
	major, err := d.device.Attribute(cu.ComputeCapabilityMajor)
	if err != nil {
		return fmt.Errorf("compute capability: %w", err)
	}
	minor, err := d.device.Attribute(cu.ComputeCapabilityMinor)
	if err != nil {
		return fmt.Errorf("compute capability: %w", err)
	}
	if major < 7 {
		return fmt.Errorf("%s: want compute capability 7.0 or later, have %d.%d", name, major, minor)
	}
	shared, err := d.device.Attribute(maxSharedOptin)
	if err != nil {
		return fmt.Errorf("shared memory: %w", err)
	}
	processors, err := d.device.Attribute(cu.MultiprocessorCount)
	if err != nil {
		return fmt.Errorf("multiprocessors: %w", err)
	}
	version := cu.Version()
	if version < 0 {
		return errors.New("version of the driver: it does not say")
	}
	d.info = Info{
		Name: name, Kind: "cuda", Version: fmt.Sprintf("%d.%d", major, minor),
		Driver: fmt.Sprintf("CUDA %d.%d", version/1000, version%1000/10), Memory: memory,
		Processors: processors, Shared: shared,
	}
	return nil
}

// begin makes the context and loads the kernels.
func (d *driver) begin() error {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	var err error
	if d.context, err = d.device.MakeContext(cu.SchedAuto); err != nil {
		return fmt.Errorf("context on %s: %w", d.info.Name, err)
	}
	if err := d.load(); err != nil {
		return errors.Join(err, d.context.Destroy())
	}
	return nil
}

// load loads the kernels. They go with the context.
func (d *driver) load() error {
	texts := []string{PTX}
	if d.info.Tensor() {
		texts = append(texts, PTX80)
	}
	d.kernels = map[string]*loaded{}
	most := 0
	for _, text := range texts {
		module, err := cu.LoadData(text)
		if err != nil {
			return fmt.Errorf("kernels: %s does not take them: %w", d.info.Driver, err)
		}
		for name, types := range signatures(text) {
			f, err := module.Function(name)
			if err != nil {
				return fmt.Errorf("kernel %s: %w", name, err)
			}
			d.kernels[name] = &loaded{f, types, plainShared}
			most = max(most, len(types))
		}
	}
	d.slots, d.places = make([]uint64, most), make([]unsafe.Pointer, most)
	for i := range d.slots {
		d.places[i] = unsafe.Pointer(&d.slots[i])
	}
	return nil
}

// call runs f with the context current.
func (d *driver) call(f func() error) error {
	if d.context == (cu.CUContext{}) {
		return errors.New("the device is closed")
	}
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	if err := cu.SetCurrentContext(d.context); err != nil {
		return err
	}
	return f()
}

// fail makes the error of a call; what the format says is what was asked. An
// earlier launch's error comes out of any later call.
func (d *driver) fail(err error, format string, args ...any) error {
	if err == nil {
		return nil
	}
	err = fmt.Errorf("cuda:%d: %s: %w", d.number, fmt.Sprintf(format, args...), err)
	if d.last != "" {
		err = fmt.Errorf("%w (launched last: %s)", err, d.last)
	}
	if d.failed == nil {
		d.failed = err
	}
	return err
}

// Info implements Device.
func (d *driver) Info() Info {
	return d.info
}

// Available implements Device.
func (d *driver) Available() (bytes int64, err error) {
	err = d.call(func() (err error) { bytes, _, err = cu.MemInfo(); return err })
	return bytes, d.fail(err, "free memory")
}

// Alloc implements Device. The driver aligns to 256 bytes or more.
func (d *driver) Alloc(bytes int64) (Pointer, error) {
	var p cu.DevicePtr
	err := d.call(func() (err error) { p, err = cu.MemAlloc(bytes); return err })
	if err == cu.OutOfMemory {
		free, err := d.Available()
		if err != nil {
			return 0, fmt.Errorf("%w, after %d bytes were not to be had", err, bytes)
		}
		return 0, fmt.Errorf("cuda:%d: %w", d.number, &OutOfMemory{Wanted: bytes, Free: free})
	}
	return Pointer(p), d.fail(err, "memory of %d bytes", bytes)
}

// Free implements Device. After another call's failure it does nothing: the driver
// refuses all calls then, and the memory goes with the context.
func (d *driver) Free(p Pointer) error {
	if d.failed != nil {
		return nil
	}
	err := d.fail(d.call(func() error { return cu.MemFree(cu.DevicePtr(p)) }), "free %#x", uint64(p))
	d.unfree = err
	return err
}

// Upload implements Device.
func (d *driver) Upload(dst Pointer, src []byte) error {
	if len(src) == 0 {
		return nil
	}
	err := d.call(func() error {
		return cu.MemcpyHtoD(cu.DevicePtr(dst), unsafe.Pointer(&src[0]), int64(len(src)))
	})
	return d.fail(err, "upload of %d bytes to %#x", len(src), uint64(dst))
}

// Download implements Device.
func (d *driver) Download(dst []byte, src Pointer) error {
	if len(dst) == 0 {
		return nil
	}
	err := d.call(func() error {
		return cu.MemcpyDtoH(unsafe.Pointer(&dst[0]), cu.DevicePtr(src), int64(len(dst)))
	})
	return d.fail(err, "download of %d bytes from %#x", len(dst), uint64(src))
}

// Launch implements Device.
func (d *driver) Launch(name string, grid, block Dim, shared int, args ...any) error {
	k, ok := d.kernels[name]
	if !ok {
		return fmt.Errorf("cuda:%d: launch: no kernel %q", d.number, name)
	}
	if err := checkArguments(name, k.types, args); err != nil {
		return fmt.Errorf("cuda:%d: launch: %w", d.number, err)
	}
	for i, a := range args {
		d.slots[i] = slot(a)
	}
	g, b := grid.atLeastOne(), block.atLeastOne()
	err := d.call(func() error {
		if shared > k.shared {
			if err := allowShared(k.function, shared); err != nil {
				return fmt.Errorf("%d bytes of shared memory: %w", shared, err)
			}
			k.shared = shared
		}
		return k.function.Launch(g.X, g.Y, g.Z, b.X, b.Y, b.Z, shared, cu.NoStream, d.places[:len(args)])
	})
	err = d.fail(err, "launch of %s, grid %v, block %v", name, g, b)
	d.last = name
	return err
}

// slot is an argument in the 8 bytes that cu copies of each.
func slot(arg any) uint64 {
	switch a := arg.(type) {
	case Pointer:
		return uint64(a)
	case int64:
		return uint64(a)
	case int32:
		return uint64(uint32(a))
	case float32:
		return uint64(math.Float32bits(a))
	case float64:
		return math.Float64bits(a)
	}
	return 0 // checkArguments has refused it
}

// atLeastOne is d with 1 for 0.
func (d Dim) atLeastOne() Dim { return Dim{max(d.X, 1), max(d.Y, 1), max(d.Z, 1)} }

// Sync implements Device.
func (d *driver) Sync() error { return d.fail(d.call(cu.Synchronize), "wait for the kernels") }

// Close implements Device: memory and kernels go with the context. It also returns
// the error of a Free that failed, which its caller may have had no use for.
func (d *driver) Close() error {
	if d.context == (cu.CUContext{}) {
		return nil
	}
	var err error
	if d.cublas != nil && d.failed == nil {
		err = d.fail(d.call(d.cublas.destroy), "end of cuBLAS")
	}
	err = errors.Join(err, d.fail(d.call(d.context.Destroy), "end of the context"))
	d.context = cu.CUContext{}
	if err == nil {
		return d.unfree
	}
	return errors.Join(d.unfree, err)
}
