package dataset_test

import (
	"bytes"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"premlp/collect/dataset"
	"premlp/collect/dataset/datasettest"
)

// long says whether the tests that try many cases by chance try as many as the
// promises name.
var long = os.Getenv("PREMLP_TEST_LONG") != ""

// list lists questions that are known to be good.
func list(t testing.TB, q []dataset.Question) *dataset.List {
	t.Helper()
	l, err := dataset.NewList(dataset.Slice(q))
	if err != nil {
		t.Fatal(err)
	}
	return l
}

// readFolder gives the bytes of every file of a folder.
func readFolder(t testing.TB, dir string) map[string][]byte {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	files := map[string][]byte{}
	for _, e := range entries {
		b, err := os.ReadFile(filepath.Join(dir, e.Name()))
		if err != nil {
			t.Fatal(err)
		}
		files[e.Name()] = b
	}
	return files
}

// writeFolder makes a folder with these files and nothing else.
func writeFolder(t testing.TB, dir string, files map[string][]byte) {
	t.Helper()
	if err := os.RemoveAll(dir); err != nil {
		t.Fatal(err)
	}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	for name, b := range files {
		if err := os.WriteFile(filepath.Join(dir, name), b, 0o644); err != nil {
			t.Fatal(err)
		}
	}
}

// equalFolders fails the test where two folders differ in a file or a byte.
func equalFolders(t testing.TB, want, have map[string][]byte) {
	t.Helper()
	if w, h := slices.Sorted(maps.Keys(want)), slices.Sorted(maps.Keys(have)); !slices.Equal(w, h) {
		t.Fatalf("files: want %v, have %v", w, h)
	}
	for name := range want {
		if !bytes.Equal(want[name], have[name]) {
			t.Fatalf("%s: other bytes", name)
		}
	}
}

// shardNames are the rows files of a folder, in order.
func shardNames(files map[string][]byte) []string {
	return slices.DeleteFunc(slices.Sorted(maps.Keys(files)), func(n string) bool { return filepath.Ext(n) != ".msgpack" })
}

// sharded is the synthetic manifest with rows files so small that there are several.
func sharded() dataset.Manifest {
	m := datasettest.Manifest()
	m.ShardBytes = 2000
	return m
}

// addFrom adds every question from next on, then finishes.
func addFrom(t testing.TB, w *dataset.Writer, next int, q []dataset.Question) {
	t.Helper()
	for i := next; i < len(q); i++ {
		if err := w.Add(i, datasettest.Blocks(w.Manifest(), &q[i], i)); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Finish(datasettest.Run()); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
}

func open(t testing.TB, dir string) *dataset.Reader {
	t.Helper()
	r, err := dataset.Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { r.Close() })
	return r
}
