//go:build gpu

package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// onFakeDriver makes --device cuda the fake driver.
func onFakeDriver(t *testing.T) {
	t.Helper()
	path := os.Getenv("PREMLP_TEST_LIBCUDA")
	if path == "" {
		t.Skip("PREMLP_TEST_LIBCUDA names no fake driver: make test-gpu")
	}
	t.Setenv("PREMLP_LIBCUDA", path)
}

// TestDeviceBits runs the golden models: on a device every value has the bits that
// the processor gives it.
func TestDeviceBits(t *testing.T) {
	onFakeDriver(t)
	golden, err := filepath.Glob("../../model/testdata/arch/*/golden.safetensors")
	if err != nil || len(golden) == 0 {
		t.Fatal("no golden models", err)
	}
	for _, path := range golden {
		dir := filepath.Dir(path)
		t.Run(filepath.Base(dir), func(t *testing.T) {
			var files [2][]byte
			for i, device := range []string{"cpu", "cuda"} {
				out := filepath.Join(t.TempDir(), device)
				status, _, stderr := premlp(t, "dump", "--model", dir, "--ids", "1,2,3,4,5,6,7,8,9,10,11", "--sites", "all", "-o", out, "--device", device)
				if status != exitDone {
					t.Fatalf("%s: status %d: %s", device, status, stderr)
				}
				files[i] = readFile(t, out)
			}
			if !bytes.Equal(files[0], files[1]) {
				t.Error("the device's values have other bits")
			}
			if status, stdout, stderr := premlp(t, "parity", "--model", dir, "--golden", path, "--device", "cuda"); status != exitDone {
				t.Errorf("parity: status %d: %s%s", status, stdout, stderr)
			}
		})
	}
}

// TestDeviceCollect makes a dataset on a device: the bytes are those of the
// processor's, and run.json alone says where they were computed.
func TestDeviceCollect(t *testing.T) {
	onFakeDriver(t)
	m, dir := tinyModel(t), t.TempDir()
	var files [2]map[string][]byte
	for i, device := range []string{"cpu", "cuda:0"} {
		out := filepath.Join(dir, fmt.Sprint(i))
		if status, _, stderr := premlp(t, collectArgs(t, m, out, "--date", "2026-01-02", "--device", device)...); status != exitDone {
			t.Fatalf("%s: status %d: %s", device, status, stderr)
		}
		files[i] = datasetFiles(t, out)
	}
	for name, want := range files[0] {
		if !bytes.Equal(files[1][name], want) {
			t.Errorf("%s: the device's dataset has other bytes", name)
		}
	}
	var run struct{ Device, Kernel string }
	if err := json.Unmarshal(readFile(t, filepath.Join(dir, "1", "run.json")), &run); err != nil || run.Device != "cuda: fake driver on the host, 7.0" || run.Kernel != "ptx" {
		t.Errorf("run.json: have %+v, %v", run, err)
	}
	status, stdout, stderr := premlp(t, "verify", filepath.Join(dir, "0"), "--model", m, "--sample", "20", "--device", "auto")
	if status != exitDone || !strings.Contains(stdout, "20 questions computed again: 0 places differ") ||
		!strings.Contains(stderr, "--device auto: computing on cuda: fake driver on the host, 7.0") {
		t.Errorf("verify: status %d, %q, %q", status, stdout, stderr)
	}
	if status, _, stderr := premlp(t, "bench", "forward", "--model", m, "--lengths", "3", "--runs", "1", "--memory", "1", "--device", "cuda"); status != exitDone {
		t.Errorf("bench forward: status %d: %s", status, stderr)
	}
	status, stdout, stderr = premlp(t, "profile", "--model", m, "--tokens", "3", "--runs", "1", "--memory", "1", "--device", "cuda")
	if status != exitDone || !strings.Contains(stdout, "on cuda: fake driver on the host, 7.0, which is waited for") {
		t.Errorf("profile: status %d: %s%s", status, stdout, stderr)
	}
	if status, stdout, stderr := premlp(t, "bench", "device", "--size", "70", "--runs", "1", "--device", "cuda"); status != exitDone || !strings.Contains(stdout, "product of 70³") {
		t.Errorf("bench device: status %d: %s%s", status, stdout, stderr)
	}
	for _, c := range []struct{ memory, want, not string }{
		{"200000", "try --batch-tokens 2048", "weights"},
		{"20000", "the weights do not fit on the device, which has ", "--batch-tokens"},
	} {
		t.Setenv("PREMLP_FAKECUDA_MEMORY", c.memory)
		status, _, stderr = premlp(t, collectArgs(t, m, filepath.Join(dir, "2"), "--device", "cuda")...)
		if status != exitFailed || !strings.Contains(stderr, "device memory: want ") || !strings.Contains(stderr, c.want) || strings.Contains(stderr, c.not) {
			t.Errorf("%s bytes of memory: status %d: %s", c.memory, status, stderr)
		}
	}
}

