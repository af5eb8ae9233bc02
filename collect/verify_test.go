package collect

import (
	"bytes"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"premlp/collect/collecttest"
	"premlp/collect/dataset"
)

// made makes a dataset with the small model.
func made(t *testing.T, l *Loaded, j Job, change func(*Options)) string {
	t.Helper()
	o := everything(t, l)
	if change != nil {
		change(&o)
	}
	if _, err := prepare(t, l, j, o).Run(t.Context(), nil, nil); err != nil {
		t.Fatal(err)
	}
	return o.Dir
}

// Datasets of every form verify, with all their rows computed again.
func TestVerify(t *testing.T) {
	l := tiny(t)
	system := "France is a country."
	own := Job{Chat: l.Chat, Questions: []OwnQuestion{
		{Text: "Where is France today?", Concept: "France", Set: "target", Type: "place"},
		{Text: "Where is Niger, not Nigeria?", Concept: "Niger", Set: "control"},
	}}
	raw, withSystem := tinyJob(l), tinyJob(l)
	raw.Chat, raw.Templates = nil, rawTemplates()
	withSystem.System = &system
	for name, c := range map[string]struct {
		job    Job
		change func(*Options)
	}{
		"chat":   {tinyJob(l), nil},
		"raw":    {raw, nil},
		"system": {withSystem, nil},
		"own":    {own, nil},
		"bf16":   {tinyJob(l), func(o *Options) { o.DType = dataset.BF16 }},
		"f16":    {tinyJob(l), func(o *Options) { o.DType = dataset.F16 }},
		"part":   {tinyJob(l), func(o *Options) { o.Layers, o.Sites = []int{0, 2}, o.Sites[2:3] }},
	} {
		t.Run(name, func(t *testing.T) {
			dir := made(t, l, c.job, c.change)
			read := 0
			v, err := Verify(t.Context(), dir, VerifyOptions{Model: l, Sample: 1000, Progress: func(done, _ int) { read = done }})
			if err != nil || !v.OK || len(v.Recomputed) != v.Questions || len(v.Different) != 0 || read != v.Questions || v.Digest == "" {
				t.Errorf("have %+v, %v", v, err)
			}
			if fatal := findingsOf(v.Findings, true); len(fatal) != 0 {
				t.Errorf("want no fatal finding, have %v", fatal)
			}
		})
	}
}

// Values and statistics that the model would not give are found, in each dtype.
func TestVerifyFindsOtherBits(t *testing.T) {
	l := tiny(t)
	for _, dtype := range []dataset.DType{dataset.F32, dataset.BF16, dataset.F16} {
		for _, stats := range []bool{false, true} {
			o := everything(t, l)
			o.DType = dtype
			p := prepare(t, l, tinyJob(l), o)
			// From the third question on one number is off: whole frames, right checksums.
			p.options.BatchTokens = 1
			p.runners[0] = &stopping{runner: p.session, left: 2, spoil: 0.25, stats: stats}
			if _, err := p.Run(t.Context(), nil, nil); err != nil {
				t.Fatal(err)
			}
			v, err := Verify(t.Context(), o.Dir, VerifyOptions{Model: l, Sample: 20})
			if err != nil {
				t.Fatal(err)
			}
			if v.OK || !slices.Contains(v.Different, "q00003, mlp_in.1") || slices.Contains(v.Different, "q00002, mlp_in.1") {
				t.Errorf("%s, statistics %v: want q00003 different and q00002 not, have %v", dtype, stats, v.Different)
			}
			if v, err = Verify(t.Context(), o.Dir, VerifyOptions{}); err != nil || !v.OK || len(v.Recomputed) != 0 {
				t.Errorf("%s: without a model: want what is stored checked alone, have %+v, %v", dtype, v, err)
			}
		}
	}
}

