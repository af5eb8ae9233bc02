package export_test

import (
	"bytes"
	"context"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"premlp/collect/dataset"
	"premlp/collect/dataset/datasettest"
	"premlp/collect/export"
)

// made writes a small dataset of several rows files.
func made(t *testing.T, d dataset.DType, sites ...string) string {
	t.Helper()
	m := datasettest.Manifest()
	m.DType, m.ShardBytes = d, 2000
	if sites != nil {
		m.Sites = sites
	}
	return datasettest.Write(t, m, datasettest.Questions(17))
}

func write(t *testing.T, dir string, form export.Form, o export.Options) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "out."+string(form))
	o.Form = form
	if _, err := export.Write(t.Context(), dir, path, o); err != nil {
		t.Fatal(err)
	}
	return path
}

// TestPython: the library of each form reads every value, and the loading
// snippets of the documentation do what they say.
func TestPython(t *testing.T) {
	python := os.Getenv("PREMLP_PYTHON")
	if python == "" {
		t.Skip("PREMLP_PYTHON names no Python with numpy and msgpack")
	}
	for _, form := range export.Forms {
		for _, d := range []dataset.DType{dataset.F32, dataset.BF16, dataset.F16} {
			if form == export.HF && d != dataset.F32 {
				continue // its files are those of Parquet, and its library is slow to start
			}
			t.Run(string(form)+"/"+string(d), func(t *testing.T) {
				var sites []string
				if form == export.Seed {
					sites = []string{"mlp_in"}
				}
				dir := made(t, d, sites...)
				runPython(t, python, "testdata/compare.py", string(form), dir, write(t, dir, form, export.Options{}))
			})
		}
	}
}

// TestTorch: PyTorch itself opens the records. It is large, so that a Python
// with it is named apart.
func TestTorch(t *testing.T) {
	python := os.Getenv("PREMLP_TORCH_PYTHON")
	if python == "" {
		t.Skip("PREMLP_TORCH_PYTHON names no Python with torch and numpy")
	}
	for _, d := range []dataset.DType{dataset.F32, dataset.BF16, dataset.F16} {
		t.Run(string(d), func(t *testing.T) {
			dir := made(t, d, "mlp_in")
			runPython(t, python, "testdata/torch_compare.py", write(t, dir, export.NPZ, export.Options{}), write(t, dir, export.Seed, export.Options{}))
		})
	}
}

// runPython runs a script; its exit status 3 says that a library is missing.
func runPython(t *testing.T, python string, args ...string) {
	t.Helper()
	c := exec.Command(python, args...)
	c.Env = append(os.Environ(), "HF_HOME="+t.TempDir(), "HF_HUB_OFFLINE=1", "PYTHONUTF8=1")
	out, err := c.CombinedOutput()
	var exit *exec.ExitError
	if errors.As(err, &exit) && exit.ExitCode() == 3 {
		t.Skipf("%s", out)
	}
	if err != nil {
		t.Fatalf("%s: %v\n%s", strings.Join(args, " "), err, out)
	}
	t.Logf("%s", bytes.TrimSpace(out))
}

// TestSeedSite: of several sites one must be named, and that one is written.
func TestSeedSite(t *testing.T) {
	dir := made(t, dataset.F32)
	for _, c := range []struct {
		o    export.Options
		want string
	}{
		{export.Options{Form: export.Seed}, "site: want one of mlp_in, resid_post (a record has no place for more), have none"},
		{export.Options{Form: export.Seed, Site: "mlp_out"}, `site: want one of mlp_in, resid_post, have "mlp_out"`},
		{export.Options{Form: export.NPZ, Site: "mlp_in"}, "site: want it with seed only, have it with npz"},
		{export.Options{Form: "csv"}, `form: want one of npz, safetensors, parquet, hf, seed, have "csv"`},
	} {
		if _, err := export.Write(t.Context(), dir, filepath.Join(t.TempDir(), "x"), c.o); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%+v: want an error with %q, have %v", c.o, c.want, err)
		}
	}
	one := readFile(t, write(t, dir, export.Seed, export.Options{Site: "resid_post"}))
	r, err := dataset.Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	raw, err := r.Raw(16, "resid_post", 3)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Contains(one, raw) {
		t.Error("want resid_post's rows in the file, have them nowhere")
	}
	if raw, err = r.Raw(16, "mlp_in", 3); err != nil || bytes.Contains(one, raw) {
		t.Errorf("want no rows of mlp_in, have them, or %v", err)
	}
}

