//go:build gpu

package gpu

import (
	"errors"
	"fmt"
	"runtime"
	"slices"
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
	texts   []string // of modules that are not loaded before they are needed
	info    Info
	cublas  *cublas // nil before it is asked for
	later   later

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
	if major >= 8 {
		d.info.Families = []Family{MMA}
	}
	if major == 9 && minor == 0 && version >= 12000 { // drivers before do not know wgmma
		d.info.Families = []Family{WGMMA, MMA}
	}
	d.info.Families, err = chooseFamilies(d.info.Families)
	return err
}

// begin makes the context and loads the kernels.
func (d *driver) begin() error {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	var err error
	if d.context, err = d.device.MakeContext(cu.SchedAuto); err != nil {
		return fmt.Errorf("context on %s: %w", d.info.Name, err)
	}
	err = d.load()
	if err == nil {
		err = d.later.begin()
	}
	if err != nil {
		return errors.Join(err, d.context.Destroy())
	}
	return nil
}

// load loads the kernels but those of lossy products. They go with the context.
func (d *driver) load() error {
	for _, f := range d.info.Families {
		d.texts = append(d.texts, map[Family]string{MMA: PTX80, WGMMA: PTX90}[f])
	}
	if len(d.texts) > 0 && !slices.Contains(d.texts, PTX80) {
		d.texts = append(d.texts, PTX80) // it has the rounding
	}
	d.kernels = map[string]*loaded{}
	return d.loadText(PTX)
}

// kernel finds a kernel, and loads modules until one has it; it is nil where none does.
func (d *driver) kernel(name string) (*loaded, error) {
	for d.kernels[name] == nil && len(d.texts) > 0 {
		text := d.texts[0]
		if err := d.call(func() error { return d.loadText(text) }); err != nil {
			return nil, err
		}
		d.texts = d.texts[1:]
	}
	return d.kernels[name], nil
}

// loadText loads the module of a text.
func (d *driver) loadText(text string) error {
	module, err := cu.LoadData(text)
	if err != nil {
		return fmt.Errorf("kernels: %s does not take them: %w", d.info.Driver, err)
	}
	for name, types := range signatures(text) {
		f, err := module.Function(name)
		if err != nil {
			return fmt.Errorf("kernel %s: %w", name, err)
		}
		if len(types) > mostParameters {
			return fmt.Errorf("kernel %s: want at most %d parameters, have %d", name, mostParameters, len(types))
		}
		d.kernels[name] = &loaded{f, types, plainShared}
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

// Sync implements Device.
func (d *driver) Sync() error {
	if d.failed != nil {
		return d.failed
	}
	return d.fail(d.call(cu.Synchronize), "wait for the kernels")
}

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
	destroyed := d.call(d.context.Destroy)
	if d.failed == nil { // else it tells again what failed
		err = errors.Join(err, d.fail(destroyed, "end of the context"))
	}
	d.context = cu.CUContext{}
	if err == nil {
		return d.unfree
	}
	return errors.Join(d.unfree, err)
}
