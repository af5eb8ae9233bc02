//go:build gpu

package gpu

import (
	"errors"
	"os"
	"strings"
	"testing"
)

// fakeDriver opens a device of the fake driver, and closes it at the test's end.
func fakeDriver(t testing.TB) *driver {
	t.Helper()
	path := os.Getenv("PREMLP_TEST_LIBCUDA")
	if path == "" {
		t.Skip("PREMLP_TEST_LIBCUDA names no fake driver: make test-gpu")
	}
	t.Setenv("PREMLP_LIBCUDA", path)
	t.Setenv("PREMLP_FAKECUDA_MEMORY", "1000000")
	d, err := Open(0)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = d.Close() })
	return d.(*driver)
}

// wantError says if err does not hold a text.
func wantError(t *testing.T, err error, want string) {
	t.Helper()
	if err == nil || !strings.Contains(err.Error(), want) {
		t.Errorf("want an error with %q, have %v", want, err)
	}
}

func TestDriver(t *testing.T) {
	d := fakeDriver(t)
	if i := d.Info(); i.Kind != "cuda" || i.Name == "" || i.Version != "7.0" || i.Driver != "CUDA 12.4" || i.Memory != 1e6 || available(t, d) != 1e6 {
		t.Errorf("info: have %+v", i)
	}
	p, err := d.Alloc(12)
	if err != nil || p%256 != 0 {
		t.Fatalf("alloc: want an address of 256 bytes, have %#x, %v", p, err)
	}
	if free := available(t, d); free != 1e6-12 {
		t.Errorf("want %d bytes free, have %d", int(1e6-12), free)
	}
	if err := d.Upload(p, floats(1, -2, 3)); err != nil {
		t.Fatal(err)
	}
	if err := d.Launch("function", Dim{X: 2}, Dim{X: 2}, 0, Args(p, p, int64(3), int32(3), float32(0))); err != nil { // relu
		t.Fatal(err)
	}
	if err := errors.Join(d.Upload(p, nil), d.Download(nil, p), d.Sync()); err != nil {
		t.Fatal(err)
	}
	have := make([]byte, 12)
	if err := d.Download(have, p); err != nil {
		t.Fatal(err)
	}
	if want := floats(1, 0, 3); string(have) != string(want) {
		t.Errorf("relu: want %x, have %x", want, have)
	}
	if err := d.Free(p); err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(d.Close(), d.Close()); err != nil {
		t.Fatal(err)
	}
	_, err = d.Alloc(1)
	wantError(t, err, "memory of 1 bytes: the device is closed")
}

// A barrier's threads see each other's values, and blocks one shared memory each.
func TestDriverBarriers(t *testing.T) {
	d := fakeDriver(t)
	const n, cols = 3, 40
	x := make([]float32, n*cols)
	for i := range x {
		x[i] = float32(1 + i/cols)
	}
	in, err1 := d.Alloc(4 * n * cols)
	out, err2 := d.Alloc(4 * n * cols)
	scale, err3 := d.Alloc(4 * n)
	if err := errors.Join(err1, err2, err3, d.Upload(in, floats(x...))); err != nil {
		t.Fatal(err)
	}
	// The first row of the input, ones, is the weight of all.
	if err := d.Launch("rmsnorm", Dim{X: n}, Dim{X: 16}, 0, Args(out, scale, in, in, int32(cols), int32(1), 0.0)); err != nil {
		t.Fatal(err)
	}
	have := make([]byte, 4*n)
	if err := d.Download(have, scale); err != nil {
		t.Fatal(err)
	}
	if want := floats(1, 2, 3); string(have) != string(want) {
		t.Errorf("scales: want %x, have %x", want, have)
	}
}

func TestDriverRefuses(t *testing.T) {
	d := fakeDriver(t)
	p, err := d.Alloc(4)
	if err != nil {
		t.Fatal(err)
	}
	one := Dim{}
	for _, c := range []struct {
		err  error
		want string
	}{
		{d.Launch("nosuch", one, one, 0, nil), `launch: no kernel "nosuch"`},
		{d.Launch("zero", one, one, 0, Args(p)), "kernel zero: want 2 arguments, have 1"},
		{d.Launch("zero", one, one, 0, Args(p, int32(1))), "kernel zero: argument 1: want u64, have u32"},
		{d.Launch("zero", one, one, 0, Args(p, 1)), "kernel zero: argument 1: want u64, have int"},
	} {
		wantError(t, c.err, "cuda:0: ")
		wantError(t, c.err, c.want)
	}
	var memory *OutOfMemory
	if _, err := d.Alloc(1e6); !errors.As(err, &memory) || *memory != (OutOfMemory{1e6, 1e6 - 4}) {
		t.Errorf("want an error of 1000000 bytes wanted and 999996 free, have %v", err)
	}
	if err := d.Free(p); err != nil {
		t.Errorf("after what was refused a device is as before, but: %v", err)
	}
	_, err = Open(1) // of one
	wantError(t, err, "cuda:1: want a number from 0 to 0, as the driver has 1 devices")
}

