package main

import (
	"encoding/json"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"premlp/collect/dataset/datasettest"
)

func TestReport(t *testing.T) {
	dir, file := datasettest.Write(t, datasettest.Manifest(), datasettest.Questions(8)), filepath.Join(t.TempDir(), "report.html")
	status, stdout, stderr := premlp(t, "report", dir, "-o", file, "--json", "--quiet")
	if status != exitDone || stderr != "" {
		t.Fatalf("status %d, %s", status, stderr)
	}
	var r reportResult
	if err := json.Unmarshal([]byte(stdout), &r); err != nil || r.File != file || len(r.Curve) != 3 || r.Site != "mlp_in" || r.Answer == "" {
		t.Errorf("have %v in %s", err, stdout)
	}
	info, err := os.Stat(file)
	if err != nil || info.Size() != int64(r.Bytes) {
		t.Errorf("want a file of %d bytes, have %v", r.Bytes, err)
	}
	status, stdout, _ = premlp(t, "report", dir, "-o", file, "--site", "resid_post", "--target", "Japan", "--methods", "mean", "--quiet")
	page := string(readFile(t, file))
	if status != exitDone || !strings.Contains(stdout, "wrote "+file) || !strings.Contains(stdout, "by layer, 0 to 3") {
		t.Errorf("status %d, %s", status, stdout)
	}
	for _, want := range []string{"Japan in synthetic", "<code>resid_post</code>", "--target Japan --methods mean"} {
		if !strings.Contains(page, want) {
			t.Errorf("page: want %q", want)
		}
	}
}

// TestReportSteering holds that what steer and generate write can be shown, and
// that pictures are drawn.
func TestReportSteering(t *testing.T) {
	dir := tinyDataset(t)
	folder := t.TempDir()
	save := func(name string, args ...string) string {
		status, stdout, stderr := premlp(t, append(args, "--json", "--quiet")...)
		if status != exitDone {
			t.Fatal(stderr)
		}
		path := filepath.Join(folder, name)
		if err := os.WriteFile(path, []byte(stdout), 0o644); err != nil {
			t.Fatal(err)
		}
		return path
	}
	answer := save("answer.json", "generate", "--model", tinyModel(t), "--prompt", "hello France", "--steer", dir, "--site", "mlp_in", "--layer", "2", "--max-tokens", "3")
	file, pictures := filepath.Join(folder, "report.html"), filepath.Join(folder, "pictures")
	status, stdout, stderr := premlp(t, "report", dir, "-o", file, "--steering", answer, "--pictures", pictures)
	if status != exitDone || !strings.Contains(string(readFile(t, file)), "What the model writes with it") {
		t.Errorf("status %d, %s, %s", status, stdout, stderr)
	}
	if list, _ := os.ReadDir(pictures); len(list) == 0 || len(list)%2 != 0 {
		t.Errorf("want pictures in pairs, have %d", len(list))
	}
	status, _, stderr = premlp(t, "report", datasettest.Small(t), "-o", filepath.Join(folder, "other.html"), "--steering", answer)
	if status != exitFailed || !strings.Contains(stderr, "want a test of this dataset's model") {
		t.Errorf("another model's test: want it refused, have status %d, %s", status, stderr)
	}
}

// TestReportRefuses holds that nothing is written of what cannot be shown.
func TestReportRefuses(t *testing.T) {
	dir := datasettest.Small(t)
	damaged := datasettest.Small(t)
	rows := filepath.Join(damaged, "rows-00000.msgpack")
	data := readFile(t, rows)
	data[len(data)/2] ^= 1
	if err := os.WriteFile(rows, data, 0o644); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		args   []string
		status int
		stderr string
	}{
		{[]string{dir}, exitUsage, `required flag(s) "out" not set`},
		{[]string{dir, "-o", t.TempDir()}, exitUsage, "--out: want a file, have the folder"},
		{[]string{dir, "-o", "FILE", "--threads", "0"}, exitUsage, "--threads: want 1 or more, have 0"},
		{[]string{filepath.Join(dir, "nosuch"), "-o", "FILE"}, exitFailed, "nosuch"},
		{[]string{damaged, "-o", "FILE"}, exitFailed, "crc32c"},
	} {
		file := filepath.Join(t.TempDir(), "report.html")
		args := []string{"report"}
		for _, a := range c.args {
			args = append(args, strings.ReplaceAll(a, "FILE", file))
		}
		status, _, stderr := premlp(t, args...)
		if status != c.status || !strings.Contains(stderr, c.stderr) {
			t.Errorf("%v: want status %d and %q, have %d, %s", args, c.status, c.stderr, status, stderr)
		}
		if _, err := os.Stat(file); err == nil {
			t.Errorf("%v: want no file, have one", args)
		}
	}
}

func TestBars(t *testing.T) {
	if have := bars([]float64{0.3, 0.5, math.NaN(), 0.75, 1}, 0.5, 1); have != "▁▁ ▅█" {
		t.Errorf("have %q", have)
	}
	if have := bars([]float64{2, 2}, 2, 2); have != "▁▁" {
		t.Errorf("all the same: have %q", have)
	}
}
