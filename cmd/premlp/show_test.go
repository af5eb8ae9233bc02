package main

import (
	"io"
	"strings"
	"testing"
)

func TestCollectShow(t *testing.T) {
	m := tinyModel(t)
	for _, c := range []struct {
		show   string
		status int
		want   string
		maps   int
	}{
		{"", 0, "", 0},
		{"2", 0, `q00002 target "What language do they speak in France?"`, 2},
		{"1000", 0, "q00020 control", 20},
		{"q00007, q00001", 0, `q00007 control "What language do they speak in Germany?"`, 2},
		{"q99999", 2, "--show: want a number, or ids from q00001 to q00020", 0},
		{"-1", 2, "--show", 0},
	} {
		status, stdout, stderr := premlp(t, collectArgs(t, m, t.TempDir()+"/out", "--dry-run", "--show", c.show)...)
		if status != c.status || !strings.Contains(stderr, c.want) || strings.Count(stderr, ", concept ") != c.maps {
			t.Errorf("%q: want status %d, %q and %d maps, have %d, %s", c.show, c.status, c.want, c.maps, status, stderr)
		}
		if status == 0 && !strings.Contains(stdout, "would make") {
			t.Errorf("%q: have %q", c.show, stdout)
		}
	}
}

// TestChecking: the checks of a few questions go by without a word.
func TestChecking(t *testing.T) {
	for _, c := range []struct {
		total int
		shown bool
	}{{20, false}, {20_000, true}} {
		check := checking{env: &env{stderr: io.Discard}}
		for done := range c.total {
			check.set(done+1, c.total)
		}
		check.close()
		if (check.bar != nil) != c.shown {
			t.Errorf("%d questions: want shown %v", c.total, c.shown)
		}
		if c.shown && check.bar.done != int64(c.total) {
			t.Errorf("want %d done, have %d", c.total, check.bar.done)
		}
	}
}
