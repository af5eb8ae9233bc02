package study

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestKeep(t *testing.T) {
	o := Options{Dir: t.TempDir()}
	calls := 0
	work := func() (int, error) { calls++; return 40 + calls, nil }
	get := func(from any) int {
		t.Helper()
		v, err := keep(o, "a", from, work)
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
	if a, b := get("x"), get("x"); a != 41 || b != 41 || calls != 1 {
		t.Errorf("the same: want 41 twice, have %d and %d", a, b)
	}
	if have := get("y"); have != 42 {
		t.Errorf("from something else: want 42, have %d", have)
	}
	if _, err := keep(o, "b", "x", func() (int, error) { return 0, errors.New("full") }); err == nil || !strings.Contains(err.Error(), "b: full") {
		t.Errorf("have %v", err)
	}
	if _, err := os.Stat(filepath.Join(o.Dir, "parts", "b.json")); err == nil {
		t.Error("failed work: want nothing kept")
	}
	path := filepath.Join(o.Dir, "parts", "a.json")
	if err := os.WriteFile(path, []byte("{"), 0o644); err != nil {
		t.Fatal(err)
	}
	if _, err := keep(o, "a", "y", work); err == nil || !strings.Contains(err.Error(), "remove it to have it made again") {
		t.Errorf("damaged: have %v", err)
	}
}