// The driver's own errors say what was asked.
func TestDriverErrors(t *testing.T) {
	for _, c := range []struct {
		name, want string
		do         func(d *driver, p Pointer) error
	}{
		{"launch", "launch of zero, grid {1 1 1}, block {1025 1 1}: InvalidValue", func(d *driver, p Pointer) error {
			return d.Launch("zero", Dim{}, Dim{X: 1025}, 0, Args(p, int64(1)))
		}},
		{"upload", "upload of 8 bytes to 0x", func(d *driver, p Pointer) error { return d.Upload(p, make([]byte, 8)) }},
		{"download", "download of 4 bytes from 0x", func(d *driver, p Pointer) error { return d.Download(make([]byte, 4), p+4) }},
		{"free", "free 0x", func(d *driver, p Pointer) error { return d.Free(p + 256) }},
		{"freed", "InvalidValue", func(d *driver, p Pointer) error { return errors.Join(d.Free(p), d.Upload(p, make([]byte, 4))) }},
		{"alloc", "memory of 0 bytes: InvalidValue", func(d *driver, _ Pointer) error { _, err := d.Alloc(0); return err }},
		// What a launch does wrong comes out of a later call.
		{"address", "wait for the kernels: IllegalAddress (launched last: zero)", func(d *driver, p Pointer) error {
			if err := d.Launch("zero", Dim{}, Dim{}, 0, Args(p, int64(1<<20))); err != nil {
				return err
			}
			return d.Sync()
		}},
		{"pointer", "IllegalAddress (launched last: zero)", func(d *driver, _ Pointer) error {
			if err := d.Launch("zero", Dim{}, Dim{}, 0, Args(Pointer(4096), int64(1))); err != nil {
				return err
			}
			return d.Download(make([]byte, 4), 4096)
		}},
	} {
		t.Run(c.name, func(t *testing.T) {
			d := fakeDriver(t)
			p, err := d.Alloc(4)
			if err != nil {
				t.Fatal(err)
			}
			wantError(t, c.do(d, p), c.want)
			if err := d.Free(p); err != nil {
				t.Errorf("free behind a failure: want nothing, have %v", err)
			}
		})
	}
}

// A copy that is not waited for has brought nothing, and one of what is overwritten
// meanwhile something else.
func TestDriverDownloadLater(t *testing.T) {
	d := fakeDriver(t)
	p, err1 := d.Alloc(8)
	host, err2 := d.AllocHost(8)
	if err := errors.Join(err1, err2, d.Upload(p, floats(1, 2))); err != nil {
		t.Fatal(err)
	}
	later := func() func() error {
		t.Helper()
		wait, err := d.DownloadLater(host, p)
		if err != nil {
			t.Fatal(err)
		}
		return wait
	}
	nothing := "\xff\xff\xff\xff\xff\xff\xff\xff"
	for _, c := range []struct {
		what      string
		overwrite bool
		want      string
	}{{"whole", false, string(floats(1, 2))}, {"overwritten", true, string(floats(0, 0))}} {
		wait := later()
		if string(host) != nothing {
			t.Errorf("%s: want nothing before it is waited for, have %x", c.what, host)
		}
		if c.overwrite {
			if err := d.Launch("zero", Dim{}, Dim{X: 2}, 0, Args(p, int64(2))); err != nil {
				t.Fatal(err)
			}
		}
		if err := wait(); err != nil || string(host) != c.want {
			t.Errorf("%s: want %x, have %x, %v", c.what, c.want, host, err)
		}
	}
	wait := later()
	wantError(t, d.Free(p), "free 0x")
	wantError(t, wait(), "download of 8 bytes from 0x")
	_, err := fakeDriver(t).DownloadLater(make([]byte, 4), p)
	wantError(t, err, "download of 4 bytes from 0x")
}

// A launch allocates nothing, its arguments included.
func TestDriverLaunchAllocatesNothing(t *testing.T) {
	d := fakeDriver(t)
	p, err := d.Alloc(4)
	if err != nil {
		t.Fatal(err)
	}
	var args []Arg
	launch := func() {
		args = AppendArgs(args[:0], p, int64(0))
		if err := d.Launch("zero", Dim{X: 1}, Dim{X: 1}, 0, args); err != nil {
			t.Fatal(err)
		}
	}
	if n := testing.AllocsPerRun(100, launch); n != 0 {
		t.Errorf("want no allocation, have %v", n)
	}
}

// BenchmarkLaunch is what the host does for one launch: the kernel has nothing to do.
func BenchmarkLaunch(b *testing.B) {
	d := fakeDriver(b)
	p, err := d.Alloc(4)
	if err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	var args []Arg
	for b.Loop() {
		args = AppendArgs(args[:0], p, int64(0))
		if err := d.Launch("zero", Dim{X: 1}, Dim{X: 1}, 0, args); err != nil {
			b.Fatal(err)
		}
	}
}
