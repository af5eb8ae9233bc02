package gpu

import (
	"errors"
	"fmt"
	"runtime"
	"slices"
	"strings"

	"premlp/layers/internal/gpu/ptx"
)

// Emulator is a device that executes the kernels' PTX on the CPU, one launch at a
// time and at once. It is a test double: it is exact and checks every access, and is
// far slower than the CPU's own ops. Bounds of a launch are those of its last text's
// target.
type Emulator struct {
	Strict   bool  // Close reports what was not freed as an error
	Count    bool  // count the distinct bytes of memory that kernels touch
	Races    bool  // look for races, in shared memory and between blocks; on in a new Emulator
	Workers  int   // blocks that run at the same time; 0 is one for each CPU
	MaxSteps int64 // of one warp, after which a kernel is said to hang; 0 is 1<<32

	modules []*ptx.Module
	memory  *ptx.Memory
	limit   int64
	owners  map[Pointer]string // where in the code each allocation was made
	failing map[Call]failure
	stats   EmulatorStats
	broken  error // the first fault of a launch: a device is unusable behind it
	closed  bool
}

// NewEmulator returns a device of so many bytes of memory that runs the kernels of a
// PTX text, and of more, which have no variables of their own.
func NewEmulator(text string, memoryLimit int64, more ...string) (*Emulator, error) {
	e := &Emulator{
		Races: true, limit: memoryLimit,
		owners: map[Pointer]string{}, failing: map[Call]failure{}, stats: newEmulatorStats(),
	}
	for _, t := range append([]string{text}, more...) {
		m, err := ptx.Parse(t)
		if err != nil {
			return nil, err
		}
		e.modules = append(e.modules, m)
	}
	e.memory = ptx.NewMemory(e.modules[0])
	return e, nil
}

// target is the compute capability that the modules need, as "sm_80".
func (e *Emulator) target() string { return e.modules[len(e.modules)-1].Target }

// families are those of the modules, the last one's first.
func (e *Emulator) families() []Family {
	var list []Family
	for _, m := range slices.Backward(e.modules) {
		if f := map[string]Family{"sm_80": MMA, "sm_90a": WGMMA}[m.Target]; f != "" {
			list = append(list, f)
		}
	}
	return list
}

// kernel finds a kernel, or nil.
func (e *Emulator) kernel(name string) *ptx.Kernel {
	for _, m := range e.modules {
		if k := m.Kernel(name); k != nil {
			return k
		}
	}
	return nil
}

// Info implements Device.
func (e *Emulator) Info() Info {
	return Info{
		Name: "emulator of PTX " + e.modules[0].Version, Kind: "emulated", Version: versionOf(e.target()), Driver: "none",
		Memory: e.limit, Processors: 8, Shared: mostShared(e.target()), Families: e.families(),
	}
}

// Available implements Device.
func (e *Emulator) Available() (int64, error) { return e.limit - e.stats.Used, nil }

var errClosed = errors.New("device: used after Close")

// before begins a call: it counts it and lets an injected failure happen.
func (e *Emulator) before(c Call) error {
	e.stats.Calls[c]++
	switch {
	case e.closed:
		return errClosed
	case e.broken != nil:
		return fmt.Errorf("device: %s after a launch has failed: %w", strings.ToLower(string(c)), e.broken)
	}
	return e.inject(c)
}

// Alloc implements Device.
func (e *Emulator) Alloc(bytes int64) (Pointer, error) {
	if err := e.before(CallAlloc); err != nil {
		return 0, err
	}
	if bytes < 1 {
		return 0, fmt.Errorf("device memory: want at least 1 byte, have %d", bytes)
	}
	// A card gives memory out in pieces of 256 bytes.
	if free := e.limit - e.stats.Used; (bytes+255)/256*256 > free {
		return 0, &OutOfMemory{Wanted: bytes, Free: free}
	}
	p := Pointer(e.memory.Alloc(bytes))
	e.stats.Used += (bytes + 255) / 256 * 256
	e.stats.Peak = max(e.stats.Peak, e.stats.Used)
	_, file, line, _ := runtime.Caller(1)
	e.owners[p] = fmt.Sprintf("%s:%d", file[strings.LastIndexByte(file, '/')+1:], line)
	return p, nil
}

// Free implements Device.
func (e *Emulator) Free(p Pointer) error {
	e.stats.Calls[CallFree]++
	if e.closed {
		return errClosed
	}
	if err := e.inject(CallFree); err != nil {
		return err
	}
	size := e.memory.Size(int64(p))
	if err := e.memory.Free(int64(p)); err != nil {
		return fmt.Errorf("device memory: %w", err)
	}
	e.stats.Used -= (size + 255) / 256 * 256
	delete(e.owners, p)
	return nil
}

// Upload implements Device.
func (e *Emulator) Upload(dst Pointer, src []byte) error {
	if err := e.before(CallUpload); err != nil {
		return err
	}
	to, err := e.memory.Bytes(int64(dst), int64(len(src)))
	if err != nil {
		return fmt.Errorf("upload: %w", err)
	}
	e.stats.Uploaded += int64(copy(to, src))
	return nil
}

// Download implements Device.
func (e *Emulator) Download(dst []byte, src Pointer) error {
	if err := e.before(CallDownload); err != nil {
		return err
	}
	from, err := e.memory.Bytes(int64(src), int64(len(dst)))
	if err != nil {
		return fmt.Errorf("download: %w", err)
	}
	e.stats.Downloaded += int64(copy(dst, from))
	return nil
}

// AllocHost implements Device.
func (e *Emulator) AllocHost(bytes int) ([]byte, error) {
	if err := e.before(CallAllocHost); err != nil {
		return nil, err
	}
	return make([]byte, bytes), nil
}

// FreeHost implements Device.
func (e *Emulator) FreeHost([]byte) error { return nil }

// DownloadLater implements Device. It copies as late as a card may, when it is waited
// for, so that a copy of what was overwritten by then has other bits.
func (e *Emulator) DownloadLater(dst []byte, src Pointer) (wait func() error, err error) {
	if err := e.before(CallDownloadLater); err != nil {
		return nil, err
	}
	for i := range dst {
		dst[i] = 0xff
	}
	return func() error { return e.Download(dst, src) }, nil
}

// Sync implements Device. Launches have run before it.
func (e *Emulator) Sync() error { return e.before(CallSync) }

// Close implements Device. A second time it does nothing.
func (e *Emulator) Close() error {
	if e.closed {
		return nil
	}
	var err error
	if e.Strict {
		err = e.Leaks()
	}
	e.closed = true
	e.memory = ptx.NewMemory(e.modules[0])
	return err
}

// Leaks returns an error that names what is allocated, or nil.
func (e *Emulator) Leaks() error {
	addresses, sizes := e.memory.Live()
	if len(addresses) == 0 {
		return nil
	}
	var total int64
	var list []string
	for i, at := range addresses {
		total += sizes[i]
		if i < 5 {
			list = append(list, fmt.Sprintf("%d bytes of %s", sizes[i], e.owners[Pointer(at)]))
		}
	}
	if len(addresses) > len(list) {
		list = append(list, "...")
	}
	return fmt.Errorf("device memory: %d pieces, %d bytes, are not freed: %s", len(addresses), total, strings.Join(list, ", "))
}
