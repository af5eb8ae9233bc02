package main

import (
	"path/filepath"
	"strings"
	"testing"

	"premlp/collect/study"
)

// TestStudyRelations runs two relations on the model in the program, of whose
// sentences it was taught one's words.
func TestStudyRelations(t *testing.T) {
	t.Setenv("PREMLP_CACHE", t.TempDir())
	dir := filepath.Join(t.TempDir(), "relations")
	args := []string{"study", "relations", "--model", "tiny-countries", "-o", dir, "--relations", "country language,city in country", "--layers", "2", "--limit", "10"}
	var r study.RelationsResult
	status, stdout, stderr := premlp(t, append(args, "--json", "--quiet")...)
	if status != exitDone || stderr != "" {
		t.Fatalf("status %d, %s", status, stderr)
	}
	decodeOne(t, stdout, &r)
	if len(r.Relations) != 2 || r.Relations[1].Facts != 10 || r.Relations[1].Of != 24 || len(r.Relations[1].Templates) != 6 {
		t.Errorf("have %+v", r.Relations)
	}
	status, stdout, stderr = premlp(t, args...)
	if status != exitDone || !strings.Contains(stdout, "country language: 10 of 24 facts asked") || !strings.Contains(stderr, "for findings take a real model") {
		t.Errorf("again: have %d, %s%s", status, stdout, stderr)
	}
}

// TestStudyPublicRefuses: wrong flags, and a model that knows too little.
func TestStudyPublicRefuses(t *testing.T) {
	t.Setenv("PREMLP_CACHE", t.TempDir())
	dir := filepath.Join(t.TempDir(), "x")
	for want, c := range map[string]struct {
		status int
		args   []string
	}{
		"--kind: want one of city":   {exitUsage, []string{"ravel", "--kind", "village"}},
		`have "Population"`:          {exitFailed, []string{"ravel", "--attributes", "Country,Population"}},
		"--layers: want numbers":     {exitUsage, []string{"ravel", "--layers", "6"}},
		"the model knows too little": {exitFailed, []string{"ravel", "--entities", "10", "--prompts", "1"}},
		`have "neighbour"`:           {exitFailed, []string{"relations", "--relations", "neighbour"}},
		"want 2 facts or more":       {exitFailed, []string{"relations", "--limit", "1"}},
		"--seed: want 1 or more":     {exitUsage, []string{"relations", "--seed", "0"}},
	} {
		args := append([]string{"study", c.args[0], "--model", "tiny-countries", "-o", dir, "--quiet"}, c.args[1:]...)
		if status, stdout, stderr := premlp(t, args...); status != c.status || !strings.Contains(stderr, want) {
			t.Errorf("%q: want %d and %q, have %d, %s%s", c.args, c.status, want, status, stdout, stderr)
		}
	}
}
