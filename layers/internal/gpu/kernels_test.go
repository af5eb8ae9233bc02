package gpu

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// TestPTXIsOfTheSource compiles the kernels: the bytes are those in the program.
func TestPTXIsOfTheSource(t *testing.T) {
	if _, err := exec.LookPath("clang-14"); err != nil {
		t.Skip("no clang-14")
	}
	for name, have := range map[string]string{"kernels.ptx": PTX, "kernels80.ptx": PTX80, "kernels90a.ptx": PTX90} {
		out := filepath.Join(t.TempDir(), name)
		if text, err := exec.Command("kernels/compile", out).CombinedOutput(); err != nil {
			t.Fatalf("%v: %s", err, text)
		}
		made, err := os.ReadFile(out)
		if err != nil {
			t.Fatal(err)
		}
		if string(made) != have {
			t.Errorf("%s is not of its source: make ptx", name)
		}
	}
}

// Besides, ptxas says where it has to end each wgmma before the next.
var spills = regexp.MustCompile(`.*\b[1-9]\d* bytes spill stores.*|.*serialized.*`)

// TestPTXAssembles gives the kernels to NVIDIA's assembler, for cards of today.
func TestPTXAssembles(t *testing.T) {
	assembler := os.Getenv("PREMLP_PTXAS")
	if assembler == "" {
		t.Skip("PREMLP_PTXAS names no ptxas: make test-gpu")
	}
	for file, archs := range map[string][]string{
		"kernels.ptx": {"sm_80", "sm_90"}, "kernels80.ptx": {"sm_80", "sm_86", "sm_90"}, "kernels90a.ptx": {"sm_90a"},
	} {
		for _, arch := range archs {
			text, err := exec.Command(assembler, "-v", "-arch="+arch, "kernels/"+file, "-o", filepath.Join(t.TempDir(), "cubin")).CombinedOutput()
			if err != nil {
				t.Errorf("%s: %s: %v: %s", file, arch, err, text)
			}
			if spill := spills.Find(text); spill != nil {
				t.Errorf("%s: %s: registers spill: %s", file, arch, spill)
			}
		}
	}
}

func TestPTXSignatures(t *testing.T) {
	all := signatures(PTX)
	want := map[string][]string{
		"zero":    {"u64", "u64"},
		"rmsnorm": {"u64", "u64", "u64", "u64", "u32", "u32", "f64"},
		"matmul":  {"u64", "u64", "u64", "u64", "u32", "u32", "u32"},
	}
	for kernel, types := range want {
		if !slices.Equal(all[kernel], types) {
			t.Errorf("%s: want %v, have %v", kernel, types, all[kernel])
		}
	}
	for _, text := range []string{PTX, PTX80, PTX90} {
		if n, have := strings.Count(text, ".entry"), len(signatures(text)); have != n {
			t.Errorf("want %d kernels, have %d", n, have)
		}
	}
}

func TestPTXArguments(t *testing.T) {
	types := []string{"u64", "u64", "u32", "f32", "f64"}
	if err := checkArguments("k", types, Args(Pointer(1), int64(2), int32(3), float32(4), 5.0)); err != nil {
		t.Error(err)
	}
	for want, args := range map[string][]any{
		"kernel k: want 5 arguments, have 1":            {Pointer(1)},
		"kernel k: argument 2: want u32, have u64":      {Pointer(1), int64(2), int64(3), float32(4), 5.0},
		"kernel k: argument 3: want f32, have f64":      {Pointer(1), int64(2), int32(3), 4.0, 5.0},
		"kernel k: argument 0: want u64, have nil":      {nil, int64(2), int32(3), float32(4), 5.0},
		"kernel k: argument 0: want u64, have []uint64": {[]uint64{1}, int64(2), int32(3), float32(4), 5.0},
	} {
		if err := checkArguments("k", types, Args(args...)); err == nil || err.Error() != want {
			t.Errorf("want %q, have %v", want, err)
		}
	}
}
