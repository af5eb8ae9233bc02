package study

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"image/png"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"premlp/collect"
	"premlp/collect/facts"
	"premlp/collect/steering"
	"premlp/model"
	"premlp/weights/catalogue"
)

// watch notes the stages of a study, and may do something at a stage's first count.
type watch struct {
	stages []string
	at     func(stage string)
}

type watchedStage struct {
	w    *watch
	name string
}

func (w *watch) Notef(string, ...any) {}
func (w *watch) Stage(name, _ string) Stage {
	w.stages = append(w.stages, name)
	return watchedStage{w, name}
}
func (s watchedStage) Close() {}
func (s watchedStage) Set(int64, int64) {
	if s.w.at != nil {
		s.w.at(s.name)
	}
}

// fewFacts are some of the study's own facts: five countries, six templates.
func fewFacts(t *testing.T) *facts.File {
	t.Helper()
	f, err := Countries24Facts()
	if err != nil {
		t.Fatal(err)
	}
	var concepts []facts.Concept
	for _, name := range []string{"France", "Japan", "Egypt", "Kenya", "Italy"} {
		i := slices.Index(f.Names(), name)
		concepts = append(concepts, f.Concepts[i])
	}
	f.Concepts, f.Templates, f.Folds = concepts, f.Templates[:6], []int{0, 1, 0, 1, 2, 2}
	f.Descriptions = map[string]string{"landmark": f.Descriptions["landmark"]}
	return f
}

// tinyModel opens the model in the program.
func tinyModel(t *testing.T) *collect.Loaded {
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
	return l
}

func options(dir string, w *watch) Options {
	return Options{Dir: dir, Threads: 2, Seed: 3, Now: time.Date(2026, 1, 2, 0, 0, 0, 0, time.UTC), Watch: w}
}

// figures is a result's JSON without what is not determined.
func figures(t *testing.T, r *Countries24Result) string {
	t.Helper()
	c := *r
	c.Files, c.Seconds = nil, 0
	data, err := json.Marshal(&c)
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}

// TestCountries24 runs a small form of the study: stopped in the middle and gone on
// with, and in one piece with another number of threads.
func TestCountries24(t *testing.T) {
	l, f := tinyModel(t), fewFacts(t)
	dir := filepath.Join(t.TempDir(), "stopped")
	ctx, cancel := context.WithCancel(t.Context())
	_, err := Countries24(ctx, l, f, options(dir, &watch{at: func(stage string) {
		if stage == "steering from layer 5" {
			cancel()
		}
	}}))
	if !errors.Is(err, context.Canceled) || !strings.Contains(err.Error(), "steer-05") {
		t.Fatalf("stopped: have %v", err)
	}
	again := &watch{}
	r, err := Countries24(t.Context(), l, f, options(dir, again))
	if err != nil {
		t.Fatal(err)
	}
	for _, made := range []string{"directions", "places", "steering from layer 0", "described by landmark"} {
		if slices.Contains(again.stages, made) {
			t.Errorf("gone on: want %q from what is there, have it made again", made)
		}
	}
	checkResult(t, r, f)
	checkFiles(t, r)
	if testing.Short() {
		return
	}
	o := options(filepath.Join(t.TempDir(), "whole"), &watch{})
	o.Threads = 1
	whole, err := Countries24(t.Context(), l, f, o)
	if err != nil {
		t.Fatal(err)
	}
	if figures(t, r) != figures(t, whole) {
		t.Error("stopped and whole: want the same figures, have others")
	}
	o.Seed = 4
	if other, err := Countries24(t.Context(), l, f, o); err != nil || figures(t, other) == figures(t, whole) {
		t.Errorf("another seed: want other nulls, have the same, %v", err)
	}
}

