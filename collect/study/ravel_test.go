package study

import (
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"reflect"
	"strings"
	"testing"

	"premlp/collect"
	"premlp/model"
	"premlp/weights/catalogue"
)

// silent watches nothing.
type silent struct{}

func (silent) Stage(string, string) Stage { return silent{} }
func (silent) Notef(string, ...any)       {}
func (silent) Set(int64, int64)           {}
func (silent) Close()                     {}

// tinyCountries opens the model in the program.
func tinyCountries(t *testing.T) *collect.Loaded {
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

// countriesAsRavel makes RAVEL's data of the countries that the model in the
// program knows, half of them for training.
func countriesAsRavel(t *testing.T) *Ravel {
	t.Helper()
	table, err := os.ReadFile("../../weights/catalogue/embedded/tiny-countries/facts.tsv")
	if err != nil {
		t.Fatal(err)
	}
	d := &Ravel{Kind: "country", Attributes: []string{"capital", "continent", "language"}}
	for i, line := range strings.Split(strings.TrimSpace(string(table)), "\n")[1:] {
		c := strings.Split(line, "\t")
		d.Entities = append(d.Entities, RavelEntity{c[0], []string{train, val, train, test}[i%4], map[string]string{"capital": c[1], "language": c[3], "continent": c[4]}})
	}
	for _, split := range []string{train, val, test} {
		for i, text := range []string{
			"What is the capital of %s?<|im_end|>\n<|im_start|>assistant\nThe capital is", "What continent is %s located in?<|im_end|>\n<|im_start|>assistant\nIt is located in",
			"What language do they speak in %s?<|im_end|>\n<|im_start|>assistant\nThey speak",
		} {
			d.Prompts = append(d.Prompts, RavelPrompt{"<|im_start|>user\n" + text, d.Attributes[i], split})
		}
	}
	return d
}

// ravelOptions are quick ones.
func ravelOptions(dir string) RavelOptions {
	return RavelOptions{
		Options: Options{Dir: dir, Threads: 2, Seed: 1, Watch: silent{}}, Attributes: []string{"continent", "language"},
		Sites: []model.Site{"resid_pre", mlpIn}, Layers: []int{0, 3}, Tokens: []RavelTokens{AtEntity, AfterEntity}, Entities: 40, Prompts: 2, Limit: 6, Alphas: []float64{1, 2},
	}
}

// TestRavelMovesAttributes: in the model of the program a country's continent and
// language can be moved, by swaps and better than by random vectors.
func TestRavelMovesAttributes(t *testing.T) {
	l := tinyCountries(t)
	r, err := RunRavel(t.Context(), l, countriesAsRavel(t), ravelOptions(t.TempDir()))
	if err != nil {
		t.Fatal(err)
	}
	for _, k := range r.Known {
		if k.Known < k.Facts*9/10 || k.Facts == 0 {
			t.Errorf("known: have %+v", k)
		}
	}
	best := map[RavelEdit]float64{}
	for _, s := range r.Test {
		if s.Cause.Trials == 0 || len(s.Isolation) != 1 || s.Isolation[0].Trials == 0 {
			t.Errorf("want trials, have %+v", s)
		}
		if want := (s.Cause.Share + s.Isolation[0].Share) / 2; math.Abs(s.Score-want) > 1e-12 {
			t.Errorf("score: want %v, have %v", want, s.Score)
		}
		best[s.Edit] = max(best[s.Edit], s.Cause.Share)
		if s.Tokens == AfterEntity && s.Edit == RavelSubspace && s.Place.Site == "resid_pre" && s.Score < 0.8 {
			t.Errorf("want the attribute moved alone, have %+v", s)
		}
	}
	if best[RavelSwap] < 0.8 || best[RavelAdd] <= best[RavelRandom] {
		t.Errorf("want swaps to move the answer, and means more than random vectors, have %v", best)
	}
	var b strings.Builder
	r.Print(&b)
	for _, want := range []string{"known: best of all values", "no edit has score 0.50", "mlp_in.0-1", "language 6 of 6"} {
		if !strings.Contains(b.String(), want) {
			t.Errorf("want %q in %s", want, b.String())
		}
	}
	again, err := RunRavel(t.Context(), l, countriesAsRavel(t), ravelOptions(t.TempDir()))
	if err != nil || !reflect.DeepEqual(r.Test, again.Test) {
		t.Errorf("want the same again, have %v", err)
	}
}

// TestRavelTrials: base and source differ in both attributes, and are of the split.
func TestRavelTrials(t *testing.T) {
	l := tinyCountries(t)
	d := countriesAsRavel(t)
	s, err := sampleRavel(l, d, test, []string{"continent", "language"}, 40, 2, 1)
	if err != nil {
		t.Fatal(err)
	}
	means := map[string]*ravelMeans{"continent": newRavelMeans(nil), "language": newRavelMeans(nil)}
	for _, f := range s.facts {
		f.known = true
		for range minEntities {
			means[f.prompt.Attribute].add(f.value, nil)
		}
	}
	trials := drawTrials(s, means, []string{"continent", "language"}, 5, 1)
	if len(trials) != 20 {
		t.Fatalf("want 5 of each of 4 cells, have %d", len(trials))
	}
	for _, x := range trials {
		if x.from == x.to || x.base.answer == x.source.answer || x.base.prompt != x.source.prompt || x.base.entity.Split != test || x.base.prompt.Split != test || x.cause() != (x.goal() == x.source.answer) {
			t.Errorf("have %+v", x)
		}
	}
}

// TestRavelFactPositions: the entity's last token, and an answer behind the prompt.
func TestRavelFactPositions(t *testing.T) {
	l := tinyCountries(t)
	e := &RavelEntity{Name: "United Kingdom", Values: map[string]string{"capital": "London", "language": ""}}
	f, err := newRavelFact(l, e, &RavelPrompt{"<|im_start|>user\nWhat is the capital of %s?<|im_end|>\n<|im_start|>assistant\nThe capital is", "capital", test})
	if err != nil || f == nil {
		t.Fatal(err)
	}
	name, _ := l.Tokenizer.Decode(f.ids[:f.last+1], false)
	next, _ := l.Tokenizer.Decode([]int32{f.answer}, false)
	if !strings.HasSuffix(name, "of United Kingdom") || next != " London" {
		t.Errorf("have %q, %q", name, next)
	}
	for _, p := range []RavelPrompt{{"%s is in the city of", "capital", test}, {"They live in %s", "capital", test}, {"In %s they speak", "language", test}} {
		if f, err := newRavelFact(l, e, &p); err != nil || f != nil {
			t.Errorf("%q: want no question, have %+v, %v", p.Text, f, err)
		}
	}
}

// TestRavelData reads the data in the program.
func TestRavelData(t *testing.T) {
	for _, kind := range RavelKinds {
		if d, err := RavelData(kind); err != nil || len(d.Entities) < 100 || len(d.Prompts) < 50 {
			t.Errorf("%s: have %v", kind, err)
		}
	}
	d, err := RavelData("city")
	if err != nil {
		t.Fatal(err)
	}
	splits, values := map[string]int{}, map[string]string{}
	for _, e := range d.Entities {
		splits[e.Split]++
		if e.Name == "Paris" {
			values = e.Values
		}
		if strings.ContainsAny(e.Values["Language"], ",√") {
			t.Errorf("%s: have language %q", e.Name, e.Values["Language"])
		}
	}
	if fmt.Sprint(splits) != "map[test:947 train:1787 val:818]" || values["Country"] != "France" || values["Continent"] != "Europe" {
		t.Errorf("have %v, %v", splits, values)
	}
	if _, err := RavelData("village"); err == nil || !strings.Contains(err.Error(), "want ravel_village") {
		t.Errorf("another kind: have %v", err)
	}
	for text, want := range map[string]string{`"country": "`: "Peru", "is in": " Peru", "(": "Peru"} {
		if have := (RavelPrompt{Text: text}).answer("Peru"); have != want {
			t.Errorf("%q: want %q, have %q", text, want, have)
		}
	}
}

// TestRavelSubspace: a projection on the means' span keeps differences of means,
// and only what lies in it.
func TestRavelSubspace(t *testing.T) {
	p := model.Point{Site: residual, Layer: 1}
	m := newRavelMeans([]model.Point{p})
	r := rand.New(rand.NewPCG(1, 2))
	for i := range 5 {
		for range minEntities {
			row := make([]float32, 12)
			for k := range row {
				row[k] = float32(r.NormFloat64())
			}
			m.add(fmt.Sprint(i), [][]float32{row})
		}
	}
	m.add("rare", [][]float32{make([]float32, 12)})
	if len(m.values()) != 5 || m.has("rare") || len(m.span(p)) != 4 {
		t.Fatalf("have %v, rank %d", m.values(), len(m.span(p)))
	}
	d := m.difference("1", "4", p)
	for k, x := range m.project(d, p) {
		if math.Abs(x-d[k]) > 1e-9 {
			t.Fatalf("want %v, have %v", d, m.project(d, p))
		}
	}
	once := m.project([]float64{1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0}, p)
	if twice := m.project(once, p); length(once) >= 1 || math.Abs(length(once)-length(twice)) > 1e-9 {
		t.Errorf("want a projection, have %v, then %v", once, twice)
	}
	if x := randomLike(d, 1, "a"); math.Abs(length(x)-length(d)) > 1e-9 {
		t.Error("random: want the same length")
	}
}

func TestRavelChoice(t *testing.T) {
	score := func(layer int, x float64) RavelScore {
		return RavelScore{Moved: "a", Edit: RavelAdd, Place: at(residual, layer), Score: x, Cause: RavelShare{Trials: 3}}
	}
	have := choose([]RavelScore{score(0, 0.5), score(1, 0.8), score(2, 0.8), {Moved: "b", Edit: RavelAdd, Place: at(residual, 1)}})
	if len(have) != 1 || have[0].Place.Layers[0] != 1 {
		t.Errorf("have %+v", have)
	}
	s := RavelShare{Trials: 10, Done: 3}
	if s.measure(); math.Abs(s.Low-0.1078) > 1e-3 || math.Abs(s.High-0.6032) > 1e-3 {
		t.Errorf("Wilson's interval of 3 of 10: have %+v", s)
	}
}

func TestRavelRefuses(t *testing.T) {
	l := tinyCountries(t)
	d := countriesAsRavel(t)
	for want, change := range map[string]func(o *RavelOptions){
		"two attributes or more": func(o *RavelOptions) { o.Attributes = []string{"capital"} },
		`have "population"`:      func(o *RavelOptions) { o.Attributes = []string{"capital", "population"} },
		"want 1 pair":            func(o *RavelOptions) { o.Limit = 0 },
		"layer":                  func(o *RavelOptions) { o.Layers = []int{9} },
		"want two values":        func(o *RavelOptions) { o.Attributes = []string{"capital", "continent"} }, // each capital once
	} {
		o := ravelOptions(t.TempDir())
		change(&o)
		if _, err := RunRavel(t.Context(), l, d, o); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("want %q, have %v", want, err)
		}
	}
}

