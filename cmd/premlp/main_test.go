package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"strings"
	"testing"

	"github.com/spf13/cobra"
)

// premlp runs one command line in this process.
func premlp(t *testing.T, args ...string) (status int, stdout, stderr string) {
	t.Helper()
	var out, diag bytes.Buffer
	status = run(t.Context(), args, strings.NewReader(""), &out, &diag)
	return status, out.String(), diag.String()
}

func TestExitStatus(t *testing.T) {
	for _, c := range []struct {
		args   string
		status int
		stderr string // what it must hold
	}{
		{"version", 0, ""},
		{"--help", 0, ""},
		{"help version", 0, ""},
		{"version --help", 0, ""},
		{"completion bash", 0, ""},
		{"completion zsh", 0, ""},
		{"completion fish", 0, ""},
		{"completion powershell", 0, ""},
		{"", 2, "premlp: command: want one, have none"},
		{"nosuch", 2, `premlp: unknown command "nosuch"`},
		{"version --nosuch", 2, "premlp version: unknown flag: --nosuch"},
		{"version extra", 2, `premlp version: unknown command "extra"`},
		{"help nosuch", 2, `unknown command "nosuch"`},
		{"completion", 2, "premlp completion: command: want one"},
		{"completion nosuch", 2, "premlp completion: "},
	} {
		t.Run(c.args, func(t *testing.T) {
			status, stdout, stderr := premlp(t, strings.Fields(c.args)...)
			if status != c.status {
				t.Errorf("status: want %d, have %d; stderr %q", c.status, status, stderr)
			}
			if !strings.Contains(stderr, c.stderr) {
				t.Errorf("stderr: want it to hold %q, have %q", c.stderr, stderr)
			}
			if (status == 0) == (stdout == "") {
				t.Errorf("stdout: have %q with status %d", stdout, status)
			}
			if (status == 0) != (stderr == "") {
				t.Errorf("stderr: have %q with status %d", stderr, status)
			}
			if status == exitUsage && strings.Count(stderr, "usage: ") != 1 {
				t.Errorf("stderr: want the usage line once, have %q", stderr)
			}
		})
	}
}

// probe stands for any command.
func probe() *cobra.Command {
	c := &cobra.Command{Use: "probe", RunE: needsSubcommand}
	(&cobra.Command{Use: "premlp"}).AddCommand(c)
	return c
}

// TestFail holds the error path for what commands return from their own code.
func TestFail(t *testing.T) {
	cancelled, cancel := context.WithCancel(t.Context())
	cancel()
	for _, c := range []struct {
		name   string
		ctx    context.Context
		err    error
		status int
		stderr string
	}{
		{"failure", t.Context(), errors.New("disk full"), 1, "premlp probe: disk full\n"},
		{"usage", t.Context(), fmt.Errorf("flags: %w", usagef("--a excludes --b")), 2, "premlp probe: flags: --a excludes --b\n"},
		{"interrupted", cancelled, context.Canceled, 130, "premlp probe: interrupted\n"},
		{"interrupted midway", cancelled, fmt.Errorf("row 7: %w", context.Canceled), 130, "premlp probe: interrupted: row 7: context canceled\n"},
		{"failure after the signal", cancelled, errors.New("disk full"), 1, "premlp probe: disk full\n"},
		{"cancelled without a signal", t.Context(), context.Canceled, 1, "premlp probe: context canceled\n"},
	} {
		t.Run(c.name, func(t *testing.T) {
			var stdout, stderr bytes.Buffer
			e := &env{stdout: &stdout, stderr: &stderr, json: true, started: true}
			if status := e.fail(c.ctx, probe(), c.err); status != c.status {
				t.Errorf("status: want %d, have %d", c.status, status)
			}
			if !strings.HasPrefix(stderr.String(), c.stderr) {
				t.Errorf("stderr: want %q, have %q", c.stderr, stderr.String())
			}
			var doc errorDocument
			decodeOne(t, stdout.String(), &doc)
			if doc.Exit != c.status || doc.Error == "" {
				t.Errorf("document: have %+v", doc)
			}
		})
	}
}

