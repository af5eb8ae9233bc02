package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"premlp/weights/catalogue"
)

func TestPull(t *testing.T) {
	t.Setenv("PREMLP_CACHE", t.TempDir())
	file := filepath.Join(t.TempDir(), "m.gguf")
	if err := os.WriteFile(file, []byte("GGUF…"), 0o644); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		args           []string
		status         int
		stdout, stderr string
	}{
		{[]string{"pull", file}, 0, file, ""},
		{[]string{"pull", "--list"}, 0, "smollm2-135m    98.4 MB   Apache-2.0", ""},
		{[]string{"pull"}, 2, "", "premlp pull: arguments: want one SOURCE"},
		{[]string{"pull", "a", "b"}, 2, "", "have 2 arguments"},
		{[]string{"pull", "--list", "a"}, 2, "", "have 1 arguments"},
		{[]string{"pull", "smolm2"}, 1, "", `premlp pull: model "smolm2": want`},
		{[]string{"pull", file + "x"}, 1, "", "file does not exist"},
	} {
		status, stdout, stderr := premlp(t, c.args...)
		if status != c.status || !strings.Contains(stdout, c.stdout) || !strings.Contains(stderr, c.stderr) {
			t.Errorf("%v: have %d, stdout %q, stderr %q", c.args, status, stdout, stderr)
		}
	}
}

func TestPullJSON(t *testing.T) {
	t.Setenv("PREMLP_CACHE", t.TempDir())
	file := filepath.Join(t.TempDir(), "m.gguf")
	if err := os.WriteFile(file, []byte("GGUF…"), 0o644); err != nil {
		t.Fatal(err)
	}
	_, stdout, _ := premlp(t, "pull", "--json", file)
	var pulled catalogue.Pulled
	decodeOne(t, stdout, &pulled)
	if pulled.Path != file || pulled.Fetched || len(pulled.Files) != 1 || pulled.Files[0].Bytes != 7 {
		t.Errorf("have %+v", pulled)
	}
	var list struct{ Models []catalogue.Listed }
	_, stdout, _ = premlp(t, "pull", "--json", "--list")
	decodeOne(t, stdout, &list)
	if len(list.Models) != len(catalogue.Entries()) || list.Models[0].Path != "" {
		t.Errorf("have %+v", list)
	}
}

func TestStages(t *testing.T) {
	var s stages
	s.env = &env{quiet: true}
	s.set("downloading", 1, 0)
	first := s.bar
	s.set("downloading", 2, 0)
	if s.bar != first {
		t.Error("one stage: want one bar")
	}
	s.set("unpacking", 1, 5)
	if s.bar == first || s.bar.label != "unpacking" {
		t.Error("next stage: want a bar of its own")
	}
	s.close()
	s.close()
}
