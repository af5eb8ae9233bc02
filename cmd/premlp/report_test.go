package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"premlp/collect/dataset/datasettest"
	"premlp/collect/report"
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
	if status != exitDone || !strings.Contains(stdout, "wrote "+file) || !strings.Contains(stdout, "AUROC by layer, 0 to 3") {
		t.Errorf("status %d, %s", status, stdout)
	}
	for _, want := range []string{"Japan in synthetic", "<code>resid_post</code>", "--target Japan --methods mean"} {
		if !strings.Contains(page, want) {
			t.Errorf("page: want %q", want)
		}
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

func TestSparkline(t *testing.T) {
	v := []float64{0.3, 0.5, 0.75, 1}
	curve := []report.Curve{{AUROC: &v[0]}, {AUROC: &v[1]}, {}, {AUROC: &v[2]}, {AUROC: &v[3]}}
	if have := sparkline(curve); have != "▁▁ ▅█" {
		t.Errorf("have %q", have)
	}
}