// checkResult holds a result's parts against each other and against what is known of
// the model: it was trained on these facts.
func checkResult(t *testing.T, r *Countries24Result, f *facts.File) {
	t.Helper()
	layers, concepts := r.LayerCount, len(f.Concepts)
	if r.Questions != concepts*len(f.Templates) || len(r.Readouts.Layers) != 2*layers || len(r.Described) != 1 || len(r.Described[0].Layers) != 2*layers {
		t.Errorf("have %d questions, %d readouts, %d descriptions", r.Questions, len(r.Readouts.Layers), len(r.Described))
	}
	for _, x := range r.Readouts.Layers {
		if x.Mean.Target != x.Mean.Targets.First || len(x.Mean.Targets.All) != concepts || len(x.LDA.Targets.All) != concepts {
			t.Errorf("%s.%d: want the first concept's figure in the band, have %v and %v", x.Site, x.Layer, x.Mean.Target, x.Mean.Targets)
		}
	}
	c := r.Causal
	if len(c.Known) != concepts || c.Prefix != "The capital is" || len(c.Grid.Summaries) != 2*layers || len(c.Grid.Effects) != 2*layers*4 {
		t.Errorf("have %d known, %d summaries, %d effects", len(c.Known), len(c.Grid.Summaries), len(c.Grid.Effects))
	}
	for _, s := range c.Grid.Summaries {
		if s.RandomNet == nil || s.KL == nil {
			t.Errorf("%s: want nulls and KL beside every edit, have %+v", s.Place, s)
		}
	}
	if most := c.gridAt(residual, c.Onset); most.Net < 0.1 {
		t.Errorf("onset at %d: want an effect that one can see, have %v", c.Onset, most.Net)
	}
	for _, a := range c.Ablation {
		if a.Targets != concepts || a.Others != concepts*(concepts-1) || a.RandomOthers != 4*(concepts-1) {
			t.Errorf("%s: have %+v", a.Place, a)
		}
	}
	if len(c.doses(1)) != 3*(1+len(c.Layers)) {
		t.Errorf("strengths: want 3 at each of %d places, have %d", 1+len(c.Layers), len(c.doses(1)))
	}
}

// checkFiles looks into what was written.
func checkFiles(t *testing.T, r *Countries24Result) {
	t.Helper()
	for _, path := range r.Files {
		data, err := os.ReadFile(path)
		if err != nil {
			t.Error(err)
			continue
		}
		switch filepath.Base(path) {
		case "headline.png":
			if p, err := png.Decode(bytes.NewReader(data)); err != nil || p.Bounds().Dx() < 1000 {
				t.Errorf("%s: have %v", path, err)
			}
		case "headline.svg":
			for _, want := range []string{"AUROC of questions", "described by landmark:", "residual stream", "im_end"} {
				if !bytes.Contains(data, []byte(want)) {
					t.Errorf("%s: want %q", path, want)
				}
			}
		case "result.json":
			var read Countries24Result
			if err := json.Unmarshal(data, &read); err != nil || figures(t, &read) != figures(t, r) {
				t.Errorf("%s: want the result again, have %v", path, err)
			}
		case "tables.md":
			for _, want := range []string{"## Named questions, `resid_post`", "| bag of the prompt |", "## Ablation", "| ablate-mean | - | mlp_in.0-5 |"} {
				if !bytes.Contains(data, []byte(want)) {
					t.Errorf("%s: want %q", path, want)
				}
			}
		}
	}
	var b strings.Builder
	r.Print(&b)
	for _, want := range []string{"5 concepts × 6 templates = 30 questions, chat form", "Known: the capital of 5 of 5", "Not shown:", "wrote "} {
		if !strings.Contains(b.String(), want) {
			t.Errorf("summary: want %q in %s", want, b.String())
		}
	}
}

// TestCountries24Unknown: a model that does not know the answers has no causal tests,
// and all else.
func TestCountries24Unknown(t *testing.T) {
	l, f := tinyModel(t), fewFacts(t)
	names := f.Names()
	for i, c := range fewFacts(t).Concepts { // each has the next one's capital
		f.Concepts[(i+1)%len(names)].Facts = c.Facts
	}
	dir := t.TempDir()
	r, err := Countries24(t.Context(), l, f, options(dir, &watch{}))
	if err != nil {
		t.Fatal(err)
	}
	if r.Causal != nil || !strings.Contains(r.Untested, "whose capital the model knows, have none") {
		t.Errorf("have %+v, %q", r.Causal, r.Untested)
	}
	var b strings.Builder
	r.Print(&b)
	if !strings.Contains(b.String(), "Act: not tested: ") {
		t.Errorf("have %s", b.String())
	}
	if _, err := os.Stat(filepath.Join(dir, "headline.png")); err != nil {
		t.Error(err)
	}
}