func TestJSONErrorBeforeTheFlagIsParsed(t *testing.T) {
	status, stdout, _ := premlp(t, "version", "--nosuch", "--json")
	var doc errorDocument
	decodeOne(t, stdout, &doc)
	if status != exitUsage || doc.Exit != exitUsage || doc.Command != "premlp version" {
		t.Errorf("have status %d, document %+v", status, doc)
	}
}

// TestResultThenError: a check that failed prints its result, and the error
// only on stderr, so that stdout stays one document.
func TestResultThenError(t *testing.T) {
	var stdout, stderr bytes.Buffer
	e := &env{stdout: &stdout, stderr: &stderr, json: true, started: true}
	if err := e.Result(map[string]int{"bad": 3}, func(io.Writer) {}); err != nil {
		t.Fatal(err)
	}
	e.fail(t.Context(), probe(), errors.New("3 bad rows"))
	var doc map[string]int
	decodeOne(t, stdout.String(), &doc)
	if doc["bad"] != 3 || stderr.String() != "premlp probe: 3 bad rows\n" {
		t.Errorf("have %v, stderr %q", doc, stderr.String())
	}
	if err := e.Result(1, func(io.Writer) {}); err == nil {
		t.Error("a second result: want an error")
	}
}

// TestResultJSONCannotHold: stdout still gets one document, the error's.
func TestResultJSONCannotHold(t *testing.T) {
	var stdout, stderr bytes.Buffer
	e := &env{stdout: &stdout, stderr: &stderr, json: true, started: true}
	err := e.Result(math.NaN(), func(io.Writer) {})
	if err == nil {
		t.Fatal("NaN: want an error")
	}
	var doc errorDocument
	if status := e.fail(t.Context(), probe(), err); status != exitFailed {
		t.Errorf("status: have %d", status)
	}
	decodeOne(t, stdout.String(), &doc)
}

type closedPipe struct{}

func (closedPipe) Write([]byte) (int, error) { return 0, io.ErrClosedPipe }

func TestClosedStdoutIsAFailure(t *testing.T) {
	for _, args := range [][]string{{"version"}, {"version", "--json"}} {
		var stderr bytes.Buffer
		if status := run(t.Context(), args, nil, closedPipe{}, &stderr); status != exitFailed {
			t.Errorf("%v: want %d, have %d", args, exitFailed, status)
		}
	}
}

// TestHelpTexts: every command of the table explains itself.
func TestHelpTexts(t *testing.T) {
	root := newRoot(&env{})
	known := map[string]bool{}
	for _, g := range groups {
		known[g.id] = true
	}
	var walk func(c *cobra.Command)
	walk = func(c *cobra.Command) {
		ours := !strings.Contains(c.CommandPath(), " completion")
		if ours && (c.Short == "" || c.Long == "" || c.Example == "") {
			t.Errorf("%s: want Short, Long and Example", c.CommandPath())
		}
		if c.Runnable() && c.RunE == nil {
			t.Errorf("%s: want RunE, so that its errors set the exit status", c.CommandPath())
		}
		if c.GroupID != "" && !known[c.GroupID] {
			t.Errorf("%s: group %q is not in the list", c.CommandPath(), c.GroupID)
		}
		for _, sub := range c.Commands() {
			walk(sub)
		}
	}
	walk(root)
}

// decodeOne checks that text is exactly one JSON document.
func decodeOne(t *testing.T, text string, v any) {
	t.Helper()
	dec := json.NewDecoder(strings.NewReader(text))
	if err := dec.Decode(v); err != nil {
		t.Fatalf("stdout: %v in %q", err, text)
	}
	if _, err := dec.Token(); err != io.EOF {
		t.Fatalf("stdout: want one document, have %q", text)
	}
}
