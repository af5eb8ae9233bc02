package collect

import (
	"slices"
	"strings"
	"testing"

	"premlp/collect/dataset"
)

// findings builds a job's questions and returns what is said of names.
func nameFindings(t *testing.T, j Job) []string {
	t.Helper()
	if err := j.prepare(); err != nil {
		t.Fatal(err)
	}
	c := newNames(&j)
	for i := range j.count() {
		own := j.question(i)
		c.add(&dataset.Question{ID: questionID(i), Set: own.Set, Concept: own.Concept, Located: own.Located, Template: own.template, Text: own.Text, Answers: own.Answers})
	}
	var list []string
	for _, f := range append(c.done(), checkTemplates(j.Templates)...) {
		text := f.String()
		if f.Fatal {
			text = "fatal: " + text
		}
		list = append(list, text)
	}
	return list
}

func TestNames(t *testing.T) {
	where := []Template{{Text: "Where is {concept}?"}}
	for name, c := range map[string]struct {
		job  Job
		want []string // parts, one for each finding
	}{
		"nothing": {Job{Target: "France", Controls: []string{"Spain", "United Kingdom"}, Templates: where}, nil},
		"inside": {Job{Target: "Niger", Controls: []string{"Nigeria", "Guinea", "Equatorial Guinea"}, Templates: where},
			[]string{`names: 1 concepts have names that hold another's, as "Equatorial Guinea" holds "Guinea"`}},
		"target inside": {Job{Target: "Guinea", Controls: []string{"Spain", "Equatorial Guinea"}, Templates: where},
			[]string{"; the target is among them"}}, // a control's own name is no leak
		"case": {Job{Target: "France", Controls: []string{"R&B", "r b"}, Templates: where},
			[]string{`names: "R&B" and "r b" differ in case or punctuation only`}},
		"target in a template": {Job{Target: "France", Controls: []string{"Spain"}, Templates: []Template{{Text: "Unlike FRANCE, where is {concept}?"}}},
			[]string{`fatal: leak: question q00002: a control question names the target: "Unlike FRANCE, where is Spain?"`}},
		"alias of the target": {Job{Target: "France", Controls: []string{"Spain"}, Templates: []Template{{Text: "In the Hexagon and {concept}?"}},
			Forms: map[string]Forms{"France": {Aliases: []string{"Hexagon"}}}}, []string{"fatal: leak: question q00002: a control question names the target"}},
		"control in a template": {Job{Target: "France", Controls: []string{"Spain", "Italy"}, Templates: []Template{{Text: "Is {concept} near Spain?"}}},
			[]string{`leak: 2 questions name another concept than their own, first q00001: "Is France near Spain?" names "Spain"`}},
		"alias of another": {Job{Target: "France", Controls: []string{"Holland", "Netherlands"}, Templates: where,
			Forms: map[string]Forms{"Netherlands": {Aliases: []string{"holland"}}}}, []string{`fatal: names: "holland" is an alias of "Netherlands" and names "Holland"`}},
		"answer": {Job{Target: "France", Controls: []string{"Spain"}, Templates: []Template{{Text: "Is Paris the capital of {concept}?"}},
			Answers: map[string]map[string][]string{"Is Paris the capital of {concept}?": {"France": {"paris"}, "Spain": {"Madrid"}}}},
			[]string{`leak: 1 questions hold their own answer, first q00001: "Is Paris the capital of France?" holds its answer "paris"`}},
		"duplicates": {Job{Target: "France", Controls: []string{"Spain"}, Templates: []Template{{Text: "Where is {concept}?"}, {Text: "where is {concept}"}, {Text: "a {concept} b", Origin: OriginGenerated}}},
			[]string{`duplicates: "Where is {concept}?" and "where is {concept}" differ`, "templates: 1 of 3 templates were written by a model"}},
		"own": {Job{Questions: []OwnQuestion{
			{Text: "Is Paris in France?", Concept: "France", Set: dataset.Target}, {Text: "Is France near Spain?", Concept: "Spain", Set: dataset.Control},
		}}, []string{`leak: 1 questions name another concept than their own, first q00002: "Is France near Spain?" names "France"`}},
	} {
		t.Run(name, func(t *testing.T) {
			have := nameFindings(t, c.job)
			ok := len(have) == len(c.want)
			for i := range c.want {
				ok = ok && strings.Contains(have[i], c.want[i])
			}
			if !ok {
				t.Errorf("want %q, have %q", c.want, have)
			}
		})
	}
}