// TestSameBytes: the same dataset gives the same bytes.
func TestSameBytes(t *testing.T) {
	dir := made(t, dataset.F32, "mlp_in")
	for _, form := range export.Forms {
		if form == export.HF {
			continue // a folder of files that Parquet's writer wrote
		}
		if !bytes.Equal(readFile(t, write(t, dir, form, export.Options{})), readFile(t, write(t, dir, form, export.Options{}))) {
			t.Errorf("%s: want the same bytes twice, have others", form)
		}
	}
}

// TestNothingHalfWritten: an error leaves no file, and what was there stays.
func TestNothingHalfWritten(t *testing.T) {
	dir := made(t, dataset.F32, "mlp_in")
	for _, form := range export.Forms {
		folder := t.TempDir()
		path := filepath.Join(folder, "out")
		ctx, cancel := context.WithCancel(t.Context())
		o := export.Options{Form: form, Progress: func(done, total int64) {
			if done > total/2 {
				cancel()
			}
		}}
		if _, err := export.Write(ctx, dir, path, o); !errors.Is(err, context.Canceled) {
			t.Errorf("%s: want it cancelled, have %v", form, err)
		}
		entries, err := os.ReadDir(folder)
		if err != nil || len(entries) > 0 {
			t.Errorf("%s: want nothing left, have %v, %v", form, entries, err)
		}
		if err := os.WriteFile(path, []byte("mine"), 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := export.Write(t.Context(), dir, path, export.Options{Form: form}); err == nil || !strings.Contains(err.Error(), "exists") {
			t.Errorf("%s: want the taken name refused, have %v", form, err)
		}
		if string(readFile(t, path)) != "mine" {
			t.Errorf("%s: want the file that was there, have another", form)
		}
	}
}

// TestCorrupt: a changed byte is found before anything is written.
func TestCorrupt(t *testing.T) {
	dir := made(t, dataset.F32)
	rows := filepath.Join(dir, "rows-00001.msgpack")
	data := readFile(t, rows)
	data[len(data)/2] ^= 1
	if err := os.WriteFile(rows, data, 0o600); err != nil {
		t.Fatal(err)
	}
	folder := t.TempDir()
	_, err := export.Write(t.Context(), dir, filepath.Join(folder, "x"), export.Options{Form: export.NPZ})
	if !errors.Is(err, dataset.ErrCorrupt) {
		t.Errorf("want ErrCorrupt, have %v", err)
	}
	if entries, err := os.ReadDir(folder); err != nil || len(entries) > 0 {
		t.Errorf("want nothing written, have %v, %v", entries, err)
	}
}

// TestSummary: it says what was written, and what was widened.
func TestSummary(t *testing.T) {
	dir := made(t, dataset.BF16, "mlp_in")
	for form, want := range map[export.Form]string{
		export.NPZ: "f32", export.Safetensors: "bf16", export.Parquet: "f32", export.HF: "f32", export.Seed: "bf16",
	} {
		path := filepath.Join(t.TempDir(), "out")
		var done, total int64
		s, err := export.Write(t.Context(), dir, path, export.Options{Form: form, Progress: func(d, n int64) { done, total = d, n }})
		if err != nil {
			t.Fatal(err)
		}
		if s.DType != want || (len(s.Notes) == 1) != (want == "f32") || s.Questions != 17 || s.Bytes < 1000 || s.Files < 1 {
			t.Errorf("%s: have %+v", form, s)
		}
		if done != total || total == 0 {
			t.Errorf("%s: progress: want it to end at its total, have %d of %d", form, done, total)
		}
	}
}

func readFile(t *testing.T, path string) []byte {
	t.Helper()
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return b
}