func TestCountries24Refuses(t *testing.T) {
	good := fewFacts(t)
	change := func(f func(*facts.File)) *facts.File {
		c := *good
		f(&c)
		return &c
	}
	dir := t.TempDir()
	for want, c := range map[string]struct {
		f *facts.File
		o Options
	}{
		"want a folder":                   {good, Options{Threads: 1, Seed: 1, Watch: &watch{}}},
		"threads: want 1 or more, have 0": {good, Options{Dir: dir, Seed: 1, Watch: &watch{}}},
		"seed: want 1 or more":            {good, Options{Dir: dir, Threads: 1, Watch: &watch{}}},
		"want something that watches":     {good, Options{Dir: dir, Threads: 1, Seed: 1}},
		"want at least 3 concepts":        {change(func(f *facts.File) { f.Concepts = f.Concepts[:2] }), options(dir, &watch{})},
		"at least 2 folds, have 6":        {change(func(f *facts.File) { f.Folds = nil }), options(dir, &watch{})},
		`want "capital", have none`:       {change(func(f *facts.File) { f.Answers = nil }), options(dir, &watch{})},
	} {
		if _, err := Countries24(t.Context(), nil, c.f, c.o); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("want %q, have %v", want, err)
		}
	}
	if entries, err := os.ReadDir(dir); err != nil || len(entries) > 0 {
		t.Errorf("want nothing written, have %v, %v", entries, err)
	}
}

func TestOnset(t *testing.T) {
	var list []steering.Summary
	for layer, net := range []float64{0.1, -3, 0.2, 1.6, 2, 0.4, 3} {
		list = append(list, steering.Summary{Place: at(mlpIn, layer), Net: 9}, steering.Summary{Place: at(residual, layer), Net: net})
	}
	if have := onset(list); have != 3 {
		t.Errorf("want 3, have %d", have)
	}
	if have := onset([]steering.Summary{{Place: at(model.Site("x"), 4), Net: 1}}); have != 0 {
		t.Errorf("want 0, have %d", have)
	}
}

func TestChooseTargets(t *testing.T) {
	if have := chooseTargets([]string{"Kenya", "Spain", "France"}); !slices.Equal(have, []string{"France", "Kenya"}) {
		t.Errorf("have %q", have)
	}
	if have := chooseTargets([]string{"a", "b"}); !slices.Equal(have, []string{"a", "b"}) {
		t.Errorf("have %q", have)
	}
}

func TestAblations(t *testing.T) {
	kept, lost, own := true, false, -2.0
	c := Causal{AllTargets: Tests{Effects: []steering.Effect{
		{Kind: steering.AddDifference, Place: at(residual, 1), Kept: 9},
		{Kind: steering.AblateMean, Place: at(residual, 1), Questions: 4, Kept: 3, Own: &own, OwnKept: &lost, Random: &steering.Null{Lost: 1}},
		{Kind: steering.AblateMean, Place: at(residual, 1), Questions: 4, Kept: 4, Own: &own, OwnKept: &kept},
		{Kind: steering.AblateMean, Place: at(residual, 2), Questions: 4, Kept: 2, Own: &own, OwnKept: &lost},
	}}}
	want := []Ablation{{"resid_post.1", 2, 1, 7, 8, -2, 1, 4}, {"resid_post.2", 1, 1, 2, 4, -2, 0, 0}}
	if have := c.ablations(); !slices.Equal(have, want) {
		t.Errorf("want %+v, have %+v", want, have)
	}
}

func TestQuantile(t *testing.T) {
	v := []float64{4, 1, 3, 2}
	for q, want := range map[float64]float64{0: 1, 0.5: 2.5, 1: 4, 0.25: 1.75} {
		if have := quantile(v, q); math.Abs(have-want) > 1e-12 {
			t.Errorf("%v: want %v, have %v", q, want, have)
		}
	}
	low, high := bootstrap([]float64{1, 1, 1}, 5)
	if low != 1 || high != 1 {
		t.Errorf("want 1 and 1, have %v and %v", low, high)
	}
	if low, high = bootstrap(v, 5); !(low < 2.5 && high > 2.5 && low >= 1 && high <= 4) {
		t.Errorf("have %v and %v", low, high)
	}
}
