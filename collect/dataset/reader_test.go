package dataset_test

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"premlp/collect/dataset"
	"premlp/collect/dataset/datasettest"
)

func TestReaderArguments(t *testing.T) {
	r := open(t, datasettest.Small(t))
	for _, c := range []struct {
		i     int
		site  string
		layer int
		want  string
	}{
		{-1, "mlp_in", 0, "question: want 0 to 11, have -1"},
		{12, "mlp_in", 0, "question: want 0 to 11, have 12"},
		{0, "mlp_out", 0, `site: want one of [mlp_in resid_post], have "mlp_out"`},
		{0, "mlp_in", 1, "layer: want one of [0 2 3], have 1"},
	} {
		for _, err := range []error{
			second(r.Rows(c.i, c.site, c.layer, nil)),
			second(r.Stats(c.i, c.site, c.layer, nil)),
			second(r.Raw(c.i, c.site, c.layer)),
		} {
			if err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("want %q, have %v", c.want, err)
			}
		}
	}
	if s, err := r.Stats(0, "resid_post", 2, nil); err != nil || len(s) != 0 {
		t.Errorf("a site without statistics: %v, %v", s, err)
	}
	dst := make([]float32, 100)
	if rows, err := r.Rows(0, "mlp_in", 2, dst); err != nil || &rows[0] != &dst[0] {
		t.Errorf("dst was not used: %v", err)
	}
}

func second[T any](_ T, err error) error { return err }

func TestReaderClosed(t *testing.T) {
	r := open(t, datasettest.Small(t))
	for range 2 {
		if err := r.Close(); err != nil {
			t.Fatal(err)
		}
	}
	for _, err := range []error{
		second(r.Rows(0, "mlp_in", 0, nil)),
		second(r.Raw(0, "mlp_in", 0)),
		r.Verify(context.Background(), nil),
	} {
		if !errors.Is(err, dataset.ErrClosed) {
			t.Errorf("want %v, have %v", dataset.ErrClosed, err)
		}
	}
}

func TestReaderConcurrent(t *testing.T) {
	r := open(t, datasettest.Small(t))
	var g sync.WaitGroup
	for range 8 {
		g.Go(func() {
			if err := errors.Join(readAll(r), r.Verify(context.Background(), nil)); err != nil {
				t.Error(err)
			}
		})
	}
	g.Wait()
}

func TestVerifyProgress(t *testing.T) {
	r := open(t, datasettest.Small(t))
	calls, last := 0, 0
	err := r.Verify(context.Background(), func(done, total int) {
		if calls++; done != last+1 || total != 12 {
			t.Errorf("progress: %d of %d after %d", done, total, last)
		}
		last = done
	})
	if err != nil || calls != 12 {
		t.Errorf("%d calls, %v", calls, err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if err := r.Verify(ctx, nil); !errors.Is(err, context.Canceled) || errors.Is(err, dataset.ErrCorrupt) {
		t.Errorf("cancelled: %v", err)
	}
	if _, err := r.Digest(ctx); !errors.Is(err, context.Canceled) {
		t.Errorf("cancelled: %v", err)
	}
}

func TestOpenUnfinished(t *testing.T) {
	m, q := sharded(), datasettest.Questions(5)
	dir := filepath.Join(t.TempDir(), "d")
	if _, err := dataset.Open(dir); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("nothing there: %v", err)
	}
	w, err := dataset.Create(dir, m, list(t, q))
	if err != nil {
		t.Fatal(err)
	}
	for i := range 3 {
		if err := w.Add(i, datasettest.Blocks(m, &q[i], i)); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{dir, dir + ".partial", dir + "/"} {
		_, err := dataset.Open(name)
		if want := "unfinished: 3 of 5 questions; run collect again with the same arguments"; !errors.Is(err, dataset.ErrUnfinished) || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: want %q, have %v", name, want, err)
		}
	}
	writeFolder(t, dir+".partial", nil)
	if _, err := dataset.Open(dir); !errors.Is(err, dataset.ErrUnfinished) {
		t.Errorf("begun only: %v", err)
	}
}

// Verify sees what became of the small files after they were opened.
func TestChangedWhileOpen(t *testing.T) {
	for _, name := range []string{"manifest.json", "questions.jsonl", "run.json"} {
		dir := datasettest.Small(t)
		r := open(t, dir)
		path := filepath.Join(dir, name)
		b, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, append(b, ' '), 0o644); err != nil {
			t.Fatal(err)
		}
		if err := r.Verify(context.Background(), nil); !errors.Is(err, dataset.ErrCorrupt) || !strings.Contains(err.Error(), name+": sha256: ") {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// A file cut short under an open reader is an error, not the end of the process.
func TestTruncatedWhileOpen(t *testing.T) {
	m := datasettest.Manifest()
	m.Dim = 4096 // several pages
	dir := datasettest.Write(t, m, datasettest.Questions(6))
	r := open(t, dir)
	if err := os.Truncate(filepath.Join(dir, "rows-00000.msgpack"), 100); err != nil {
		t.Skipf("a mapped file cannot be cut here: %v", err)
	}
	if _, err := r.Rows(5, "mlp_in", 3, nil); err == nil || !strings.Contains(err.Error(), "cut short") {
		t.Errorf("rows: %v", err)
	}
	if err := r.Verify(context.Background(), nil); !errors.Is(err, dataset.ErrCorrupt) {
		t.Errorf("verify: %v", err)
	}
}