// TestUnpack refuses what is no archive.
func TestUnpack(t *testing.T) {
	if _, err := unpack("x", []byte("no gzip")); err == nil || !strings.Contains(err.Error(), "x: ") {
		t.Errorf("have %v", err)
	}
	if _, err := unpack("x", ravelArchive[:2000]); err == nil {
		t.Error("cut short: want an error")
	}
}

// TestRavelRowsByPoint: rows are those of their point, in whatever order points
// are asked for.
func TestRavelRowsByPoint(t *testing.T) {
	l := tinyCountries(t)
	s, err := sampleRavel(l, countriesAsRavel(t), test, []string{"continent"}, 2, 1, 1)
	if err != nil {
		t.Fatal(err)
	}
	points := []model.Point{{Site: mlpIn, Layer: 4}, {Site: residual, Layer: 0}, {Site: mlpIn, Layer: 0}}
	rows := func(points ...model.Point) (all [][]float32) {
		t.Helper()
		err := askRavel(t.Context(), l, Options{Threads: 1, Watch: silent{}}, "", s.facts[:1], points, func(_ *ravelFact, r [][]float32) { all = r })
		if err != nil {
			t.Fatal(err)
		}
		return all
	}
	for i, have := range rows(points...) {
		if want := rows(points[i])[0]; !reflect.DeepEqual(want, have) {
			t.Errorf("%s: want %v, have %v", points[i], want[:3], have[:3])
		}
	}
}

// TestRavelSwapsOfEverything: the source's rows behind the last block give the
// source's answer, whatever else is edited in the same run.
func TestRavelSwapsOfEverything(t *testing.T) {
	l := tinyCountries(t)
	o := ravelOptions(t.TempDir())
	o.Sites, o.Layers, o.Tokens = []model.Site{residual, mlpIn}, []int{5}, []RavelTokens{AfterEntity}
	r, err := RunRavel(t.Context(), l, countriesAsRavel(t), o)
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range r.Test {
		if s.Edit == RavelSwap && s.Place.Site == residual && (s.Cause.Share != 1 || s.Isolation[0].Done != 0) {
			t.Errorf("want every answer the source's, have %+v", s)
		}
	}
}
