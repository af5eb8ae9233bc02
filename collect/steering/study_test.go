package steering

import (
	"context"
	"errors"
	"math"
	"reflect"
	"strings"
	"testing"
	"time"

	"premlp/collect"
	"premlp/collect/collecttest"
	"premlp/collect/facts"
	"premlp/model"
)

// fixed are vectors that do not come from a model.
type fixed struct{ zero bool }

func (f fixed) Difference(target string, p model.Point) ([]float64, error) {
	if f.zero {
		return make([]float64, collecttest.Dim), nil
	}
	return random(9, 1, collecttest.Dim, 3, target, p.String()), nil
}

func (f fixed) Pair(target, source string, p model.Point) ([]float64, error) {
	return random(9, 1, collecttest.Dim, 3, target, source, p.String()), nil
}

func (f fixed) Controls(target string, p model.Point) ([]float64, error) {
	return random(9, 2, collecttest.Dim, 1, target, p.String()), nil
}

// knownFacts makes a file of facts that the random model happens to know: words
// that are each the best of them behind its own question.
func knownFacts(t *testing.T, l *collect.Loaded, form collect.Job) *facts.File {
	t.Helper()
	words := strings.Fields("red green blue water stone bread music letter river summer winter city house table answer people old new small large")
	f := &facts.File{Answers: map[string]facts.Answer{"word": {Question: "What is the word of {concept}?", Prefix: "The word is"}}}
	concepts := []string{"France", "Germany", "Italy", "Spain", "Japan", "Kenya"}
	var scores [][]float64
	for _, c := range concepts {
		q, candidates, err := ask(l, form, &facts.File{Answers: f.Answers, Concepts: []facts.Concept{{Name: c, Facts: map[string]string{"word": words[0]}}}}, "word", After)
		if err != nil {
			t.Fatal(err)
		}
		candidates = candidates[:0]
		for _, w := range words {
			id, err := l.NextToken(form, "What is the word of "+c+"?", c, "The word is", w)
			if err != nil {
				t.Fatal(err)
			}
			candidates = append(candidates, id)
		}
		e := &engine{model: l.Model, threads: 1, budget: 4096}
		if err := e.run(t.Context(), []run{{prompt: &q[0].prompt, take: func(x []float32) { scores = append(scores, logProbs(x, candidates)) }}}, func(int) {}); err != nil {
			t.Fatal(err)
		}
		e.Close()
	}
	for a := range words {
		for b := range words {
			for i := range concepts {
				for j := range i {
					if scores[i][a] > scores[i][b] && scores[j][b] > scores[j][a] {
						for k, w := range map[int]string{i: words[a], j: words[b]} {
							f.Concepts = append(f.Concepts, facts.Concept{Name: concepts[k], Facts: map[string]string{"word": w}})
						}
						if concepts[i] != f.Concepts[0].Name { // maps have no order
							f.Concepts[0], f.Concepts[1] = f.Concepts[1], f.Concepts[0]
						}
						return f
					}
				}
			}
		}
	}
	t.Fatal("no words that the model knows")
	return nil
}

// tinyOptions test everything on the small model.
func tinyOptions(form collect.Job, f *facts.File) Options {
	o := Options{
		Form: form, Answer: "word", Targets: f.Names(), Kinds: Kinds, Alphas: []float64{1, 4}, Positions: After,
		Random: 2, Neutral: []string{"The river is old and the house is new."}, Seed: 3, Threads: 2,
	}
	for layer := range collecttest.Layers {
		o.Places = append(o.Places, Place{"resid_post", []int{layer}}, Place{"mlp_in", []int{layer}})
	}
	o.Places = append(o.Places, Place{"mlp_in", []int{0, 1, 2}})
	return o
}

func TestRun(t *testing.T) {
	l := open(t)
	form := collect.Job{Chat: l.Chat, Now: time.Unix(0, 0)}
	f := knownFacts(t, l, form)
	o := tinyOptions(form, f)
	calls := 0
	o.Progress = func(done, total int) {
		if calls++; done > total {
			t.Errorf("progress: %d of %d", done, total)
		}
	}
	r, err := Run(t.Context(), l, f, fixed{}, o)
	if err != nil {
		t.Fatal(err)
	}
	if len(r.Known) != 2 || len(r.Effects) != 7*7*2 || len(r.Summaries) != 7*7 || calls == 0 || r.Prompts == 0 {
		t.Fatalf("have %d known, %d effects, %d summaries, %d prompts", len(r.Known), len(r.Effects), len(r.Summaries), r.Prompts)
	}
	for _, e := range r.Effects {
		moved := e.Kind == Swap || e.Kind == AddPair
		if e.Questions != 1 || (e.Own == nil) != moved || (e.KL == nil) != moved || (e.Random == nil) != (e.Kind == Swap) {
			t.Errorf("%s at %s: have %+v", e.Kind, e.Place, e)
		}
		if e.KL != nil && !(*e.KL > -1e-6) {
			t.Errorf("%s at %s: KL %v", e.Kind, e.Place, *e.KL)
		}
		// Behind the last block nothing is left but the target's own prediction.
		if e.Kind == Swap && e.Place.String() == "resid_post.2" && (e.Flipped != 1 || e.Lost != 1) {
			t.Errorf("swap behind the last block: have %+v", e)
		}
	}
	// Batches and threads change no bit.
	o.Progress, o.BatchTokens, o.Threads = nil, 1, 1
	again, err := Run(t.Context(), l, f, fixed{}, o)
	if err != nil {
		t.Fatal(err)
	}
	if !reflect.DeepEqual(r.Effects, again.Effects) || !reflect.DeepEqual(r.Summaries, again.Summaries) {
		t.Error("other batches and threads: want the same effects")
	}
}