// TestDevicesCollect makes a dataset on several cards side by side.
func TestDevicesCollect(t *testing.T) {
	onFakeDriver(t)
	t.Setenv("PREMLP_FAKECUDA_DEVICES", "3")
	m, dir := tinyModel(t), t.TempDir()
	var want map[string][]byte
	for i, device := range []string{"cpu", "cuda:2,cuda:0", "cuda:all"} {
		out := filepath.Join(dir, fmt.Sprint(i))
		if status, _, stderr := premlp(t, collectArgs(t, m, out, "--date", "2026-01-02", "--device", device, "--batch-tokens", "100")...); status != exitDone {
			t.Fatalf("%s: status %d: %s", device, status, stderr)
		}
		files := datasetFiles(t, out)
		if i == 0 {
			want = files
		}
		for name, data := range want {
			if !bytes.Equal(files[name], data) {
				t.Errorf("%s: %s: other bytes than the processor's", device, name)
			}
		}
	}
	if status, _, stderr := premlp(t, collectArgs(t, m, filepath.Join(dir, "3"), "--device", "cuda:1,cuda:3")...); status != exitFailed || !strings.Contains(stderr, "want a number from 0 to 2") {
		t.Errorf("a card that is not there: status %d: %s", status, stderr)
	}
}

// TestDeviceLaunches holds models like Llama to 15 launches for a layer, all ops, the
// expansion of stored weights and the way of its rows to the host included: what a pass
// of two layers launches more than one of a layer.
func TestDeviceLaunches(t *testing.T) {
	onFakeDriver(t)
	for name, m := range map[string]string{"float32": "../../model/testdata/arch/llama", "Q4_1": os.Getenv("PREMLP_TEST_SMOLLM2")} {
		t.Run(name, func(t *testing.T) {
			if m == "" {
				t.Skip("PREMLP_TEST_SMOLLM2 is not set: want the path of the real model")
			}
			if n := launches(t, m, "0-1") - launches(t, m, "0"); n < 1 || n > 15 {
				t.Errorf("want 1 to 15 launches a layer, have %d", n)
			}
		})
	}
}

// launches counts those of a pass of a prompt whose mlp_in is read at some layers.
func launches(t *testing.T, model, layers string) int {
	t.Helper()
	dir := t.TempDir()
	report := filepath.Join(dir, "report.json")
	cmd := exec.Command(os.Args[0], "dump", "--model", model, "--ids", "1,2,3", "--sites", "mlp_in",
		"--layers", layers, "--no-logits", "-o", filepath.Join(dir, "out"), "--device", "cuda")
	cmd.Env = append(os.Environ(), asCommand+"=1", "PREMLP_FAKECUDA_REPORT="+report)
	if text, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, text)
	}
	var counted struct{ Launches int }
	if err := json.Unmarshal(readFile(t, report), &counted); err != nil {
		t.Fatal(err)
	}
	return counted.Launches
}

