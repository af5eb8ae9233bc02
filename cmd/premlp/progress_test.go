package main

import (
	"bytes"
	"strings"
	"testing"
	"time"
)

func TestProgressLines(t *testing.T) {
	var stderr bytes.Buffer
	e := &env{stderr: &stderr}
	p := e.Progress("collect", "questions", 100)
	clock := p.start
	p.now = func() time.Time { return clock }
	for i := int64(1); i <= 20; i++ {
		clock = clock.Add(time.Second)
		p.Set(i, 0)
	}
	p.Close()
	want := "collect: 5 of 100 questions (5 %), 1/s, 1m35s left\n" +
		"collect: 10 of 100 questions (10 %), 1/s, 1m30s left\n" +
		"collect: 15 of 100 questions (15 %), 1/s, 1m25s left\n" +
		"collect: 20 of 100 questions (20 %), 1/s, 1m20s left\n"
	if stderr.String() != want {
		t.Errorf("want %q, have %q", want, stderr.String())
	}
}

func TestProgressBytesOfUnknownSize(t *testing.T) {
	var stderr bytes.Buffer
	e := &env{stderr: &stderr}
	p := e.Progress("pull", unitBytes, 0)
	p.now = func() time.Time { return p.start.Add(10 * time.Second) }
	p.Add(12_000_000)
	p.Close()
	if want := "pull: 12.0 MB, 1.2 MB/s\n"; stderr.String() != want {
		t.Errorf("want %q, have %q", want, stderr.String())
	}
}

func TestProgressQuiet(t *testing.T) {
	var stderr bytes.Buffer
	e := &env{stderr: &stderr, quiet: true}
	p := e.Progress("pull", unitBytes, 10)
	p.now = func() time.Time { return p.start.Add(time.Hour) }
	p.Set(10, 10)
	p.Close()
	e.Notef("note")
	if stderr.Len() != 0 {
		t.Errorf("want nothing, have %q", stderr.String())
	}
}

func TestFormatBytes(t *testing.T) {
	for n, want := range map[int64]string{
		0: "0 B", 999: "999 B", 1000: "1.0 kB", 98_362_432: "98.4 MB",
		999_949_999: "999.9 MB", 999_950_000: "1.0 GB", 1 << 62: "4.6 EB",
	} {
		if have := formatBytes(n); have != want {
			t.Errorf("%d: want %q, have %q", n, want, have)
		}
	}
	if s := formatBytes(-1); !strings.HasPrefix(s, "-1") {
		t.Errorf("-1: have %q", s)
	}
}
