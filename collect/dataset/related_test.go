package dataset_test

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"premlp/collect/dataset"
	"premlp/collect/dataset/datasettest"
)

// related.json belongs to the dataset when the manifest states it: it is kept
// through a break, Finish waits for it, and Verify misses every change to it.
func TestRelated(t *testing.T) {
	text := datasettest.Related
	m, questions := datasettest.Manifest(), datasettest.Questions(4)
	m.Related = datasettest.RelatedDigest()
	list, err := dataset.NewList(dataset.Slice(questions))
	if err != nil {
		t.Fatal(err)
	}
	dir := filepath.Join(t.TempDir(), "set")
	w, err := dataset.Create(dir, m, list)
	if err != nil {
		t.Fatal(err)
	}
	if err := w.AttachRelated([]byte("other")); err == nil || !strings.Contains(err.Error(), "related.json: sha256: want the manifest's") {
		t.Errorf("other bytes: want them refused, have %v", err)
	}
	if err := w.AttachRelated(text); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	if have, err := dataset.Related(dir); err != nil || string(have) != string(text) {
		t.Errorf("unfinished: want the file, have %q, %v", have, err)
	}
	if w, _, err = dataset.Resume(dir, m, list); err != nil {
		t.Fatal(err)
	}
	for i := range questions {
		if err := w.Add(i, datasettest.Blocks(m, &questions[i], i)); err != nil {
			t.Fatal(err)
		}
	}
	path := filepath.Join(dir+".partial", "related.json")
	if err := os.Remove(path); err != nil {
		t.Fatal(err)
	}
	if err := w.Finish(datasettest.Run()); !errors.Is(err, os.ErrNotExist) {
		t.Fatalf("finish without it: want it missed, have %v", err)
	}
	if err := w.AttachRelated(text); err != nil {
		t.Fatal(err)
	}
	if err := w.Finish(datasettest.Run()); err != nil {
		t.Fatal(err)
	}
	r := open(t, dir)
	if err := r.Verify(context.Background(), nil); err != nil {
		t.Fatal(err)
	}
	path = filepath.Join(dir, "related.json")
	for name, damage := range map[string]func() error{
		"changed": func() error { return os.WriteFile(path, []byte("{}"), 0o644) },
		"removed": func() error { return os.Remove(path) },
	} {
		if err := damage(); err != nil {
			t.Fatal(err)
		}
		if err := r.Verify(context.Background(), nil); !errors.Is(err, dataset.ErrCorrupt) || !strings.Contains(err.Error(), "related.json") {
			t.Errorf("%s: want related.json named, have %v", name, err)
		}
		if err := os.WriteFile(path, text, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	plain := datasettest.Write(t, datasettest.Manifest(), questions)
	if _, err := dataset.Related(plain); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("a dataset without it: want none, have %v", err)
	}
	if err := os.WriteFile(filepath.Join(plain, "related.json"), text, 0o644); err != nil {
		t.Fatal(err)
	}
	if err := open(t, plain).Verify(context.Background(), nil); !errors.Is(err, dataset.ErrCorrupt) {
		t.Errorf("a file that is not stated: want it named, have %v", err)
	}
	m.Related = "AB"
	if _, err := dataset.Create(filepath.Join(t.TempDir(), "x"), m, list); err == nil || !strings.Contains(err.Error(), "manifest: related: want a sha256") {
		t.Errorf("no digest: want it refused, have %v", err)
	}
}
