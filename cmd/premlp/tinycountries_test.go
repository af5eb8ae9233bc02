package main

import (
	"encoding/csv"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"premlp/collect"
	"premlp/weights/catalogue"
)

// tinyCountries opens the model in the program, and reads what it was taught:
// one map a country.
func tinyCountries(t *testing.T) (*collect.Loaded, []map[string]string) {
	t.Helper()
	t.Setenv("PREMLP_CACHE", t.TempDir())
	path, err := catalogue.Locate("tiny-countries")
	if err != nil {
		t.Fatal(err)
	}
	l, err := collect.OpenModel(path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	f, err := os.Open("../../weights/catalogue/embedded/tiny-countries/facts.tsv")
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	r := csv.NewReader(f)
	r.Comma, r.LazyQuotes = '\t', true
	table, err := r.ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	var facts []map[string]string
	for _, row := range table[1:] {
		fact := map[string]string{}
		for i, value := range row {
			fact[table[0][i]] = value
		}
		facts = append(facts, fact)
	}
	return l, facts
}

// answer is what a model answers greedily.
func answer(t *testing.T, l *collect.Loaded, question string, most int) string {
	t.Helper()
	prompt, err := l.ChatPrompt(question, nil, time.Time{})
	if err != nil {
		t.Fatal(err)
	}
	o := collect.GenerateOptions{}
	o.MaxTokens = most
	g, err := l.Generate(t.Context(), prompt, o, nil)
	if err != nil {
		t.Fatal(err)
	}
	if g.Samples[0].Stopped != "end" {
		return g.Texts[0] + " …"
	}
	return g.Texts[0]
}

func TestTinyCountriesAnswers(t *testing.T) {
	l, facts := tinyCountries(t)
	answers := map[string]string{
		"capital": "The capital is %.", "language": "They speak %.", "continent": "It is located in %.",
		"landmark": "A famous landmark is %.", "largest city": "The largest city is %.", "currency": "The currency is %.",
	}
	templates := append([]collect.Template{{Text: "What is the currency of {concept}?", Type: "currency"}}, collect.SeedTemplates...)
	if testing.Short() {
		facts = facts[:12]
	}
	for _, q := range templates {
		right := 0
		for _, fact := range facts {
			question := q.Question(fact["country"])
			want := strings.ReplaceAll(answers[q.Type], "%", fact[q.Type])
			if have := answer(t, l, question, 16); have == want {
				right++
			} else {
				t.Logf("%s want %q, have %q", question, want, have)
			}
		}
		t.Logf("%s: %d of %d right", q.Text, right, len(facts))
		if 100*right < 95*len(facts) {
			t.Errorf("%s want 95 %% of %d answers right, have %d", q.Text, len(facts), right)
		}
	}
}

// Lists name countries, mostly those that share the target's continent or
// language. A country may come again: what asks for lists drops what it has.
func TestTinyCountriesLists(t *testing.T) {
	l, facts := tinyCountries(t)
	known := map[string]map[string]string{}
	for _, fact := range facts {
		known[fact["country"]] = fact
	}
	for _, target := range []string{"France", "Japan", "Peru", "Nigeria"} {
		prompt, err := l.ChatPrompt("List 10 countries similar to "+target+". Write a numbered list.", nil, time.Time{})
		if err != nil {
			t.Fatal(err)
		}
		o := collect.GenerateOptions{}
		o.MaxTokens, o.Samples, o.Temperature = 80, 8, 0.7
		g, err := l.Generate(t.Context(), prompt, o, nil)
		if err != nil {
			t.Fatal(err)
		}
		lines, near, others := 0, 0, map[string]bool{}
		for _, text := range g.Texts {
			for _, line := range strings.Split(text, "\n") {
				_, name, _ := strings.Cut(line, ". ")
				lines++
				have, own := known[name], known[target]
				switch {
				case have == nil || name == target:
				case have["continent"] == own["continent"] || have["language"] == own["language"]:
					near++
					others[name] = true
				}
			}
		}
		t.Logf("%s: %d of %d lines share something with it, %d different ones", target, near, lines, len(others))
		if lines < 60 || 100*near < 75*lines || len(others) < 8 {
			t.Errorf("%s: want about 80 lines with countries like it, 75 %% and more, have %q", target, g.Texts)
		}
	}
}

func TestTinyCountriesInspect(t *testing.T) {
	t.Setenv("PREMLP_CACHE", t.TempDir())
	status, stdout, stderr := premlp(t, "inspect", "tiny-countries")
	if status != 0 || !strings.Contains(stdout, "part of this program") {
		t.Errorf("have %d, stdout %q, stderr %q", status, stdout, stderr)
	}
	status, stdout, _ = premlp(t, "pull", "--list")
	if status != 0 || !strings.Contains(stdout, "part of this program") {
		t.Errorf("list: have %d, stdout %q", status, stdout)
	}
}

// The whole job works with the model in the program, and verify finds it.
func TestTinyCountriesCollect(t *testing.T) {
	t.Setenv("PREMLP_CACHE", t.TempDir())
	out := filepath.Join(t.TempDir(), "france")
	status, stdout, stderr := premlp(t, "collect", "--model", "tiny-countries", "--concept", "France",
		"--controls", "../../docs/examples/france-controls.txt", "-o", out)
	if status != 0 || !strings.Contains(stdout, "tiny-countries (LlamaForCausalLM), chat form") || !strings.Contains(stderr, "for findings take a real model") {
		t.Fatalf("collect: have %d, stdout %q, stderr %q", status, stdout, stderr)
	}
	status, stdout, stderr = premlp(t, "verify", out)
	if status != 0 || !strings.Contains(stdout, "3 questions computed again: 0 places differ") {
		t.Errorf("verify: have %d, stdout %q, stderr %q", status, stdout, stderr)
	}
}