// TestRunRandomOf tries random directions beside the targets that are named alone.
func TestRunRandomOf(t *testing.T) {
	l := open(t)
	form := collect.Job{Chat: l.Chat, Now: time.Unix(0, 0)}
	f := knownFacts(t, l, form)
	o := tinyOptions(form, f)
	o.Kinds, o.Alphas, o.Places = []Kind{AddDifference}, []float64{1}, o.Places[:1]
	o.RandomOf = o.Targets[1:]
	r, err := Run(t.Context(), l, f, fixed{}, o)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range r.Effects {
		if named := e.Target == o.Targets[1]; (e.Random != nil) != named {
			t.Errorf("%s: have random directions %v", e.Target, e.Random)
		}
	}
	if s := r.Summaries[0]; s.RandomNet == nil || *s.RandomNet != r.Effects[1].Random.Net {
		t.Errorf("want the mean over targets that have one, have %+v", s)
	}
}

// TestRunUnknown: too few known answers are an error that can be told apart.
func TestRunUnknown(t *testing.T) {
	l := open(t)
	form := collect.Job{Chat: l.Chat, Now: time.Unix(0, 0)}
	f := knownFacts(t, l, form)
	for i := range f.Concepts { // each has the other's answer
		f.Concepts[i].Facts = map[string]string{"word": knownFacts(t, l, form).Concepts[1-i].Facts["word"]}
	}
	var unknown *UnknownError
	if _, err := Run(t.Context(), l, f, fixed{}, tinyOptions(form, f)); !errors.As(err, &unknown) || !strings.Contains(err.Error(), "whose word the model knows, have none") {
		t.Errorf("have %v", err)
	}
}

// TestRunAddsNothing: a strength of 0 changes nothing at all.
func TestRunAddsNothing(t *testing.T) {
	l := open(t)
	form := collect.Job{Now: time.Unix(0, 0)} // raw questions
	f := knownFacts(t, l, form)
	o := tinyOptions(form, f)
	o.Kinds, o.Alphas, o.Positions = []Kind{AddDifference, AddPair}, []float64{0}, Last
	r, err := Run(t.Context(), l, f, fixed{}, o)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range r.Effects {
		if e.ToTarget != 0 || e.Right != 0 || e.Kept != 1 || e.KL != nil && math.Abs(*e.KL) > 1e-6 {
			t.Errorf("%s at %s: have %+v", e.Kind, e.Place, e)
		}
	}
}

func TestRunRefuses(t *testing.T) {
	l := open(t)
	form := collect.Job{Chat: l.Chat, Now: time.Unix(0, 0)}
	f := knownFacts(t, l, form)
	for name, c := range map[string]struct {
		change func(o *Options)
		want   string
	}{
		"no target":      {func(o *Options) { o.Targets = nil }, "want at least one target"},
		"unknown target": {func(o *Options) { o.Targets = []string{"Peru"} }, `target "Peru": want one of the facts' concepts`},
		"target twice":   {func(o *Options) { o.Targets = append(o.Targets, o.Targets[0]) }, "want each once"},
		"no place":       {func(o *Options) { o.Places = nil }, "want at least one place"},
		"layers":         {func(o *Options) { o.Places = []Place{{"mlp_in", []int{2, 1}}} }, "want layers, ascending"},
		"no such layer":  {func(o *Options) { o.Places = []Place{{"mlp_in", []int{3}}} }, "want a layer from 0 to 2"},
		"no such site":   {func(o *Options) { o.Places = []Place{{"mlp", []int{1}}} }, "site mlp: LlamaForCausalLM has none"},
		"kind":           {func(o *Options) { o.Kinds = []Kind{"push"} }, `have "push"`},
		"no alpha":       {func(o *Options) { o.Alphas = nil }, "add: want at least one alpha"},
		"positions":      {func(o *Options) { o.Positions = "all" }, `have "all"`},
		"random":         {func(o *Options) { o.Random = -1 }, "have -1"},
		"answer":         {func(o *Options) { o.Answer = "capital" }, `want "capital", have none`},
		"neutral text":   {func(o *Options) { o.Neutral = []string{""} }, "want 2 to 96 tokens"},
	} {
		o := tinyOptions(form, f)
		c.change(&o)
		if _, err := Run(t.Context(), l, f, fixed{}, o); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: want %q, have %v", name, c.want, err)
		}
	}
	ctx, cancel := context.WithCancel(t.Context())
	o := tinyOptions(form, f)
	o.Progress = func(int, int) { cancel() }
	if _, err := Run(ctx, l, f, fixed{}, o); !errors.Is(err, context.Canceled) {
		t.Errorf("cancelled on its way: have %v", err)
	}
	if _, err := Run(t.Context(), l, f, fixed{zero: true}, tinyOptions(form, f)); err == nil || !strings.Contains(err.Error(), "want a vector of some length") {
		t.Errorf("a zero direction: have %v", err)
	}
}
