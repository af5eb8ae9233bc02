package collect

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"premlp/collect/collecttest"
	"premlp/collect/dataset"
)

// reproduced makes a dataset again and compares the two.
func reproduced(t *testing.T, l *Loaded, dir string, o Options) *Difference {
	t.Helper()
	r := opened(t, dir)
	o.Dir = filepath.Join(t.TempDir(), "again")
	p, err := PrepareAgain(t.Context(), r, l, o)
	if err != nil {
		t.Fatal(err)
	}
	defer p.Close()
	if _, err := p.Run(t.Context(), nil, nil); err != nil {
		t.Fatal(err)
	}
	d, err := Compare(t.Context(), r, opened(t, o.Dir), nil)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

// opened opens a dataset for the length of a test.
func opened(t *testing.T, dir string) *dataset.Reader {
	t.Helper()
	r, err := dataset.Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { r.Close() })
	return r
}

// TestReproduce: the manifest, the questions and related.json make the same bytes
// again, whatever was asked and however it is computed.
func TestReproduce(t *testing.T) {
	l := tiny(t)
	system := "France is a country."
	own := Job{Chat: l.Chat, Questions: []OwnQuestion{
		{Text: "Where is France today?", Concept: "France", Set: "target", Type: "place", Answers: []string{"Europe"}},
		{Text: "Where is the land of the Rhine?", Concept: "Germany", Located: "the land of the Rhine", Set: "control"},
	}}
	raw, withSystem, formed := tinyJob(l), tinyJob(l), tinyJob(l)
	raw.Chat, raw.Templates = nil, rawTemplates()
	withSystem.System = &system
	formed.Templates = []Template{{Text: "Where is {the concept}?", Origin: OriginGenerated}}
	formed.Forms = map[string]Forms{}
	for _, c := range append([]string{formed.Target}, formed.Controls...) {
		formed.Forms[c] = Forms{WithArticle: "the " + c, Aliases: []string{"other " + c}}
	}
	formed.Answers = map[string]map[string][]string{formed.Templates[0].Text: {"France": {"Europe"}}}
	for name, c := range map[string]struct {
		job    Job
		change func(*Options)
	}{
		"chat":   {tinyJob(l), nil},
		"raw":    {raw, nil},
		"system": {withSystem, nil},
		"own":    {own, nil},
		"forms":  {formed, nil},
		"part":   {tinyJob(l), func(o *Options) { o.Layers, o.Sites, o.DType = []int{0, 2}, o.Sites[2:4], dataset.BF16 }},
		"seed, shards and related": {tinyJob(l), func(o *Options) {
			o.Seed, o.ShardBytes, o.Related = 1<<60+1, 20_000, []byte("{}\n")
		}},
	} {
		t.Run(name, func(t *testing.T) {
			dir := made(t, l, c.job, c.change)
			for _, o := range []Options{{Threads: 1, BatchTokens: 60}, {Threads: 2}} {
				if d := reproduced(t, l, dir, o); !d.Same || d.First != nil || len(d.Manifest) > 0 || d.Questions.First != "" {
					t.Errorf("%+v: have %+v", o, d)
				}
			}
		})
	}
}

// A template that shows the time of day sees midnight, so that the manifest's day
// is enough to make the prompts again.
func TestReproduceTheDay(t *testing.T) {
	for _, template := range []string{"%H:%M %d %b %Y", "%H:%M:%S %Z"} {
		l, err := OpenModel(edited(t, map[string]string{"tokenizer_config.json": string(asConfig(t, map[string]string{
			"chat_template": `{{ strftime_now("` + template + `") }} {{ messages[0].content }} answer`})), "chat_template.jinja": ""}))
		if err != nil {
			t.Fatal(err)
		}
		defer l.Close()
		j := tinyJob(l)
		j.Now = time.Date(2026, 3, 4, 15, 16, 17, 0, time.FixedZone("east", 9*3600))
		if d := reproduced(t, l, made(t, l, j, nil), Options{}); !d.Same {
			t.Errorf("%s: have %+v", template, d)
		}
	}
}

func asConfig(t *testing.T, v any) []byte {
	t.Helper()
	data, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return data
}

// TestReproduceRefuses: another model, config or arithmetic is told before
// anything runs.
func TestReproduceRefuses(t *testing.T) {
	l := tiny(t)
	dir := made(t, l, tinyJob(l), nil)
	config, err := os.ReadFile(filepath.Join(l.Model.Path(), "config.json"))
	if err != nil {
		t.Fatal(err)
	}
	weights, err := OpenModel(collecttest.Model(t, 2))
	if err != nil {
		t.Fatal(err)
	}
	defer weights.Close()
	other, err := OpenModel(edited(t, map[string]string{"config.json": strings.Replace(string(config), "0.00001", "0.00002", 1)}))
	if err != nil {
		t.Fatal(err)
	}
	defer other.Close()
	for want, l := range map[string]*Loaded{"model: want the weights of digest": weights, "config.json: want digest": other} {
		if _, err := PrepareAgain(t.Context(), opened(t, dir), l, Options{Dir: t.TempDir() + "/x"}); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("want %q, have %v", want, err)
		}
		if _, err := Verify(t.Context(), dir, VerifyOptions{Model: l, Sample: 1}); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("verify: want %q, have %v", want, err)
		}
	}
	o := everything(t, l)
	p := prepare(t, l, tinyJob(l), o)
	p.Manifest.Arithmetic = "abc-1"
	if _, err := p.Run(t.Context(), nil, nil); err != nil {
		t.Fatal(err)
	}
	if _, err := PrepareAgain(t.Context(), opened(t, o.Dir), l, Options{Dir: t.TempDir() + "/x"}); err == nil || !strings.Contains(err.Error(), "cannot be compared") {
		t.Errorf("arithmetic: have %v", err)
	}
}

// TestReproduceOlder: a dataset made before manifests stated config.json's digest
// is made again without it.
func TestReproduceOlder(t *testing.T) {
	l := tiny(t)
	o := everything(t, l)
	p := prepare(t, l, tinyJob(l), o)
	p.Manifest.Model.ConfigDigest = ""
	if _, err := p.Run(t.Context(), nil, nil); err != nil {
		t.Fatal(err)
	}
	manifest, err := os.ReadFile(filepath.Join(o.Dir, "manifest.json"))
	if err != nil || bytes.Contains(manifest, []byte("config_digest")) {
		t.Fatalf("have %s, %v", manifest, err)
	}
	if d := reproduced(t, l, o.Dir, Options{}); !d.Same {
		t.Errorf("have %+v", d)
	}
}