// TestDeviceFaults has each of the driver's functions fail once: the command ends
// with one error that says what was asked, and leaves nothing on the device.
func TestDeviceFaults(t *testing.T) {
	onFakeDriver(t)
	m := tinyModel(t)
	for _, c := range []struct{ fail, want string }{
		{"cuInit:1", "the driver does not start: cuInit has CUDA error 999"},
		{"cuInit:1:100", "no CUDA device: the driver finds no card"},
		{"cuDeviceGetCount:1", "number of devices: "},
		{"cuDeviceGet:1", "device: "},
		{"cuDeviceGetName:1", "name: "},
		{"cuDeviceTotalMem:1", "memory: "},
		{"cuDeviceGetAttribute:1", "compute capability: "},
		{"cuDeviceGetAttribute:2", "compute capability: "},
		{"cuDeviceGetAttribute:3", "shared memory: "},
		{"cuDeviceGetAttribute:4", "multiprocessors: "},
		{"cuDriverGetVersion:1", "version of the driver: "},
		{"cuCtxCreate:1", "context on fake driver on the host: "},
		{"cuModuleLoadData:1:218", "kernels: CUDA 12.4 does not take them: InvalidPtx"},
		{"cuModuleGetFunction:7", "kernel "},
		{"cuCtxSetCurrent:1", "memory of "},
		{"cuCtxSetCurrent:30", "cuda:0: "},
		{"cuMemAlloc:1", "device memory: want "},
		{"cuMemAlloc:20:719", "memory of "},
		{"cuMemcpyHtoD:1", "upload of "},
		{"cuMemcpyHtoD:9", "upload of "},
		{"cuLaunchKernel:1:701", "launch of gather, grid {"},
		{"cuLaunchKernel:20", "launch of "},
		{"cuStreamCreate:1", "stream for copies: "},
		{"cuEventCreate:1", "event for copies: "},
		{"cuEventCreate:2", "to begin: "},
		{"cuMemAllocHost:1:2", "memory of the host, locked, of 300 bytes: there is too little"},
		{"cuMemAllocHost:2", "memory of the host, locked, of "},
		{"cuEventRecord:3", "to begin: "},
		{"cuStreamWaitEvent:2", "to begin: "},
		{"cuMemcpyDtoHAsync:2:700", "to begin: IllegalAddress (launched last: pick)"},
		{"cuEventSynchronize:1:700", "IllegalAddress (launched last: "},
		{"cuMemFreeHost:1", "free memory of the host"},
		{"cuCtxSynchronize:1:719", "wait for the kernels: LaunchFailed (launched last: "},
		{"cuMemFree:1", "free 0x"},
		{"cuCtxDestroy:1", "end of the context: "},
	} {
		t.Run(c.fail, func(t *testing.T) {
			dir := t.TempDir()
			report := filepath.Join(dir, "report.json")
			cmd := exec.Command(os.Args[0], "dump", "--model", m, "--ids", "1,2,3", "-o", filepath.Join(dir, "out"), "--device", "cuda")
			cmd.Env = append(os.Environ(), asCommand+"=1", "PREMLP_FAKECUDA_FAIL="+c.fail, "PREMLP_FAKECUDA_REPORT="+report)
			var stderr bytes.Buffer
			cmd.Stderr = &stderr
			_ = cmd.Run()
			if status := cmd.ProcessState.ExitCode(); status != exitFailed {
				t.Errorf("status: want %d, have %d", exitFailed, status)
			}
			if text := stderr.String(); !strings.Contains(text, c.want) || !strings.HasPrefix(text, "premlp dump: ") || strings.Count(text, "\n") != 1 {
				t.Errorf("want one line with %q, have %q", c.want, text)
			}
			data, err := os.ReadFile(report)
			if os.IsNotExist(err) {
				return // no context was made
			}
			var left struct {
				Contexts    int `json:"live_contexts"`
				Modules     int `json:"live_modules"`
				Allocations int `json:"live_allocations"`
				Faults      int
			}
			if err := json.Unmarshal(data, &left); err != nil {
				t.Fatal(err)
			}
			if left.Contexts+left.Modules+left.Allocations > 0 && !strings.HasPrefix(c.fail, "cuCtxDestroy") {
				t.Errorf("want nothing left on the device, have %s", data)
			}
		})
	}
}