// Questions that do not follow from the manifest are found although every
// checksum is right.
func TestVerifyFindsOtherQuestions(t *testing.T) {
	l := tiny(t)
	for _, c := range []struct {
		name   string
		change func(p *Plan)
		want   string
	}{
		{"another type", func(p *Plan) { changeQuestions(t, p, func(q []dataset.Question) { q[4].Type = "other" }) }, "question q00005: type is not what"},
		{"another template in the manifest", func(p *Plan) { p.Manifest.Templates[1].Text = "Who rules {concept}?" }, "question q00002: template is not what"},
		{"a control left out of the manifest", func(p *Plan) { p.Manifest.Controls = p.Manifest.Controls[:2] }, "want the manifest's 15 questions, have 20"},
		{"another system message", func(p *Plan) { s := "x"; p.Manifest.Chat.System = &s }, "question q00001: prompt is not what"},
	} {
		t.Run(c.name, func(t *testing.T) {
			o := everything(t, l)
			p := prepare(t, l, tinyJob(l), o)
			c.change(p)
			if _, err := p.Run(t.Context(), nil, nil); err != nil {
				t.Fatal(err)
			}
			v, err := Verify(t.Context(), o.Dir, VerifyOptions{Model: l, Sample: 1})
			if err != nil {
				t.Fatal(err)
			}
			if v.OK || !slices.ContainsFunc(v.Findings, func(f Finding) bool { return f.Fatal && strings.Contains(f.String(), c.want) }) {
				t.Errorf("want %q, have %v", c.want, v.Findings)
			}
		})
	}
}

// changeQuestions makes a plan write other questions than its job's.
func changeQuestions(t *testing.T, p *Plan, change func([]dataset.Question)) {
	t.Helper()
	q, err := dataset.Collect(p.builder.source)
	if err != nil {
		t.Fatal(err)
	}
	change(q)
	if p.questions, err = dataset.NewList(dataset.Slice(q)); err != nil {
		t.Fatal(err)
	}
}

// What cannot be compared is refused, not passed over.
func TestVerifyRefuses(t *testing.T) {
	l := tiny(t)
	other, err := OpenModel(collecttest.Model(t, 2))
	if err != nil {
		t.Fatal(err)
	}
	defer other.Close()
	for _, c := range []struct {
		name   string
		change func(p *Plan)
		model  *Loaded
		want   string
	}{
		{"other weights", func(*Plan) {}, other, "model: want the weights of digest"},
		{"other tokenizer", func(p *Plan) { p.Manifest.Tokenizer.Digest = "00" }, l, "tokenizer: want digest 00"},
		{"other chat template", func(p *Plan) { p.Manifest.Chat.TemplateDigest = "00" }, l, "chat template: want digest 00"},
		{"other arithmetic", func(p *Plan) { p.Manifest.Arithmetic = "x87" }, l, "their bits cannot be compared"},
	} {
		t.Run(c.name, func(t *testing.T) {
			o := everything(t, l)
			p := prepare(t, l, tinyJob(l), o)
			c.change(p)
			if _, err := p.Run(t.Context(), nil, nil); err != nil {
				t.Fatal(err)
			}
			if _, err := Verify(t.Context(), o.Dir, VerifyOptions{Model: c.model, Sample: 1}); err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("want %q, have %v", c.want, err)
			}
		})
	}
	if _, err := Verify(t.Context(), filepath.Join(t.TempDir(), "none"), VerifyOptions{}); err == nil {
		t.Error("no dataset: want an error")
	}
}

func TestVerifyFindsDamage(t *testing.T) {
	l := tiny(t)
	dir := made(t, l, tinyJob(l), nil)
	path := filepath.Join(dir, "rows-00000.msgpack")
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	damaged := bytes.Clone(data)
	damaged[len(data)/2] ^= 4
	if err := os.WriteFile(path, damaged, 0o644); err != nil {
		t.Fatal(err)
	}
	v, err := Verify(t.Context(), dir, VerifyOptions{Model: l, Sample: 1})
	if err != nil || v.OK || len(v.Findings) != 1 || v.Findings[0].Check != "bytes" || !strings.Contains(v.Findings[0].Message, "rows-00000.msgpack") {
		t.Errorf("have %+v, %v", v, err)
	}
}

func TestSample(t *testing.T) {
	a, b := sample(100, 5, 1), sample(100, 5, 2)
	if len(a) != 5 || !slices.IsSorted(a) || slices.Equal(a, b) || !slices.Equal(a, sample(100, 5, 1)) {
		t.Errorf("have %v, %v", a, b)
	}
	if n := len(slices.Compact(sample(100, 1000, 1))); n != 100 {
		t.Errorf("all: have %d", n)
	}
	if n := len(sample(100, -1, 1)) + len(sample(0, 3, 1)); n != 0 {
		t.Errorf("none: have %d", n)
	}
}

func TestSameBits(t *testing.T) {
	negative := float32(math.Copysign(0, -1))
	if !sameBits(0, 0) || sameBits(0, negative) || sameBits(1, 2) {
		t.Error("want 0 and -0 told apart")
	}
}

// rawTemplates have words after the concept also without a chat form.
func rawTemplates() []Template {
	list := slices.Clone(SeedTemplates)
	for i := range list {
		list[i].Text += " Say it."
	}
	return list
}
