package dataset_test

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"premlp/collect/dataset"
	"premlp/collect/dataset/datasettest"
)

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
