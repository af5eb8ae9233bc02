package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"premlp/collect/facts"
	"premlp/collect/study"
)

// fewFacts writes a file with some of the facts of countries24.
func fewFacts(t *testing.T) string {
	t.Helper()
	f, err := study.Countries24Facts()
	if err != nil {
		t.Fatal(err)
	}
	type template struct {
		Text string `json:"text"`
	}
	var concepts []map[string]string
	for _, c := range f.Concepts[:4] {
		concepts = append(concepts, map[string]string{"name": c.Name, "capital": c.Facts["capital"]})
	}
	var templates []template
	for _, x := range f.Templates[:4] {
		templates = append(templates, template{x.Text})
	}
	data, err := json.Marshal(map[string]any{
		"concepts": concepts, "templates": templates, "folds": []int{0, 1, 0, 1},
		"answers": map[string]any{"capital": map[string]string{"question": f.Answers["capital"].Question, "prefix": f.Answers["capital"].Prefix}},
	})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := facts.Parse(data); err != nil {
		t.Fatal(err)
	}
	return writeFile(t, t.TempDir(), "few.json", data)
}

func TestStudyCountries24(t *testing.T) {
	t.Setenv("PREMLP_CACHE", t.TempDir())
	dir := filepath.Join(t.TempDir(), "few")
	args := []string{"study", "countries24", "--model", "tiny-countries", "--facts", fewFacts(t), "-o", dir}
	status, stdout, stderr := premlp(t, append(args, "--json", "--quiet")...)
	if status != exitDone || stderr != "" {
		t.Fatalf("status %d, %s", status, stderr)
	}
	var r study.Countries24Result
	decodeOne(t, stdout, &r)
	if r.Questions != 16 || len(r.Causal.Known) != 4 || len(r.Described) != 0 || len(r.Files) != 4 {
		t.Errorf("have %d questions, %d known, %d descriptions, files %q", r.Questions, len(r.Causal.Known), len(r.Described), r.Files)
	}
	for _, f := range r.Files {
		if _, err := os.Stat(f); err != nil {
			t.Error(err)
		}
	}
	status, stdout, stderr = premlp(t, args...)
	if status != exitDone || !strings.Contains(stdout, "Known: the capital of 4 of 4") || !strings.Contains(stderr, "for findings take a real model") {
		t.Errorf("again: have %d, %s%s", status, stdout, stderr)
	}
}

func TestStudyRefuses(t *testing.T) {
	m := tinyModel(t)
	dir := filepath.Join(t.TempDir(), "x")
	for want, c := range map[string]struct {
		status int
		args   []string
	}{
		"command: want one, have none":             {exitUsage, []string{"study"}},
		`unknown command "nosuch"`:                 {exitUsage, []string{"study", "nosuch"}},
		`required flag(s) "model", "out" not set`:  {exitUsage, []string{"study", "countries24"}},
		"--threads: want 1 or more, have 0":        {exitUsage, []string{"study", "countries24", "--model", m, "-o", dir, "--threads", "0"}},
		"--seed: want 1 or more, have 0":           {exitUsage, []string{"study", "countries24", "--model", m, "-o", dir, "--seed", "0"}},
		"--date: want YYYY-MM-DD, have":            {exitUsage, []string{"study", "countries24", "--model", m, "-o", dir, "--date", "x"}},
		"no such file":                             {exitFailed, []string{"study", "countries24", "--model", m, "-o", dir, "--facts", "nosuch.json"}},
		"facts: want templates in at least 2 fold": {exitFailed, []string{"study", "countries24", "--model", m, "-o", dir, "--facts", "../../docs/examples/capitals.json"}},
	} {
		status, stdout, stderr := premlp(t, c.args...)
		if status != c.status || !strings.Contains(stderr, want) || stdout != "" {
			t.Errorf("%v: want status %d and %q, have %d, %s%s", c.args, c.status, want, status, stdout, stderr)
		}
	}
	if _, err := os.Stat(dir); err == nil {
		t.Error("want nothing written")
	}
}