// A job asked by forms, and one asked by paraphrases, become datasets that verify
// makes again from their manifests.
func TestFormsAreProved(t *testing.T) {
	l := tiny(t)
	set, err := ParseTemplates([]byte(`templates:
  - {text: "{Concept} has which capital?", type: capital, answers: {France: Paris, Spain: [Madrid]}}
  - {text: "What is {concept's} language?", type: language, origin: generated}
  - {text: "Where is {the concept}?"}
concepts:
  France: {with_article: the France, possessive: France's, sentence_start: LA FRANCE, aliases: [Hexagon], paraphrases: [the country of Paris, the land of wine]}
  Spain: {with_article: Spain, possessive: Spain's, sentence_start: Spain, paraphrases: [the country of Madrid]}
  Peru: {possessive: Peru's}
`))
	if err != nil {
		t.Fatal(err)
	}
	j := Job{Target: "France", Controls: []string{"Spain"}, Templates: set.Templates, Answers: set.Answers, Forms: set.Forms}
	described := j
	described.Paraphrased, described.Templates = true, set.Templates[2:]
	for name, c := range map[string]struct {
		job     Job
		texts   []string
		located []string
	}{
		"forms": {j, []string{"LA FRANCE has which capital?", "What is France's language?", "Where is the France?", "Spain has which capital?", "What is Spain's language?", "Where is Spain?"},
			[]string{"LA FRANCE", "", "", "", "", ""}},
		"paraphrases": {described, []string{"Where is the country of Paris?", "Where is the land of wine?", "Where is the country of Madrid?"},
			[]string{"the country of Paris", "the land of wine", "the country of Madrid"}},
	} {
		t.Run(name, func(t *testing.T) {
			o := everything(t, l)
			o.Dir = t.TempDir() + "/set"
			plan, err := Prepare(t.Context(), l, c.job, o)
			if err != nil {
				t.Fatal(err)
			}
			defer plan.Close()
			if _, err := plan.Run(t.Context(), nil, nil); err != nil {
				t.Fatal(err)
			}
			r, err := dataset.Open(o.Dir)
			if err != nil {
				t.Fatal(err)
			}
			defer r.Close()
			m := r.Manifest()
			if len(m.Concepts) != 2 || m.Concepts[0].Name != "France" || m.Paraphrased != (name == "paraphrases") {
				t.Errorf("manifest: have %+v", m.Concepts)
			}
			var texts, located []string
			for i := range m.Questions {
				q, err := r.Question(i)
				if err != nil {
					t.Fatal(err)
				}
				texts, located = append(texts, q.Text), append(located, q.Located)
				if q.Type == "capital" && len(q.Answers) != 1 {
					t.Errorf("%s: want its answer, have %v", q.Text, q.Answers)
				}
			}
			if !slices.Equal(texts, c.texts) || !slices.Equal(located, c.located) {
				t.Errorf("want %q, %q, have %q, %q", c.texts, c.located, texts, located)
			}
			v, err := Verify(t.Context(), o.Dir, VerifyOptions{Model: l, Sample: 2})
			if err != nil || !v.OK {
				t.Errorf("verify: want it proved, have %+v, %v", v, err)
			}
		})
	}
	described.Controls = []string{"Spain", "Peru"}
	if _, err := BuildQuestions(described, l.Tokenizer); err == nil || !strings.Contains(err.Error(), `control "Peru": want paraphrases`) {
		t.Errorf("want Peru's paraphrases missed, have %v", err)
	}
	j.Controls = []string{"Spain", "Peru"}
	if _, err := BuildQuestions(j, l.Tokenizer); err == nil || !strings.Contains(err.Error(), `want the sentence_start of "Peru"`) {
		t.Errorf("want Peru's forms missed, have %v", err)
	}
}

func TestEncodeTemplates(t *testing.T) {
	set, err := ParseTemplates([]byte(netherlands))
	if err != nil {
		t.Fatal(err)
	}
	text, err := set.Encode()
	if err != nil {
		t.Fatal(err)
	}
	again, err := ParseTemplates(text)
	if err != nil || !slices.Equal(again.Templates, set.Templates) || len(again.Forms) != 2 || again.Forms["Peru"].Possessive != "Peru's" {
		t.Errorf("want the set again, have %s, %v", text, err)
	}
}

func TestEstimate(t *testing.T) {
	l := tiny(t)
	plan, err := Prepare(t.Context(), l, Job{Target: "France", Controls: []string{"Spain", "Italy"}, Templates: SeedTemplates}, everything(t, l))
	if err != nil {
		t.Fatal(err)
	}
	defer plan.Close()
	e, err := plan.Estimate(t.Context())
	if err != nil || e.Seconds <= 0 || e.Tokens <= 0 || e.Tokens >= int64(plan.Tokens) {
		t.Errorf("want less than all of %d tokens, in some time, have %+v, %v", plan.Tokens, e, err)
	}
}
