package main

import (
	"encoding/json"
	"fmt"
	"io/fs"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"premlp/collect"
)

const secretKey = "sk-very-secret-key"

// answering is a server that speaks the chat protocol and answers with a list.
func answering(t *testing.T, list string) *httptest.Server {
	t.Helper()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("Authorization") != "Bearer "+secretKey {
			w.WriteHeader(http.StatusUnauthorized)
			fmt.Fprintf(w, "no such key: %s", r.Header.Get("Authorization"))
			return
		}
		json.NewEncoder(w).Encode(map[string]any{"model": "m", "choices": []any{map[string]any{"message": map[string]any{"content": list}}}})
	}))
	t.Cleanup(server.Close)
	return server
}

func TestRelatedEndpoint(t *testing.T) {
	t.Setenv("TEST_KEY", secretKey)
	server := answering(t, "1. Germany\n2. France\n3. South Korea\n4. Spain")
	out := filepath.Join(t.TempDir(), "countries.txt")
	args := []string{"related", "--endpoint", server.URL, "--api-key-env", "TEST_KEY", "--concept", "France", "--category", "countries", "-n", "5", "-o", out}
	status, stdout, stderr := premlp(t, args...)
	if status != exitDone || !strings.Contains(stdout, "found 3 of 5") || !strings.Contains(stderr, "only 3 of 5 related concepts found") {
		t.Fatalf("want three of five, have status %d, %s, %s", status, stdout, stderr)
	}
	if have := string(readFile(t, out)); have != "Germany\nSouth Korea\nSpain\n" {
		t.Errorf("want the concepts in the file, have %q", have)
	}
	status, stdout, _ = premlp(t, append(args, "--json")...)
	var report struct {
		Concepts []string
		Source   struct{ Kind, Name, URL string }
	}
	if err := json.Unmarshal([]byte(stdout), &report); err != nil || status != exitDone || len(report.Concepts) != 3 || report.Source.Name != "m" {
		t.Errorf("want one document, have %s, %v", stdout, err)
	}
	t.Setenv("TEST_KEY", secretKey+"-wrong")
	status, stdout, stderr = premlp(t, args...)
	if status != exitFailed || !strings.Contains(stderr, "401") || strings.Contains(stdout+stderr, secretKey) {
		t.Errorf("a wrong key: want it refused and not shown, have status %d, %s, %s", status, stdout, stderr)
	}
}

func TestRelatedUsage(t *testing.T) {
	t.Setenv("NO_KEY", "")
	file := writeFile(t, t.TempDir(), "list.txt", []byte("Spain\nItaly\n"))
	for _, c := range []struct {
		args   []string
		status int
		want   string
	}{
		{[]string{"--concept", "France"}, exitUsage, "[model endpoint file]"},
		{[]string{"--file", file}, exitUsage, "concept"},
		{[]string{"--concept", "France", "--file", file, "--model", "x"}, exitUsage, "none of the others can be"},
		{[]string{"--concept", "France", "--endpoint", "http://127.0.0.1:1"}, exitUsage, "--category: want one with --endpoint"},
		{[]string{"--concept", "France", "--endpoint", "x", "--category", "countries"}, exitFailed, "endpoint: want an address"},
		{[]string{"--concept", "France", "--endpoint", "http://x", "--category", "countries", "--api-key-env", "NO_KEY"}, exitUsage, "--api-key-env: want a key in the environment variable NO_KEY"},
		{[]string{"--concept", "France", "--file", file, "--category", "lands"}, exitUsage, "--category: want countries, cities"},
		{[]string{"--concept", "France", "--file", file, "--respects", "size"}, exitUsage, "--respects: want --category"},
		{[]string{"--concept", "", "--file", file}, exitUsage, "concept: want a name"},
		{[]string{"--concept", "France", "--file", file, "-n", "0"}, exitUsage, "number of concepts: want 1 to"},
		{[]string{"--concept", "Spain", "--file", file}, exitFailed, `line 1: "Spain" is the target`},
		{[]string{"--concept", "France", "--file", file}, exitDone, ""},
	} {
		status, stdout, stderr := premlp(t, append([]string{"related"}, c.args...)...)
		if status != c.status || !strings.Contains(stderr, c.want) {
			t.Errorf("%q: want status %d and %q, have %d, %s%s", c.args, c.status, c.want, status, stdout, stderr)
		}
	}
}

