package main

import (
	"fmt"
	"math"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"premlp/collect/collecttest"
	"premlp/weights"
)

// steerSetup makes a model, a dataset of its activations and a file of facts. The
// random model knows the facts of at least two concepts, as all have the same
// answers' first tokens to choose from.
func steerSetup(t *testing.T) (m, dir, facts string) {
	t.Helper()
	m = tinyModel(t)
	dir = filepath.Join(t.TempDir(), "data")
	args := collectArgs(t, m, dir, "--sites", "mlp_in,resid_post", "--date", "2026-01-02")
	if status, _, stderr := premlp(t, args...); status != 0 {
		t.Fatal(stderr)
	}
	var concepts []string
	for _, c := range []string{"France", "Germany", "United Kingdom", "South Korea"} {
		concepts = append(concepts, fmt.Sprintf(`{"name": %q, "word": "red"}`, c)) // one answer for all: every concept is known
	}
	facts = writeFile(t, t.TempDir(), "facts.json", []byte(`{"concepts": [`+strings.Join(concepts, ",")+`],
		"answers": {"word": {"question": "What is the capital of {concept}?", "prefix": "The word is"}}}`))
	return m, dir, facts
}

func TestSteer(t *testing.T) {
	m, dir, facts := steerSetup(t)
	args := func(more ...string) []string {
		return append([]string{"steer", "--model", m, "--facts", facts, "--answer", "word", "--from", dir}, more...)
	}
	var r steerReport
	status, stdout, stderr := premlp(t, args("--json", "--quiet", "--edits", "add,ablate-mean", "--alpha", "1,4")...)
	if status != 0 {
		t.Fatal(stderr)
	}
	decodeOne(t, stdout, &r)
	one := r.Results[0]
	if len(one.Known) != 4 || len(one.Effects) != 3*2*3 || one.Effects[0].Target != "France" || one.Prefix != "The word is" {
		t.Errorf("have %+v", one.Result)
	}
	if e := one.Effects[0]; e.Questions != 0 || e.Own == nil || *e.Own == 0 || e.KL == nil || *e.KL <= 0 {
		t.Errorf("one answer for all: want the target's own question changed and no other asked, have %+v", e)
	}
	status, stdout, stderr = premlp(t, args("--layers", "1", "--all-targets", "--neutral", "none")...)
	for _, want := range []string{"means over 4 targets", "mlp_in.1", "resid_post.1", "known     4 of 4"} {
		if status != 0 || !strings.Contains(stdout, want) {
			t.Errorf("table: want %q, have %d, %s%s", want, status, stdout, stderr)
		}
	}
	status, stdout, _ = premlp(t, args("--together", "--sites", "mlp_in")...)
	if status != 0 || !strings.Contains(stdout, "mlp_in.0-2") || !strings.Contains(stdout, "target France") {
		t.Errorf("--together: have %d, %s", status, stdout)
	}
}

