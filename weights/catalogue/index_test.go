package catalogue

import (
	"archive/zip"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
)

// index makes a cache and a python3 whose pip serves wheels made here.
type index struct{ wheels, cache string }

func newIndex(t *testing.T) *index {
	t.Helper()
	if runtime.GOOS == "windows" {
		t.Skip("the stand-in for python3 is a shell script")
	}
	x := &index{wheels: t.TempDir(), cache: t.TempDir()}
	bin := t.TempDir()
	script := `#!/bin/sh
case "$*" in *--version*) exit 0;; esac
while [ "$1" != -d ]; do shift; done
echo "$3" >> "` + x.wheels + `/log"
if [ ! -f "` + x.wheels + `/$3" ]; then echo "ERROR: No matching distribution found for $3" >&2; exit 1; fi
cp "` + x.wheels + `/$3" "$2/served.whl"
`
	if err := os.WriteFile(filepath.Join(bin, "python3"), []byte(script), 0o755); err != nil {
		t.Fatal(err)
	}
	t.Setenv("PATH", bin+string(os.PathListSeparator)+os.Getenv("PATH"))
	t.Setenv("PREMLP_CACHE", x.cache)
	return x
}

// add publishes a wheel: name, text, name, text, …
func (x *index) add(t *testing.T, requirement string, members ...string) {
	t.Helper()
	f, err := os.Create(filepath.Join(x.wheels, requirement))
	if err != nil {
		t.Fatal(err)
	}
	w := zip.NewWriter(f)
	for i := 0; i < len(members); i += 2 {
		m, err := w.Create(members[i])
		if err != nil {
			t.Fatal(err)
		}
		if _, err := io.WriteString(m, members[i+1]); err != nil {
			t.Fatal(err)
		}
	}
	if err := errors.Join(w.Close(), f.Close()); err != nil {
		t.Fatal(err)
	}
}

func (x *index) downloads() int {
	text, _ := os.ReadFile(filepath.Join(x.wheels, "log"))
	return strings.Count(string(text), "\n")
}

func sum(text string) string { return fmt.Sprintf("%x", sha256.Sum256([]byte(text))) }

func read(t *testing.T, path string) string {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}
