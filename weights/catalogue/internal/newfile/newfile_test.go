package newfile

import (
	"os"
	"path/filepath"
	"testing"
)

func TestWriteReplacesWhole(t *testing.T) {
	path := filepath.Join(t.TempDir(), "a", "b.json")
	for _, text := range []string{"old and longer", "new"} {
		if err := Write(path, []byte(text)); err != nil {
			t.Fatal(err)
		}
		if have, err := os.ReadFile(path); err != nil || string(have) != text {
			t.Fatalf("want %q, have %q, %v", text, have, err)
		}
	}
	onlyFile(t, path)
}

func TestCloseWithoutCommitLeavesTheOldFile(t *testing.T) {
	path := filepath.Join(t.TempDir(), "b.json")
	if err := Write(path, []byte("old")); err != nil {
		t.Fatal(err)
	}
	f, err := Create(path)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := f.File.WriteString("half"); err != nil {
		t.Fatal(err)
	}
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}
	if have, _ := os.ReadFile(path); string(have) != "old" {
		t.Errorf("want the old file, have %q", have)
	}
	onlyFile(t, path)
}

func TestCommitOntoAFolder(t *testing.T) {
	path := filepath.Join(t.TempDir(), "taken")
	if err := os.MkdirAll(filepath.Join(path, "x"), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := Write(path, []byte("x")); err == nil {
		t.Error("want an error")
	}
	onlyFile(t, path)
}

// onlyFile checks that no temporary file was left beside path.
func onlyFile(t *testing.T, path string) {
	t.Helper()
	entries, err := os.ReadDir(filepath.Dir(path))
	if err != nil || len(entries) != 1 || entries[0].Name() != filepath.Base(path) {
		t.Errorf("want only %s, have %v, %v", filepath.Base(path), entries, err)
	}
}