// directionsFile writes a file of directions at mlp_in.1.
func directionsFile(t *testing.T, meta map[string]string) string {
	t.Helper()
	v := make([]float32, collecttest.Dim)
	for k := range v {
		v[k] = float32(k%3) - 1
	}
	path := filepath.Join(t.TempDir(), "d.safetensors")
	outputs := []weights.Output{weights.FloatOutput("mean.mlp_in.1", v, len(v)), weights.FloatOutput("mean.resid_post.0", v, len(v))}
	if err := weights.WriteSafetensors(path, outputs, meta); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestSteerFromFile(t *testing.T) {
	m, dir, facts := steerSetup(t)
	file := directionsFile(t, map[string]string{"target": "Germany"})
	plain := directionsFile(t, nil)
	neutral := writeFile(t, t.TempDir(), "neutral.txt", []byte("The house is old.\n\nThe river is new.\n"))
	for name, c := range map[string]struct {
		status int
		want   string
		args   []string
	}{
		"file":               {0, "target Germany", []string{"--from", file, "--sites", "mlp_in", "--layers", "1", "--neutral", neutral}},
		"other layer":        {1, "want a tensor mean.mlp_in.2", []string{"--from", file, "--sites", "mlp_in", "--layers", "2"}},
		"method":             {1, `have methods ["mean"]`, []string{"--from", file, "--method", "lda"}},
		"target unnamed":     {2, "--targets: want the concept", []string{"--from", plain, "--layers", "1"}},
		"target named":       {0, "target South Korea", []string{"--from", plain, "--sites", "mlp_in", "--layers", "1", "--targets", "South Korea", "--no-chat"}},
		"pairs":              {1, "pairs of concepts need a dataset", []string{"--from", file, "--sites", "mlp_in", "--layers", "1", "--edits", "pair"}},
		"no such file":       {1, "no such file", []string{"--from", file + "x"}},
		"answer":             {2, "--answer: want one of", []string{"--from", file, "--answer", "capital"}},
		"kind":               {1, `have "push"`, []string{"--from", file, "--edits", "push"}},
		"site":               {2, "--sites", []string{"--from", file, "--sites", "mlp"}},
		"layers":             {2, "--layers", []string{"--from", file, "--layers", "7"}},
		"dataset's form":     {2, "--no-chat: a dataset has its own", []string{"--from", dir, "--no-chat"}},
		"date":               {2, "--date: want YYYY-MM-DD", []string{"--from", file, "--date", "x"}},
		"no neutral text":    {1, "want texts, one a line", []string{"--from", file, "--neutral", writeFile(t, t.TempDir(), "e", nil)}},
		"two ways to target": {2, "all-targets", []string{"--from", file, "--targets", "South Korea", "--all-targets"}},
	} {
		args := append([]string{"steer", "--quiet", "--model", m, "--facts", facts}, c.args...)
		if !slices.Contains(c.args, "--answer") {
			args = append(args, "--answer", "word")
		}
		status, stdout, stderr := premlp(t, args...)
		if status != c.status || !strings.Contains(stdout+stderr, c.want) {
			t.Errorf("%s: want status %d and %q, have %d, %s%s", name, c.status, c.want, status, stdout, stderr)
		}
	}
	other := collecttest.Model(t, 2)
	if status, _, stderr := premlp(t, "steer", "--model", other, "--facts", facts, "--answer", "word", "--from", dir); status != 1 || !strings.Contains(stderr, "want one of this model") {
		t.Errorf("a dataset of another model: have %d, %s", status, stderr)
	}
}

func TestGenerateSteered(t *testing.T) {
	m, dir, _ := steerSetup(t)
	args := func(more ...string) []string {
		return append([]string{"generate", "--model", m, "--chat", "--prompt", "What is the capital of France?", "--max-tokens", "8"}, more...)
	}
	run := func(more ...string) steeredReport {
		t.Helper()
		var r steeredReport
		status, stdout, stderr := premlp(t, args(append(more, "--json", "--steer", dir)...)...)
		if status != 0 {
			t.Fatal(stderr)
		}
		decodeOne(t, stdout, &r)
		return r
	}
	ids := func(g *generateReport) []int32 { return g.Samples[0].IDs }
	r := run("--layer", "0-1", "--alpha", "30", "--after", "France")
	if r.Steer.Target != "France" || !slices.Equal(r.Steer.Layers, []int{0, 1}) || len(r.Steer.Rows) == 0 || int(r.Steer.Rows[len(r.Steer.Rows)-1]) != len(r.On.Prompt.IDs)-1 {
		t.Errorf("have %+v", r.Steer)
	}
	if slices.Equal(ids(r.Off), ids(r.On)) {
		t.Error("want another text with a strong direction, have the same")
	}
	if zero := run("--layer", "0-1", "--alpha", "0"); !slices.Equal(ids(zero.Off), ids(zero.On)) || !slices.Equal(zero.On.Samples[0].LogProbs, zero.Off.Samples[0].LogProbs) || len(zero.Steer.Rows) != len(zero.On.Prompt.IDs)-1 {
		t.Errorf("strength 0: want the same text, have %v and %v", ids(zero.Off), ids(zero.On))
	}
	if only := run("--layer", "1", "--alpha", "30", "--steer-tokens", "new"); only.Steer.Rows != nil || ids(only.Off)[0] != ids(only.On)[0] {
		t.Errorf("new tokens alone: want the first token alike, have %+v", only.Steer)
	}
	status, stdout, stderr := premlp(t, args("--steer", directionsFile(t, nil), "--layer", "1", "--site", "mlp_in", "--samples", "2", "--temperature", "1")...)
	if status != 0 || strings.Count(stdout, "--- without, sample") != 2 || !strings.Contains(stdout, "--- with 2 × the direction of - at mlp_in.1, sample 1") {
		t.Errorf("have %d, %s%s", status, stdout, stderr)
	}
	for want, more := range map[string][]string{
		"--layer: want the layers":      {"--steer", dir},
		"--alpha: want --steer with it": {"--alpha", "1"},
		"--steer-tokens: want prompt":   {"--steer", dir, "--layer", "1", "--steer-tokens", "x"},
		"--after: want --steer-tokens":  {"--steer", dir, "--layer", "1", "--steer-tokens", "new", "--after", "France"},
		"--alpha: want a finite number": {"--steer", dir, "--layer", "1", "--alpha", "NaN"},
		"--site":                        {"--steer", dir, "--layer", "1", "--site", "x"},
		"--layers: want numbers":        {"--steer", dir, "--layer", "9"},
	} {
		if status, _, stderr := premlp(t, args(more...)...); status != 2 || !strings.Contains(stderr, want) {
			t.Errorf("%v: want %q, have %d, %s", more, want, status, stderr)
		}
	}
}

// TestSteerFromDirections: the mean differences that directions writes do what
// those of the dataset itself do, but for their rounding.
func TestSteerFromDirections(t *testing.T) {
	m, dir, _ := steerSetup(t)
	var concepts []string
	for i, c := range []string{"France", "Germany", "United Kingdom", "South Korea"} {
		concepts = append(concepts, fmt.Sprintf(`{"name": %q, "word": %q}`, c, []string{"red", "old"}[i%2]))
	}
	// No template of the dataset asks this: no row is left out.
	facts := writeFile(t, t.TempDir(), "facts.json", []byte(`{"concepts": [`+strings.Join(concepts, ",")+`],
		"answers": {"word": {"question": "What is the word of {concept}?", "prefix": ""}}}`))
	file := filepath.Join(t.TempDir(), "france.safetensors")
	if status, _, stderr := premlp(t, "directions", dir, "-o", file, "--quiet"); status != 0 {
		t.Fatal(stderr)
	}
	run := func(more ...string) []steerResult {
		t.Helper()
		var r steerReport
		args := append([]string{"steer", "--quiet", "--json", "--model", m, "--facts", facts, "--answer", "word", "--targets", "France", "--alpha", "3", "--random", "0"}, more...)
		status, stdout, stderr := premlp(t, args...)
		if status != 0 {
			t.Fatal(stderr)
		}
		decodeOne(t, stdout, &r)
		return r.Results
	}
	own, written := run("--from", dir), run("--from", file, "--date", "2026-01-02", "--method", "mean,lda")
	if len(written) != 2 || written[1].Method != "lda" || *written[1].Effects[0].Own == *written[0].Effects[0].Own {
		t.Errorf("two methods: have %+v", written)
	}
	for i, e := range own[0].Effects {
		if w := written[0].Effects[i]; math.Abs(*e.Own-*w.Own) > 1e-3*math.Abs(*e.Own)+1e-5 || *e.Own == 0 {
			t.Errorf("%s: want %v, have %v", e.Place, *e.Own, *w.Own)
		}
	}
}
