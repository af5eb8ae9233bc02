package related

import (
	"context"
	"fmt"
	"math"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"premlp/collect"
	"premlp/collect/collecttest"
	"premlp/model"
)

func openTiny(t *testing.T) *collect.Loaded {
	t.Helper()
	l, err := collect.OpenModel(collecttest.Model(t, 7))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	return l
}

// ids are the tokens of a text.
func ids(t *testing.T, l *collect.Loaded, text string) []int32 {
	t.Helper()
	list, err := l.RawPrompt(text)
	if err != nil {
		t.Fatal(err)
	}
	return list
}

// fresh computes the logits behind a text with nothing kept.
func fresh(t *testing.T, s *model.Session, text []int32) []float32 {
	t.Helper()
	var logits []float32
	if err := s.Run(context.Background(), model.Pack([][]int32{text}, [][]int32{{int32(len(text) - 1)}}), func(_ model.Point, r model.Rows) error {
		logits = slices.Clone(r.Data)
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	return logits
}

// The logits behind a text do not depend on what was computed before it.
func TestEngineIsExact(t *testing.T) {
	l := openTiny(t)
	prompt := ids(t, l, "A list of countries:\n1. France")
	e, err := newEngine(l.Model, prompt, 3, 12, LocalOptions{Threads: 1})
	if err != nil {
		t.Fatal(err)
	}
	defer e.Close()
	for round, texts := range []map[int][]int32{
		{0: {5, 6}, 1: {5}, 2: {9, 9, 9}},
		{0: {5, 6, 7}, 2: {9, 8}},
		{0: {5, 6, 7}, 1: {6, 5, 7, 8}},
		{0: {5}, 2: {9, 8, 3, 2, 1}},
	} {
		have := map[int][]float32{}
		if err := e.next(context.Background(), texts, func(logits map[int][]float32) error {
			for place, row := range logits {
				have[place] = slices.Clone(row)
			}
			return nil
		}); err != nil {
			t.Fatal(err)
		}
		for place, text := range texts {
			want := fresh(t, e.session, slices.Concat(prompt, text))
			if !slices.Equal(have[place], want) {
				t.Errorf("round %d, place %d: want the logits of the text alone, have others", round, place)
			}
		}
	}
	if err := e.next(context.Background(), map[int][]int32{0: make([]int32, 13)}, nil); err == nil {
		t.Error("a text that is too long: want an error")
	}
}

// A list does not depend on those beside it, nor on how it is gone on with, and
// no item is there twice.
func TestListsAreTheirOwn(t *testing.T) {
	l := openTiny(t)
	prompt := ids(t, l, "1. France")
	draw := func(n, threads int, lengths ...int) []*list {
		e, err := newEngine(l.Model, prompt, 4, 60, LocalOptions{Threads: threads})
		if err != nil {
			t.Fatal(err)
		}
		defer e.Close()
		r := Request{Concept: "France", N: 6, Settings: Settings{}.withDefaults(n)}
		names := r.names()
		names.minEnd = 0 // a random model ends nothing on purpose
		ls := newLister(e, l.Tokenizer, names, r.Settings, l.Model.EndIDs())
		lists, err := ls.begin(n, 3)
		if err != nil {
			t.Fatal(err)
		}
		for _, n := range lengths {
			if err := ls.extend(context.Background(), lists, 0, n, func() {}); err != nil {
				t.Fatal(err)
			}
		}
		return lists
	}
	all := draw(4, 2, 6)
	items := 0
	for i, s := range all {
		seen := map[string]bool{}
		for _, it := range s.items {
			if k := key(it.name); seen[k] || k == "" || k == "france" {
				t.Errorf("list %d: want new names, have %q", i, it.name)
			}
			seen[key(it.name)] = true
			items++
		}
	}
	if items < 8 {
		t.Fatalf("want some items, have %d", items)
	}
	for i, s := range draw(2, 1, 6) {
		if !slices.Equal(s.items, all[i].items) {
			t.Errorf("list %d beside one other: want %v, have %v", i, all[i].items, s.items)
		}
	}
	for i, s := range draw(4, 1, 1, 3, 6) {
		if !slices.Equal(s.items, all[i].items) {
			t.Errorf("list %d step by step: want %v, have %v", i, all[i].items, s.items)
		}
	}
}

// Scores of names that share a beginning are those of each alone.
func TestScorerIsExact(t *testing.T) {
	l := openTiny(t)
	e, err := newEngine(l.Model, []int32{0}, 1, 1, LocalOptions{Threads: 1})
	if err != nil {
		t.Fatal(err)
	}
	defer e.Close()
	s := newScorer(l, e.session)
	head := ids(t, l, "This is a country called")
	var texts [][]int32
	var want []float64
	for i := range 40 { // more than one batch
		text := ids(t, l, fmt.Sprintf("This is a country called %s", strings.Repeat("Peru Chile ", i%5)+"Mali"))
		var sum float64
		for at := len(head); at < len(text); at++ {
			p, err := model.LogProb(fresh(t, e.session, text[:at]), text[at])
			if err != nil {
				t.Fatal(err)
			}
			sum += p
		}
		texts, want = append(texts, text), append(want, sum)
	}
	have, err := s.behind(context.Background(), head, texts)
	if err != nil {
		t.Fatal(err)
	}
	for i := range want {
		if math.Abs(have[i]-want[i]) > 1e-9 {
			t.Errorf("text %d: want %v, have %v", i, want[i], have[i])
		}
	}
}

func TestRequestCheck(t *testing.T) {
	for name, change := range map[string]func(*Request){
		"no concept":  func(r *Request) { r.Concept = "" },
		"space":       func(r *Request) { r.Concept = " France" },
		"two lines":   func(r *Request) { r.Concept = "a\nb" },
		"alias":       func(r *Request) { r.Aliases = []string{"-"} },
		"none wanted": func(r *Request) { r.N = 0 },
		"too many":    func(r *Request) { r.N = 100000 },
		"lists":       func(r *Request) { r.Settings.Lists = 1000 },
		"temperature": func(r *Request) { r.Settings.Temperature = math.NaN() },
		"top-k":       func(r *Request) { r.Settings.TopK = -1 },
	} {
		r := Request{Concept: "France", N: 20}
		if err := r.Check(); err != nil {
			t.Fatal(err)
		}
		change(&r)
		if _, err := AskModel(context.Background(), nil, r, LocalOptions{}); err == nil {
			t.Errorf("%s: want an error", name)
		}
	}
}

func TestReadFile(t *testing.T) {
	path := t.TempDir() + "/countries.txt"
	write := func(text string) {
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	write("Spain\n# near\nUnited States\nUSA\nItaly\nPeru\n")
	r, err := ReadFile(path, countries(t))
	if err != nil {
		t.Fatal(err)
	}
	if have := strings.Join(r.Concepts, "|"); have != "Spain|United States|Italy" || r.Source.Name != "countries.txt" {
		t.Errorf("want Spain, United States and Italy, have %s", have)
	}
	write("Spain\nMetropolitan France\n")
	if _, err := ReadFile(path, countries(t)); err == nil || !strings.Contains(err.Error(), `"Metropolitan France" cannot be a related concept`) {
		t.Errorf("want Metropolitan France refused, have %v", err)
	}
}

func TestDecode(t *testing.T) {
	path := t.TempDir() + "/countries.txt"
	if err := os.WriteFile(path, []byte("Spain\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	r, err := ReadFile(path, countries(t))
	if err != nil {
		t.Fatal(err)
	}
	data, err := r.Encode()
	if err != nil {
		t.Fatal(err)
	}
	if _, err := Decode(data); err != nil {
		t.Fatal(err)
	}
	for name, text := range map[string]string{
		"cut":     string(data[:len(data)-3]),
		"key":     strings.Replace(string(data), `"source"`, `"sauce"`, 1),
		"version": strings.Replace(string(data), `"version": 1`, `"version": 2`, 1),
		"spaces":  string(data) + "\n",
		"bytes":   strings.Replace(string(data), "Spain", "\xff", 1),
	} {
		if _, err := Decode([]byte(text)); err == nil {
			t.Errorf("%s: want an error", name)
		}
	}
}

func FuzzDecode(f *testing.F) {
	f.Add([]byte(`{"format": "premlp-related", "version": 1}`))
	f.Add([]byte("{}"))
	f.Fuzz(func(t *testing.T, data []byte) {
		r, err := Decode(data)
		if err != nil {
			return
		}
		if again, err := r.Encode(); err != nil || string(again) != string(data) {
			t.Fatalf("%q: want the same bytes, have %q, %v", data, again, err)
		}
	})
}

// What SmolLM2-135M-Instruct answers for France. Each name was looked at: all
// are countries. The bits, and so the list, are the same under every kernel.
func TestSmolLM2(t *testing.T) {
	path := os.Getenv("PREMLP_TEST_SMOLLM2")
	if path == "" {
		t.Skip("PREMLP_TEST_SMOLLM2 is not set: want the path of the real model")
	}
	l, err := collect.OpenModel(path)
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	r := Request{Concept: "France", Aliases: []string{}, N: 20}
	result, err := AskModel(context.Background(), l, r, LocalOptions{Now: time.Now()})
	if err != nil {
		t.Fatal(err)
	}
	if result.Request.Category.Plural != "countries" || result.Chosen == nil || *result.Membership < 2 {
		t.Errorf("want the model to choose countries, have %v, %v", result.Request.Category, result.Chosen)
	}
	if have := strings.Join(result.Concepts, ", "); have != smolFrance {
		t.Errorf("want %s\nhave %s", smolFrance, have)
	}
}

const smolFrance = "Portugal, Spain, Hungary, Austria, Italy, Poland, Croatia, Slovenia, Czech Republic, Switzerland, Germany, Norway, Iceland, Denmark, Sweden, Russia, Cyprus, Luxembourg, Ukraine, Bulgaria"
