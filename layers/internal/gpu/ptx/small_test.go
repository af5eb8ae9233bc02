package ptx

import (
	"os"
	"os/exec"
	"testing"
)

// TestSmallPTX holds that testdata/small.ptx is what clang makes of small.cu.
func TestSmallPTX(t *testing.T) {
	clang, err := exec.LookPath("clang-14")
	if err != nil {
		t.Skip("want clang-14 to compile testdata/small.cu")
	}
	cmd := exec.Command(clang, "-x", "cuda", "--cuda-device-only", "--cuda-gpu-arch=sm_70", "-nocudainc", "-nocudalib",
		"-Xclang", "-target-feature", "-Xclang", "+ptx60", "-O3", "-ffp-contract=off", "-S", "small.cu", "-o", "-")
	cmd.Dir = "testdata"
	cmd.Stderr = os.Stderr
	have, err := cmd.Output()
	if err != nil {
		t.Fatal(err)
	}
	want, err := os.ReadFile("testdata/small.ptx")
	if err != nil {
		t.Fatal(err)
	}
	if string(have) != string(want) {
		t.Error("want testdata/small.ptx made of small.cu again")
	}
}
