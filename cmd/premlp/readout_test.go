package main

import (
	"path/filepath"
	"strings"
	"testing"

	"premlp/collect/collecttest"
)

func TestReadout(t *testing.T) {
	m, dir, _ := steerSetup(t)
	var r readoutReport
	status, stdout, stderr := premlp(t, "readout", dir, "--model", m, "--json", "--quiet", "--top", "3")
	if status != 0 {
		t.Fatal(stderr)
	}
	decodeOne(t, stdout, &r)
	if r.Target != "France" || len(r.Others) != 3 || len(r.Points) != 2*3 || r.Texts != 20 || r.Tokens == 0 {
		t.Errorf("have %+v", r.Result)
	}
	p := r.Points[1]
	if p.Site != "mlp_in" || p.Layer != 1 || len(p.Neurons) != 2 || len(p.Neurons[0].Highest) != 3 || *p.Neurons[0].Rank < 1 || len(p.Lens.Highest) != 3 || p.Tokens.SD <= 0 {
		t.Errorf("have %+v", p)
	}
	status, stdout, stderr = premlp(t, "readout", dir, "--model", m, "--show", "1", "--text", "The capital of France is old.", "--target", "Germany", "--quiet")
	for _, want := range []string{"direction mean of Germany", "those of 3 other concepts", "mlp_in.2", "gate (model.layers.1.mlp)", "up (model.layers.1.mlp)", "nothing of the MLP", "neurons   none: neurons read mlp_in", "of 1 texts", "[ France]"} {
		if status != 0 || !strings.Contains(stdout, want) {
			t.Errorf("want %q, have %d, %s%s", want, status, stdout, stderr)
		}
	}
}

func TestReadoutOfFile(t *testing.T) {
	m, dir, _ := steerSetup(t)
	file, plain := directionsFile(t, map[string]string{"target": "Germany"}), directionsFile(t, nil)
	texts := writeFile(t, t.TempDir(), "t.jsonl", []byte("{\"text\": \"The house is old.\"}\n{\"text\": \"The river\"}\n"))
	for name, c := range map[string]struct {
		status int
		want   string
		args   []string
	}{
		"file":            {0, "direction mean of Germany", []string{file, "--model", m}},
		"unnamed":         {0, "direction mean of -", []string{plain, "--model", m}},
		"texts":           {0, "of 2 texts", []string{file, "--model", m, "--texts", texts}},
		"no tokens":       {0, "mlp_in.1", []string{dir, "--model", m, "--no-texts", "--layers", "1"}},
		"no method":       {1, `have methods ["mean"]`, []string{file, "--model", m, "--method", "lda"}},
		"other target":    {1, `have that of "Germany"`, []string{file, "--model", m, "--target", "France"}},
		"dataset's":       {2, "--method: a dataset has", []string{dir, "--model", m, "--method", "mean"}},
		"unknown":         {2, "--target: want one of", []string{dir, "--model", m, "--target", "Spain"}},
		"no layer":        {2, "--sites and --layers", []string{file, "--model", m, "--layers", "2"}},
		"site":            {2, "--sites", []string{file, "--model", m, "--sites", "mlp"}},
		"show":            {2, "--layers", []string{file, "--model", m, "--show", "9"}},
		"two":             {2, "no-texts", []string{file, "--model", m, "--no-texts", "--text", "a"}},
		"short":           {1, "text 1: want two tokens", []string{file, "--model", m, "--text", "a"}},
		"top":             {2, "--top, --random", []string{file, "--model", m, "--top", "0"}},
		"another model's": {1, "want a dataset of this model", []string{dir, "--model", collecttest.Model(t, 2)}},
		"no model":        {2, `"model" not set`, []string{dir}},
	} {
		status, stdout, stderr := premlp(t, append([]string{"readout", "--quiet"}, c.args...)...)
		if status != c.status || !strings.Contains(stdout+stderr, c.want) {
			t.Errorf("%s: want status %d and %q, have %d, %s%s", name, c.status, c.want, status, stdout, stderr)
		}
	}
}

// TestReadoutTinyCountries: in the model of the program, whose one fact of a
// capital is all it knows of Paris, the direction of France at the last layers
// stands for words of France.
func TestReadoutTinyCountries(t *testing.T) {
	t.Setenv("PREMLP_CACHE", t.TempDir())
	out := filepath.Join(t.TempDir(), "france")
	status, _, stderr := premlp(t, "collect", "--model", "tiny-countries", "--concept", "France", "--quiet", "--sites", "mlp_in,resid_post",
		"--controls", "../../docs/examples/france-controls.txt", "-o", out)
	if status != 0 {
		t.Fatal(stderr)
	}
	var r readoutReport
	status, stdout, stderr := premlp(t, "readout", out, "--model", "tiny-countries", "--json", "--quiet")
	if status != 0 {
		t.Fatal(stderr)
	}
	decodeOne(t, stdout, &r)
	last := r.Points[len(r.Points)-1]
	found := false
	for _, w := range last.Lens.Highest {
		found = found || strings.Contains("Paris French France Europe", strings.TrimSpace(w.Text)) && len(w.Text) > 3
	}
	if last.Site != "resid_post" || !found || last.Lens.Highest[0].SDs < last.Lens.RandomHigh {
		t.Errorf("want words of France above chance, have %+v", last.Lens)
	}
	if x := last.Tokens.Highest[0]; !strings.Contains(x.Before, "France") && !strings.Contains(x.Token, "France") {
		t.Errorf("want a token of a question about France, have %+v", x)
	}
}
