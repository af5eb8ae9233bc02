//go:build gpu

package main

import (
	"bytes"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// onFakeTensors makes --device cuda the fake driver of a card with tensor cores, with
// the fake cuBLAS or without any.
func onFakeTensors(t *testing.T, blas bool) {
	t.Helper()
	onFakeDriver(t)
	t.Setenv("PREMLP_FAKECUDA_TARGET", "80")
	if !blas {
		t.Setenv("PREMLP_CUBLAS", "off")
		return
	}
	path := os.Getenv("PREMLP_TEST_LIBCUBLAS")
	if path == "" {
		t.Skip("PREMLP_TEST_LIBCUBLAS names no fake cuBLAS: make test-gpu")
	}
	t.Setenv("PREMLP_LIBCUBLAS", path)
}

// TestDeviceFast makes a dataset in each lossy arithmetic of a card: its loss and what
// computes it are said, its name is in the manifest, and it is not compared with others.
func TestDeviceFast(t *testing.T) {
	m := tinyModel(t)
	for _, c := range []struct {
		flag       string
		blas       bool
		arithmetic string
		products   string
	}{
		{"--fast-bf16", false, "bf16-mma-sm80-a64-1", "own mma kernels"},
		{"--fast-tf32", false, "tf32-mma-sm80-a64-1", "own mma kernels"},
		{"--fast-bf16", true, "bf16-cublas12.4.5-sm80-a64-1", "cuBLAS 12.4.5"},
		{"--fast-tf32", true, "tf32-cublas12.4.5-sm80-a64-1", "cuBLAS 12.4.5"},
	} {
		t.Run(c.arithmetic, func(t *testing.T) {
			onFakeTensors(t, c.blas)
			dir := t.TempDir()
			out := filepath.Join(dir, "fast")
			args := collectArgs(t, m, out, "--date", "2026-01-02", "--device", "cuda")
			status, stdout, stderr := premlp(t, append(args, c.flag)...)
			if status != exitDone || !strings.Contains(stdout, "arithmetic "+c.arithmetic) || !strings.Contains(stderr, "products: "+c.products) ||
				!strings.Contains(stderr, c.flag+": on the first prompt the worst row of mlp_in is off by 0.0") {
				t.Fatalf("collect: status %d, %q, %q", status, stdout, stderr)
			}
			if manifest := string(readFile(t, filepath.Join(out, "manifest.json"))); !strings.Contains(manifest, `"`+c.arithmetic+`"`) {
				t.Errorf("manifest: want %s in %s", c.arithmetic, manifest)
			}
			var run struct{ Products string }
			if err := json.Unmarshal(readFile(t, filepath.Join(out, "run.json")), &run); err != nil || run.Products != c.products {
				t.Errorf("run.json: have %+v, %v", run, err)
			}
			for what, args := range map[string][]string{
				"verify":                {"verify", out, "--model", m, "--device", "cuda"},
				"an exact run into it":  args,
				"repeating it anywhere": {"reproduce", out, "--model", m, "-o", filepath.Join(dir, "again")},
			} {
				if status, _, stderr := premlp(t, args...); status != exitFailed || !strings.Contains(stderr, "rithmetic") {
					t.Errorf("%s: want another arithmetic refused, have status %d, %q", what, status, stderr)
				}
			}
			exact := filepath.Join(dir, "exact")
			if status, _, stderr := premlp(t, collectArgs(t, m, exact, "--date", "2026-01-02")...); status != exitDone {
				t.Fatalf("exact: status %d, %q", status, stderr)
			}
			if _, stdout, stderr := premlp(t, "diff", out, exact); !strings.Contains(stdout, "bits are not compared") {
				t.Errorf("diff: have %q, %q", stdout, stderr)
			}
			status, stdout, stderr = premlp(t, "dump", "--model", m, "--ids", "1,2,3", "-o", filepath.Join(dir, "x"), "--device", "cuda", c.flag, "--json")
			var report struct{ Arithmetic, Products string }
			if err := json.Unmarshal([]byte(stdout), &report); err != nil || status != exitDone || report.Arithmetic != c.arithmetic || report.Products != c.products {
				t.Errorf("dump: status %d, %q, %q", status, stdout, stderr)
			}
		})
	}
}

// TestDeviceFastRefused asks for what is not there.
func TestDeviceFastRefused(t *testing.T) {
	onFakeDriver(t)
	m, out := tinyModel(t), filepath.Join(t.TempDir(), "x")
	t.Setenv("PREMLP_CUBLAS", "off")
	for _, flag := range []string{"--fast-bf16", "--fast-tf32"} {
		status, _, stderr := premlp(t, "dump", "--model", m, "--ids", "1,2", "-o", out, "--device", "cuda", flag)
		if status != exitFailed || !strings.Contains(stderr, flag+": want a device of compute capability 8.0 or later, have fake driver on the host of 7.0") {
			t.Errorf("status %d, %q", status, stderr)
		}
	}
	if status, _, stderr := premlp(t, "dump", "--model", m, "--ids", "1,2", "-o", out, "--device", "cuda", "--fast-bf16", "--fast-tf32"); status != exitUsage || !strings.Contains(stderr, "fast-tf32") {
		t.Errorf("both: status %d, %q", status, stderr)
	}
	t.Setenv("PREMLP_FAKECUDA_TARGET", "80")
	t.Setenv("PREMLP_CUBLAS", "yes")
	if status, _, stderr := premlp(t, "dump", "--model", m, "--ids", "1,2", "-o", out, "--device", "cuda", "--fast-bf16"); status != exitFailed || !strings.Contains(stderr, `PREMLP_CUBLAS: want off or nothing, have "yes"`) {
		t.Errorf("PREMLP_CUBLAS=yes: status %d, %q", status, stderr)
	}
}

// TestDeviceBench measures every way to compute a product that the card has.
func TestDeviceBench(t *testing.T) {
	onFakeTensors(t, true)
	t.Setenv("PREMLP_FAKECUDA_TARGET", "90")
	status, stdout, stderr := premlp(t, "bench", "device", "--size", "70", "--runs", "1", "--device", "cuda", "--json")
	var report struct {
		Products []struct {
			Mode   string
			Error  float64
			TFLOPS struct{ Best float64 }
		}
	}
	if err := json.Unmarshal([]byte(stdout), &report); err != nil || status != exitDone {
		t.Fatalf("status %d, %v: %s%s", status, err, stdout, stderr)
	}
	have := map[string]float64{}
	for _, p := range report.Products {
		have[p.Mode] = p.TFLOPS.Best
		if most := map[string]float64{"floa": 0, "tf32": 1e-3, "bf16": 1e-2}[p.Mode[:4]]; p.Error > most || (p.Error == 0) != (most == 0) {
			t.Errorf("%s: off by %g", p.Mode, p.Error)
		}
	}
	for _, mode := range []string{"float32", "tf32, cuBLAS 12.4.5", "tf32, own wgmma kernels", "bf16, cuBLAS 12.4.5", "bf16, own wgmma kernels",
		"bf16, tiles of wgmma_128x256, x rounded before", "bf16, tiles of mma_128x256, x rounded before"} {
		if !(have[mode] > 0) {
			t.Errorf("%s: have %v", mode, have)
		}
	}
}

// TestDeviceFastFaults has the calls that only lossy products make fail once: one
// error, and nothing is left on the device.
func TestDeviceFastFaults(t *testing.T) {
	onFakeTensors(t, true)
	m := tinyModel(t)
	for _, c := range []struct{ variable, fail, want string }{
		{"CUDA", "cuFuncSetAttribute:1", "launch of bf16_"},
		{"CUDA", "cuModuleLoadData:2:218", "kernels: CUDA 12.4 does not take them: InvalidPtx"},
		{"CUDA", "cuDeviceGetAttribute:3", "shared memory: "},
		{"CUDA", "cuDeviceGetAttribute:4", "multiprocessors: "},
		{"CUBLAS", "cublasCreate:1:3", "cublasCreate: status 3, ALLOC_FAILED; PREMLP_CUBLAS=off does without it"},
		{"CUBLAS", "cublasGetVersion:1", "cublasGetVersion: status 13"},
		{"CUBLAS", "cublasSetStream:1", "cublasSetStream: status 13"},
		{"CUBLAS", "cublasSetMathMode:1", "cublasSetMathMode: status 13"},
		{"CUBLAS", "cublasGemmEx:1", "in bf16: cublasGemmEx: status 13"},
		{"CUBLAS", "cublasGemmEx:9", "in bf16: cublasGemmEx: status 13"},
		{"CUBLAS", "cublasDestroy:1", "end of cuBLAS: cublasDestroy: status 13"},
	} {
		t.Run(c.fail, func(t *testing.T) {
			dir := t.TempDir()
			report, blas := filepath.Join(dir, "report.json"), filepath.Join(dir, "blas.json")
			cmd := exec.Command(os.Args[0], "dump", "--model", m, "--ids", "1,2,3", "-o", filepath.Join(dir, "out"), "--device", "cuda", "--fast-bf16")
			cmd.Env = append(os.Environ(), asCommand+"=1", "PREMLP_FAKE"+c.variable+"_FAIL="+c.fail, "PREMLP_FAKECUDA_REPORT="+report, "PREMLP_FAKECUBLAS_REPORT="+blas)
			if c.variable == "CUDA" {
				cmd.Env = append(cmd.Env, "PREMLP_CUBLAS=off")
			}
			var stderr bytes.Buffer
			cmd.Stderr = &stderr
			_ = cmd.Run()
			if status := cmd.ProcessState.ExitCode(); status != exitFailed {
				t.Errorf("status: want %d, have %d", exitFailed, status)
			}
			if text := stderr.String(); !strings.Contains(text, c.want) || strings.Count(text, "premlp dump: ") != 1 {
				t.Errorf("want one error with %q, have %q", c.want, text)
			}
			data, err := os.ReadFile(report)
			if err == nil && !strings.Contains(string(data), `"live_contexts": 0, "live_modules": 0`) {
				t.Errorf("want nothing left on the device, have %s", data)
			}
			data, err = os.ReadFile(blas)
			if err == nil && !strings.Contains(string(data), `"live_handles": 0`) && !strings.HasPrefix(c.fail, "cublasDestroy") && !strings.HasPrefix(c.fail, "cublasGemmEx") {
				t.Errorf("want no handle left, have %s", data)
			}
		})
	}
}