// Collect asks the endpoint itself and keeps what it said, but not the key. When
// it goes on with a dataset it asks nobody.
func TestCollectRelated(t *testing.T) {
	t.Setenv("TEST_KEY", secretKey)
	server := answering(t, "Germany\nSouth Korea\nUnited Kingdom")
	m, out := tinyModel(t), filepath.Join(t.TempDir(), "france")
	args := []string{"collect", "--model", m, "--concept", "France", "--category", "countries", "--alias", "Hexagon", "--date", "2026-01-02",
		"--endpoint", server.URL, "--endpoint-model", "big", "--api-key-env", "TEST_KEY", "-o", out}
	if status, stdout, stderr := premlp(t, args...); status != exitDone || !strings.Contains(stderr, "related concepts: Germany, South Korea, United Kingdom") {
		t.Fatalf("status %d, %s, %s", status, stdout, stderr)
	}
	manifest := string(readFile(t, filepath.Join(out, "manifest.json")))
	if !strings.Contains(manifest, `"related": "`) || !strings.Contains(manifest, `"Hexagon"`) {
		t.Errorf("manifest: want the digest of related.json and the alias, have %s", manifest)
	}
	if err := filepath.WalkDir(out, func(path string, d fs.DirEntry, err error) error {
		if err == nil && !d.IsDir() && strings.Contains(string(readFile(t, path)), secretKey) {
			t.Errorf("%s holds the key", path)
		}
		return err
	}); err != nil {
		t.Fatal(err)
	}
	if status, stdout, stderr := premlp(t, "verify", out, "--model", m, "--sample", "2"); status != exitDone {
		t.Errorf("verify: status %d, %s, %s", status, stdout, stderr)
	}
	server.Close()
	if status, stdout, stderr := premlp(t, args...); status != exitDone || !strings.Contains(stdout, "is made already") || !strings.Contains(stderr, "related concepts: those of") {
		t.Errorf("again, without the endpoint: status %d, %s, %s", status, stdout, stderr)
	}
	if err := os.WriteFile(filepath.Join(out, "related.json"), []byte("{}"), 0o644); err != nil {
		t.Fatal(err)
	}
	if status, stdout, _ := premlp(t, "verify", out, "--model", m); status != exitFailed || !strings.Contains(stdout, "related.json: sha256") {
		t.Errorf("verify with another related.json: want it named, have status %d, %s", status, stdout)
	}
}

func TestTemplatesCommand(t *testing.T) {
	status, stdout, _ := premlp(t, "templates")
	if status != exitDone || !strings.Contains(stdout, "countries     24  What is the capital of {concept}? …") {
		t.Errorf("want the sets, have status %d, %s", status, stdout)
	}
	status, stdout, _ = premlp(t, "templates", "music genres")
	if set, err := collect.ParseTemplates([]byte(stdout)); err != nil || status != exitDone || len(set.Templates) < 16 || !strings.HasPrefix(stdout, "# ") {
		t.Errorf("want a set with its remarks, have status %d, %s, %v", status, stdout, err)
	}
	file := writeFile(t, t.TempDir(), "mine.yaml", []byte("- text: a {concept} b\n  answers: {France: x}\n"))
	status, stdout, _ = premlp(t, "templates", file)
	if set, err := collect.ParseTemplates([]byte(stdout)); err != nil || status != exitDone || set.Answers["a {concept} b"]["France"][0] != "x" {
		t.Errorf("want the file's set, have status %d, %s, %v", status, stdout, err)
	}
	for _, c := range []struct {
		args []string
		want string
	}{
		{[]string{"--more", "3"}, "--more: want a set or a file"},
		{[]string{"countries", "--more", "3"}, "--more: want --model and --concept"},
		{[]string{"countries", "--model", "x"}, "--model: want --more"},
		{[]string{"countries", "--more", "-1"}, "--more: want a number above 0"},
		{[]string{"a", "b"}, "at most 1"},
	} {
		if status, _, stderr := premlp(t, append([]string{"templates"}, c.args...)...); status != exitUsage || !strings.Contains(stderr, c.want) {
			t.Errorf("%q: want %q, have status %d, %s", c.args, c.want, status, stderr)
		}
	}
	if status, _, stderr := premlp(t, "templates", "rivers"); status != exitFailed || !strings.Contains(stderr, "the built-in sets are animals") {
		t.Errorf("want the sets named, have status %d, %s", status, stderr)
	}
}

// A dry run prints every prompt with its selected tokens, without colour where
// there is no terminal, and about how long a run takes.
func TestDryRunPlan(t *testing.T) {
	m := tinyModel(t)
	args := collectArgs(t, m, filepath.Join(t.TempDir(), "out"), "--dry-run", "--no-chat")
	status, stdout, stderr := premlp(t, args...)
	for _, want := range []string{"q00001 target  What is the capital of[ France]|?\n", "q00020 control What is the largest city in[ South Korea]|?\n", "  time        about "} {
		if status != exitDone || !strings.Contains(stdout, want) {
			t.Errorf("want %q, have status %d, %s, %s", want, status, stdout, stderr)
		}
	}
	if strings.Contains(stdout, "\x1b") {
		t.Error("want no colours")
	}
	status, stdout, _ = premlp(t, append(args, "--json")...)
	var report struct {
		Plan             []plannedQuestion
		EstimatedSeconds float64 `json:"estimated_seconds"`
	}
	if err := json.Unmarshal([]byte(stdout), &report); err != nil || status != exitDone || len(report.Plan) != 20 || report.EstimatedSeconds <= 0 || report.Plan[0].Selected[0] != "?" {
		t.Errorf("want the plan in the document, have %s, %v", stdout, err)
	}
	var b strings.Builder
	w := &planWriter{w: &b, colour: true, prefix: "<user>"}
	w.question(plannedQuestion{ID: "q00001", Set: "target", Before: "<user>Is", Named: " \x1b[31mFrance", Selected: []string{"?", "\n"}})
	want := "q00001 target  Is\x1b[1;35m \\x1b[31mFrance\x1b[0m\x1b[2m|\x1b[0m\x1b[32m?\x1b[0m\x1b[2m|\x1b[0m\x1b[32m\\n\x1b[0m\n"
	if b.String() != want {
		t.Errorf("want %q, have %q", want, b.String())
	}
	t.Setenv("NO_COLOR", "1")
	if wantsColour(os.Stdout) || wantsColour(&b) {
		t.Error("NO_COLOR: want no colours")
	}
}
