package dataset_test

import (
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"premlp/collect/dataset"
	"premlp/collect/dataset/datasettest"
)

// limited lets n bytes through, then the disk is full.
type limited struct {
	w io.Writer
	n *int
}

func (l limited) Write(b []byte) (int, error) {
	if len(b) <= *l.n {
		*l.n -= len(b)
		return l.w.Write(b)
	}
	n, _ := l.w.Write(b[:*l.n])
	*l.n = 0
	return n, syscall.ENOSPC
}

// When the disk fills up at any place, the error says so, dir does not appear,
// and the run can be resumed to the same bytes.
func TestDiskFull(t *testing.T) {
	m, q := sharded(), datasettest.Questions(6)
	want := readFolder(t, datasettest.Write(t, m, q))
	begin := len(want["questions.jsonl"])
	total := begin
	for _, name := range shardNames(want) {
		total += len(want[name])
	}
	for room := 1; room < total; room += 173 {
		dir := filepath.Join(t.TempDir(), "d")
		left := room
		w, err := dataset.CreateLimited(dir, m, list(t, q), func(w io.Writer) io.Writer { return limited{w, &left} })
		if room < begin {
			if !errors.Is(err, syscall.ENOSPC) {
				t.Fatalf("room for %d bytes: %v", room, err)
			}
			if entries, _ := os.ReadDir(filepath.Dir(dir)); len(entries) > 0 {
				t.Fatalf("left behind: %v", entries)
			}
			continue
		}
		if err != nil {
			t.Fatal(err)
		}
		for i := 0; i < len(q) && err == nil; i++ {
			err = w.Add(i, datasettest.Blocks(m, &q[i], i))
		}
		if !errors.Is(err, syscall.ENOSPC) || !strings.Contains(err.Error(), "can be resumed") {
			t.Fatalf("room for %d bytes: %v", room, err)
		}
		if again := w.Finish(datasettest.Run()); !errors.Is(again, syscall.ENOSPC) {
			t.Fatalf("finish after an error: %v", again)
		}
		if err := w.Close(); err != nil {
			t.Fatal(err)
		}
		if _, err := os.Stat(dir); err == nil {
			t.Fatal("an incomplete dataset has its name")
		}
		w, next, err := dataset.Resume(dir, m, list(t, q))
		if err != nil {
			t.Fatal(err)
		}
		addFrom(t, w, next, q)
		equalFolders(t, want, readFolder(t, dir))
	}
}

func TestExisting(t *testing.T) {
	m, q := datasettest.Manifest(), datasettest.Questions(2)
	dir := datasettest.Write(t, m, q)
	if _, err := dataset.Create(dir, m, list(t, q)); !errors.Is(err, dataset.ErrExists) {
		t.Errorf("create over a dataset: %v", err)
	}
	if err := os.Rename(dir, dir+".partial"); err != nil {
		t.Fatal(err)
	}
	if _, err := dataset.Create(dir+"/", m, list(t, q)); !errors.Is(err, dataset.ErrExists) || !strings.Contains(err.Error(), "resume it") {
		t.Errorf("create over an unfinished dataset: %v", err)
	}
	w, next, err := dataset.Resume(dir, m, list(t, q))
	if err != nil || next != len(q) {
		t.Fatal(next, err)
	}
	if err := os.Mkdir(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	if err := w.Finish(datasettest.Run()); !errors.Is(err, dataset.ErrExists) {
		t.Errorf("finish over a folder made meanwhile: %v", err)
	}
	w.Close()
	if entries, _ := os.ReadDir(filepath.Dir(dir)); len(entries) != 2 {
		t.Errorf("want the folder and the unfinished dataset, have %v", entries)
	}
}

func TestUnwritable(t *testing.T) {
	m, q := datasettest.Manifest(), datasettest.Questions(2)
	t.Run("parent is a file", func(t *testing.T) {
		file := filepath.Join(t.TempDir(), "file")
		if err := os.WriteFile(file, nil, 0o644); err != nil {
			t.Fatal(err)
		}
		if _, err := dataset.Create(filepath.Join(file, "d"), m, list(t, q)); err == nil || !strings.Contains(err.Error(), file) {
			t.Fatalf("want an error naming %s, have %v", file, err)
		}
	})
	t.Run("read-only folder", func(t *testing.T) {
		if os.Geteuid() <= 0 {
			t.Skip("the user may write everywhere, or the system has no such permission")
		}
		parent := t.TempDir()
		if err := os.Chmod(parent, 0o555); err != nil {
			t.Fatal(err)
		}
		if _, err := dataset.Create(filepath.Join(parent, "d"), m, list(t, q)); !errors.Is(err, os.ErrPermission) {
			t.Fatalf("want %v, have %v", os.ErrPermission, err)
		}
	})
}
