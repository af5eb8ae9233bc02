package gpu

import (
	"encoding/binary"
	"errors"
	"math"
	"os"
	"strings"
	"testing"

	"premlp/layers/internal/gpu/ptx"
)

func newEmulator(t *testing.T, limit int64) *Emulator {
	t.Helper()
	text, err := os.ReadFile("ptx/testdata/small.ptx")
	if err != nil {
		t.Fatal(err)
	}
	e, err := NewEmulator(string(text), limit)
	if err != nil {
		t.Fatal(err)
	}
	return e
}

func alloc(t *testing.T, d Device, bytes int64) Pointer {
	t.Helper()
	p, err := d.Alloc(bytes)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func floats(v ...float32) (b []byte) {
	for _, f := range v {
		b = binary.LittleEndian.AppendUint32(b, math.Float32bits(f))
	}
	return b
}

// TestEmulator walks through a device's life.
func TestEmulator(t *testing.T) {
	e := newEmulator(t, 1<<20)
	e.Strict, e.Count = true, true
	var d Device = e
	a, out := alloc(t, d, 400), alloc(t, d, 400)
	if a%256 != 0 || out%256 != 0 {
		t.Errorf("want addresses of 256, have %#x and %#x", a, out)
	}
	x := make([]float32, 100)
	for i := range x {
		x[i] = float32(i)
	}
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	must(d.Upload(a, floats(x...)))
	must(d.Launch("vector_add", Dim{X: 2}, Dim{X: 64}, 0, Args(out, a, a, int32(100))))
	must(d.Sync())
	have := make([]byte, 12)
	must(d.Download(have, out.Offset(97)))
	if string(have) != string(floats(194, 196, 198)) {
		t.Errorf("have % x", have)
	}
	s := e.Stats()
	k := s.Kernels["vector_add"]
	if s.Uploaded != 400 || s.Downloaded != 12 || s.Launches["vector_add"] != 1 || s.Calls[CallAlloc] != 2 || s.Used != 1024 || k.UniqueRead != 400 || k.Read != 800 {
		t.Errorf("have %+v, %+v", s, k)
	}
	if i, free := d.Info(), available(t, d); i.Kind != "emulated" || i.Memory != 1<<20 || free != 1<<20-1024 {
		t.Errorf("have %+v", i)
	}
	must(d.Free(a))
	if err := d.Close(); err == nil || !strings.Contains(err.Error(), "1 pieces, 400 bytes, are not freed: 400 bytes of emulator_test.go:") {
		t.Errorf("Close with memory left: have %v", err)
	}
	if err := d.Close(); err != nil {
		t.Errorf("Close twice: have %v", err)
	}
	if _, err := d.Alloc(4); !errors.Is(err, errClosed) {
		t.Errorf("Alloc behind Close: have %v", err)
	}
}

func TestEmulatorRefuses(t *testing.T) {
	e := newEmulator(t, 4096)
	p := alloc(t, e, 1000)
	one := Dim{X: 1}
	for _, c := range []struct {
		name string
		err  error
		want string
	}{
		{"name", e.Launch("vector_ad", one, one, 0, nil), `there is no kernel "vector_ad"; the nearest of`},
		{"nearest", e.Launch("vectoradd", one, one, 0, nil), "are vector_add, "},
		{"count", e.Launch("vector_add", one, one, 0, Args(p, p, p)), "want 4 arguments, have 3"},
		{"type", e.Launch("vector_add", one, one, 0, Args(p, p, p, int64(3))), "argument 4: want u32, have u64"},
		{"int", e.Launch("vector_add", one, one, 0, Args(p, p, p, 3)), "argument 4: want u32, have int"},
		{"pointer", e.Launch("vector_add", one, one, 0, Args(p, float32(1), p, int32(3))), "argument 2: want u64, have f32"},
		{"threads", e.Launch("vector_add", one, Dim{X: 1025}, 0, Args(p, p, p, int32(3))), "block.X: want 1 to 1024, have 1025"},
		{"product", e.Launch("vector_add", one, Dim{X: 64, Y: 32}, 0, Args(p, p, p, int32(3))), "want at most 1024 threads"},
		{"z", e.Launch("vector_add", one, Dim{X: 1, Z: 65}, 0, Args(p, p, p, int32(3))), "block.Z: want 1 to 64"},
		{"grid", e.Launch("vector_add", Dim{X: 1, Y: 65536}, one, 0, Args(p, p, p, int32(3))), "grid.Y: want 1 to 65535"},
		{"negative", e.Launch("vector_add", Dim{X: -1}, one, 0, Args(p, p, p, int32(3))), "grid.X: want 1 to"},
		{"shared", e.Launch("reduce", one, Dim{X: 256}, 48<<10, Args(p, p, int32(3))), "want at most 49152 bytes, have 1024 declared and 49152 asked for"},
		{"upload", e.Upload(p, make([]byte, 1001)), "1001 bytes at"},
		{"download", e.Download(make([]byte, 8), p+996), "want them inside an allocation"},
		{"free inside", e.Free(p + 4), "want an address that was allocated"},
		{"free null", e.Free(0), "want an address that was allocated"},
		{"alloc", second(e.Alloc(0)), "at least 1 byte"},
	} {
		if c.err == nil || !strings.Contains(c.err.Error(), c.want) {
			t.Errorf("%s: want %q, have %v", c.name, c.want, c.err)
		}
	}
	var oom *OutOfMemory
	if _, err := e.Alloc(3100); !errors.As(err, &oom) || oom.Wanted != 3100 || oom.Free != 3072 {
		t.Errorf("want an *OutOfMemory of 3100 and 3072, have %v", err)
	}
	if err := e.Launch("vector_add", one, one, 0, Args(p, p, p, int32(1))); err != nil {
		t.Errorf("a refused call is to leave no trace: have %v", err)
	}
}

func second[T any](_ T, err error) error { return err }

// TestEmulatorFault holds that a device is unusable behind a fault, but can be freed.
func TestEmulatorFault(t *testing.T) {
	e := newEmulator(t, 4096)
	e.Strict = true
	p := alloc(t, e, 40)
	err := e.Launch("bad_index", Dim{}, Dim{}, 0, Args(p, int32(10)))
	var f *ptx.Fault
	if !errors.As(err, &f) || f.Kernel != "bad_index" {
		t.Fatalf("want a *ptx.Fault, have %v", err)
	}
	for _, err := range []error{e.Sync(), e.Download(make([]byte, 4), p), e.Launch("bad_index", Dim{}, Dim{}, 0, Args(p, int32(1)))} {
		if !errors.As(err, &f) {
			t.Errorf("want the fault, have %v", err)
		}
	}
	if err := errors.Join(e.Free(p), e.Close()); err != nil {
		t.Error(err)
	}
}

func TestEmulatorInjectedFailure(t *testing.T) {
	broke := errors.New("broke")
	for _, call := range []Call{CallAlloc, CallFree, CallUpload, CallDownload, CallLaunch, CallSync} {
		e := newEmulator(t, 4096)
		e.FailAt(call, 2, broke)
		for i := 1; i <= 3; i++ {
			p, errAlloc := e.Alloc(4)
			errs := map[Call]error{
				CallAlloc: errAlloc, CallUpload: nil, CallDownload: nil, CallLaunch: nil, CallSync: e.Sync(), CallFree: nil,
			}
			if errAlloc == nil {
				errs[CallUpload] = e.Upload(p, make([]byte, 4))
				errs[CallDownload] = e.Download(make([]byte, 4), p)
				errs[CallLaunch] = e.Launch("bad_index", Dim{}, Dim{}, 0, Args(p, int32(0)))
				errs[CallFree] = e.Free(p)
			}
			for c, err := range errs {
				if want := c == call && i == 2; errors.Is(err, broke) != want || !want && err != nil {
					t.Errorf("%s fails, round %d: %s: have %v", call, i, c, err)
				}
			}
		}
	}
}

// available is the memory that is free.
func available(t *testing.T, d Device) int64 {
	t.Helper()
	free, err := d.Available()
	if err != nil {
		t.Fatal(err)
	}
	return free
}
