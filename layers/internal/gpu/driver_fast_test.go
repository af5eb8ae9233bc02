//go:build gpu

package gpu

import (
	"cmp"
	"errors"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// fakeTensorDriver is the fake driver of a card with all kernels.
func fakeTensorDriver(t *testing.T) *driver {
	t.Helper()
	t.Setenv("PREMLP_FAKECUDA_TARGET", "90")
	return fakeDriver(t)
}

func TestDriverFamilies(t *testing.T) {
	for target, want := range map[string]Info{
		"70": {Version: "7.0", Shared: 96 << 10},
		"75": {Version: "7.5", Shared: 96 << 10},
		"80": {Version: "8.0", Shared: 163 << 10, Families: []Family{MMA}},
		"89": {Version: "8.9", Shared: 163 << 10, Families: []Family{MMA}},
		"90": {Version: "9.0", Shared: 227 << 10, Families: []Family{WGMMA, MMA}},
		"91": {Version: "9.1", Shared: 227 << 10, Families: []Family{MMA}},
	} {
		t.Setenv("PREMLP_FAKECUDA_TARGET", target)
		i := fakeDriver(t).Info()
		if i.Version != want.Version || i.Shared != want.Shared || i.Processors != 4 || !slices.Equal(i.Families, want.Families) {
			t.Errorf("%s: have %+v", target, i)
		}
	}
}

// onFakeBLAS makes the library the fake one.
func onFakeBLAS(t *testing.T) {
	t.Helper()
	path := os.Getenv("PREMLP_TEST_LIBCUBLAS")
	if path == "" {
		t.Skip("PREMLP_TEST_LIBCUBLAS names no fake cuBLAS: make test-gpu")
	}
	t.Setenv("PREMLP_LIBCUBLAS", path)
}

func TestDriverChoosesFamilies(t *testing.T) {
	both := []Family{WGMMA, MMA}
	for name, want := range map[string][]Family{"": both, "mma": {MMA}, "wgmma": {WGMMA}} {
		t.Setenv("PREMLP_TENSOR", name)
		if have, err := chooseFamilies(both); err != nil || !slices.Equal(have, want) {
			t.Errorf("%q: want %v, have %v, %v", name, want, have, err)
		}
	}
	t.Setenv("PREMLP_TENSOR", "wgmma")
	_, err := chooseFamilies([]Family{MMA})
	wantError(t, err, `PREMLP_TENSOR: want one of [mma], which this device has, have "wgmma"`)
	if d := fakeTensorDriver(t); !slices.Equal(d.Info().Families, []Family{WGMMA}) {
		t.Errorf("have %v", d.Info().Families)
	} else {
		rounds(t, d, BF16, []float32{1}, 1, 1) // a kernel of the other module
	}
}

// rounds sends x [rows, k] to a device and rounds it there.
func rounds(t *testing.T, d Device, r Rounding, x []float32, rows, k int) Pointer {
	t.Helper()
	from, err1 := d.Alloc(int64(4 * len(x)))
	to, err2 := d.Alloc(int64(rows * r.Pitch(k)))
	if err := errors.Join(err1, err2, d.Upload(from, BytesOf(x)), RoundRows(d, r, to, from, rows, k)); err != nil {
		t.Fatal(err)
	}
	return to
}

// The kernels compiled for the host give the emulator's bits, in all tiles.
func TestDriverTensorKernels(t *testing.T) {
	d, b := fakeTensorDriver(t), tensorBench(t)
	for _, r := range []Rounding{BF16, TF32} {
		for _, s := range [][3]int{{1, 1, 1}, {5, 67, 33}, {70, 3, 130}} {
			rows, n, k := s[0], s[1], s[2]
			x, w := b.floats(rows*k), b.floats(n*k)
			want := b.multiply(r, tiles[2], b.round(r, x, rows, k), b.round(r, w, n, k), 0, rows, n, k)
			px, pw := rounds(t, d, r, x, rows, k), rounds(t, d, r, w, n, k)
			out, err := d.Alloc(int64(4 * rows * n))
			if err != nil {
				t.Fatal(err)
			}
			for _, tile := range d.Info().Tiles() {
				have := make([]float32, rows*n)
				if err := errors.Join(MultiplyRounded(d, r, tile, out, px, pw, 0, rows, n, k), d.Download(BytesOf(have), out)); err != nil {
					t.Fatal(err)
				}
				if !slices.Equal(BytesOf(want), BytesOf(have)) {
					t.Errorf("%s %v, tile %v: other bits than the emulator's", r, s, tile)
				}
			}
		}
	}
}

// More shared memory than a block may have is refused, with its size.
func TestDriverSharedMemory(t *testing.T) {
	d := fakeTensorDriver(t)
	p, err := d.Alloc(4)
	if err != nil {
		t.Fatal(err)
	}
	wantError(t, d.Launch("zero", Dim{}, Dim{}, 300<<10, Args(p, int64(1))), "307200 bytes of shared memory: CUDA error 1")
}

func TestDriverBLAS(t *testing.T) {
	onFakeBLAS(t)
	d := fakeTensorDriver(t)
	blas, err := OpenBLAS(d)
	if err != nil {
		t.Fatal(err)
	}
	if again, err := OpenBLAS(d); again != blas || err != nil || blas.Name() != "cuBLAS 12.4.5" {
		t.Errorf("have %v, %v, %s", again, err, blas.Name())
	}
	b := &bench{T: t, r: rand.New(rand.NewPCG(81, 82))}
	for _, r := range []Rounding{BF16, TF32} {
		for _, s := range [][3]int{{1, 1, 1}, {2, 3, 5}, {9, 17, 40}, {33, 2, 129}} {
			rows, n, k := s[0], s[1], s[2]
			x, w := b.floats(rows*k), b.floats(n*k)
			out, err := d.Alloc(int64(4 * rows * n))
			have := make([]float32, rows*n)
			err = errors.Join(err, blas.MultiplyRounded(r, out, rounds(t, d, r, x, rows, k), rounds(t, d, r, w, n, k), rows, n, k))
			if err := errors.Join(err, d.Download(BytesOf(have), out)); err != nil {
				t.Fatal(err)
			}
			b.checkProduct(r, have, x, w, nil, rows, n, k)
		}
	}
}

// What the library's calls answer comes out in one error, and a fault in opening it is
// no reason to do without.
func TestDriverBLASFaults(t *testing.T) {
	onFakeBLAS(t)
	for fail, want := range map[string]string{
		"cublasCreate:1:3":       "cuda:0: cublasCreate: status 3, ALLOC_FAILED; PREMLP_CUBLAS=off does without it",
		"cublasGetVersion:1":     "cublasGetVersion: status 13, EXECUTION_FAILED",
		"cublasSetStream:1":      "cublasSetStream: status 13, EXECUTION_FAILED",
		"cublasSetMathMode:1:99": "cublasSetMathMode: status 99, unknown",
		"cublasGemmEx:1:15":      "cuda:0: product of [1, 1] and [1, 1] in bf16: cublasGemmEx: status 15, NOT_SUPPORTED",
		"cublasDestroy:1":        "cuda:0: end of cuBLAS: cublasDestroy: status 13, EXECUTION_FAILED",
	} {
		t.Run(fail, func(t *testing.T) {
			// The library counts from its first call on, in whichever test that was.
			call, rest, _ := strings.Cut(fail, ":")
			_, status, _ := strings.Cut(rest, ":")
			t.Setenv("PREMLP_FAKECUBLAS_FAIL", call+":0:"+cmp.Or(status, "13"))
			d := fakeTensorDriver(t)
			err := func() error {
				blas, err := OpenBLAS(d)
				if err != nil {
					return err
				}
				p := rounds(t, d, BF16, []float32{1}, 1, 1)
				if err := blas.MultiplyRounded(BF16, p, p, p, 1, 1, 1); err != nil {
					return err
				}
				return d.Close()
			}()
			wantError(t, err, want)
			if errors.Is(err, ErrNoBLAS) {
				t.Error("want no error of a library that is not there")
			}
		})
	}
}

// Where there is no library, or none is wanted, that is said; one that is named has to
// be there.
func TestDriverNoBLAS(t *testing.T) {
	d := fakeTensorDriver(t)
	text := filepath.Join(t.TempDir(), "libcublas.so")
	if err := os.WriteFile(text, []byte("no library"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		off, path, want string
		none            bool
	}{
		{"off", "", "no cuBLAS: PREMLP_CUBLAS=off", true},
		{"no", "", `PREMLP_CUBLAS: want off or nothing, have "no"`, false},
		{"", text, "cuBLAS: " + text, false},
		{"", filepath.Join(t.TempDir(), "nosuch.so"), "nosuch.so", false},
		{"", os.Getenv("PREMLP_TEST_LIBCUDA"), "want cuBLAS 11 or later, have a library without cublasCreate_v2", false},
	} {
		t.Setenv("PREMLP_CUBLAS", c.off)
		t.Setenv("PREMLP_LIBCUBLAS", c.path)
		_, err := OpenBLAS(d)
		wantError(t, err, c.want)
		if errors.Is(err, ErrNoBLAS) != c.none {
			t.Errorf("%+v: have %v", c, err)
		}
	}
}
