package readout

import (
	"context"
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"

	"premlp/collect"
	"premlp/collect/collecttest"
	"premlp/model"
)

// given are vectors by target and point.
type given map[string]map[model.Point][]float64

func (g given) Difference(target string, p model.Point) ([]float64, error) {
	if v, ok := g[target][p]; ok {
		return slices.Clone(v), nil
	}
	return nil, fmt.Errorf("%s: %s: none", target, p)
}

// open opens the small model of tests, or another of the models package's.
func open(t testing.TB, path string) *collect.Loaded {
	t.Helper()
	l, err := collect.OpenModel(path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	return l
}

func at(site model.Site, layer int) model.Point { return model.Point{Site: site, Layer: layer} }

// normals draws a vector.
func normals(r *rand.Rand, n int) []float64 {
	x := make([]float64, n)
	for i := range x {
		x[i] = r.NormFloat64()
	}
	return x
}

// texts encodes texts.
func texts(t *testing.T, l *collect.Loaded, list ...string) (all []Text) {
	t.Helper()
	for i, s := range list {
		ids, err := l.RawPrompt(s)
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, Text{fmt.Sprint(i), ids})
	}
	return all
}

// plain is Σ a[i]·b[i], one after the other.
func plain(a []float32, b []float64) float64 {
	var sum float64
	for i := range a {
		sum += float64(a[i]) * b[i]
	}
	return sum
}

func near(a, b float64) bool { return math.Abs(a-b) <= 1e-9*(1+math.Abs(a)) }

// TestFiguresArePlainProducts recomputes every projection, score and activity of
// random directions the plain way, at all sites.
func TestFiguresArePlainProducts(t *testing.T) {
	l := open(t, collecttest.Model(t, 1))
	r := rand.New(rand.NewPCG(1, 2))
	points := []model.Point{at("mlp_in", 1), at("resid_mid", 0), at("resid_post", 2), at("mlp_out", 1)}
	vectors := given{"a": {}}
	for _, p := range points {
		vectors["a"][p] = normals(r, collecttest.Dim)
	}
	list := texts(t, l, "The capital of France is here.", "The river is old, and the house is new.")
	result, err := Run(t.Context(), l, vectors, Options{Target: "a", Points: points, Texts: list, Top: 5, Random: 3, Seed: 7, Threads: 2})
	if err != nil {
		t.Fatal(err)
	}
	reading, err := l.Model.Reading()
	if err != nil {
		t.Fatal(err)
	}
	head, row := reading.Unembed, make([]float32, collecttest.Dim)
	for i, p := range result.Points {
		d := vectors["a"][points[i]]
		if !near(p.Length, norm(d)) {
			t.Errorf("%s: length: want %v, have %v", points[i], norm(d), p.Length)
		}
		for _, n := range p.Neurons {
			w := map[string]*[]float32{"gate": nil, "up": nil}
			if _, ok := w[n.Name]; !ok || n.Neurons != 40 {
				t.Fatalf("products: have %+v", n)
			}
			tensor := reading.MLPs[1][0].Gate
			if n.Name == "up" {
				tensor = reading.MLPs[1][0].Up
			}
			best := math.Inf(-1)
			for k := range tensor.Rows() {
				tensor.Row(row, k)
				best = max(best, plain(row, d)/math.Sqrt(plain(row, widen(make([]float64, len(row)), row)))/norm(d))
			}
			if !near(best, n.Highest[0].Cosine) {
				t.Errorf("%s: highest: want %v, have %v", n.Name, best, n.Highest[0].Cosine)
			}
			for _, x := range slices.Concat(n.Highest, n.Lowest) {
				if tensor.Row(row, x.Index); !near(plain(row, d), x.Projection) || !near(x.Projection, x.Cosine*x.RowLength*norm(d)) {
					t.Errorf("%s: neuron %d: want %v, have %+v", n.Name, x.Index, plain(row, d), x)
				}
			}
		}
		if has := p.Neurons != nil; has != (points[i].Site == "mlp_in") || has == (p.NeuronsReason != "") {
			t.Errorf("%s: neurons: have %v, reason %q", points[i], p.Neurons, p.NeuronsReason)
		}
		if points[i].Site == "mlp_out" {
			if p.Lens != nil || !strings.Contains(p.LensReason, "take resid_post") {
				t.Errorf("mlp_out: want no lens and the reason, have %+v, %q", p.Lens, p.LensReason)
			}
			continue
		}
		through := make([]float64, len(d))
		for k := range d {
			through[k] = d[k] * float64(reading.Final.Gain[k])
			if points[i].Site == "mlp_in" {
				through[k] /= float64(reading.Norms[1].Gain[k])
			}
		}
		for _, w := range slices.Concat(p.Lens.Highest, p.Lens.Lowest) {
			if head.Row(row, int(w.ID)); !near(plain(row, through), w.Score) {
				t.Errorf("%s: token %q: want %v, have %v", points[i], w.Text, plain(row, through), w.Score)
			}
		}
	}
	checkTokens(t, l, list, vectors["a"], result)
}

// checkTokens compares the activities with rows of a plain run.
func checkTokens(t *testing.T, l *collect.Loaded, list []Text, vectors map[model.Point][]float64, result *Result) {
	t.Helper()
	for _, p := range result.Points {
		point := at(p.Site, p.Layer)
		d := vectors[point]
		for _, x := range slices.Concat(p.Tokens.Highest, p.Tokens.Lowest) {
			i := slices.IndexFunc(list, func(t Text) bool { return t.Name == x.Text })
			s, err := l.Model.Session(model.SessionOptions{Points: []model.Point{point}, Threads: 1})
			if err != nil {
				t.Fatal(err)
			}
			var row []float32
			err = s.Run(t.Context(), model.Pack([][]int32{list[i].IDs}, [][]int32{{int32(x.Position)}}), func(_ model.Point, r model.Rows) error {
				row = slices.Clone(r.Data)
				return nil
			})
			s.Close()
			if err != nil {
				t.Fatal(err)
			}
			if want := plain(row, d) / norm(d); !near(want, x.Projection) || x.Position == 0 || list[i].IDs[x.Position] != x.ID {
				t.Errorf("%s: text %s, token %d: want %v, have %+v", point, x.Text, x.Position, want, x)
			}
		}
		if !slices.IsSortedFunc(p.Tokens.Highest, func(a, b Activity) int {
			if a.Projection > b.Projection {
				return -1
			}
			return 1
		}) {
			t.Errorf("%s: want the highest first", point)
		}
	}
}

// TestPlanted finds a neuron, a token and a concept's direction that were put
// there.
func TestPlanted(t *testing.T) {
	l := open(t, collecttest.Model(t, 1))
	reading, err := l.Model.Reading()
	if err != nil {
		t.Fatal(err)
	}
	r := rand.New(rand.NewPCG(3, 4))
	gate := make([]float32, collecttest.Dim)
	reading.MLPs[1][0].Gate.Row(gate, 17)
	row, word := make([]float32, collecttest.Dim), make([]float64, collecttest.Dim)
	reading.Unembed.Row(row, 321)
	for k := range row { // what the final norm's weight turns into the token's row
		word[k] = 9 * float64(row[k]) / float64(reading.Final.Gain[k])
	}
	g, v := at("mlp_in", 1), at("resid_post", 1)
	vectors := given{
		"planted": {g: widen(make([]float64, len(gate)), gate), v: word},
		"b":       {g: normals(r, collecttest.Dim), v: normals(r, collecttest.Dim)}, "c": {g: normals(r, collecttest.Dim), v: normals(r, collecttest.Dim)},
	}
	result, err := Run(t.Context(), l, vectors, Options{Target: "planted", Others: []string{"b", "c"}, Points: []model.Point{g, v}, Top: 3, Random: 20, Seed: 1, Threads: 2})
	if err != nil {
		t.Fatal(err)
	}
	n := result.Points[0].Neurons[0]
	if n.Highest[0].Index != 17 || !near(n.Highest[0].Cosine, 1) || n.Strongest <= n.RandomLevel || *n.Rank != 1 || *n.OthersMedian >= 1 || n.Beyond < 1 {
		t.Errorf("neuron: have %+v", n)
	}
	if up := result.Points[0].Neurons[1]; up.Strongest > 0.95 {
		t.Errorf("up: want nothing planted, have %+v", up)
	}
	lens := result.Points[1].Lens
	if i := slices.IndexFunc(lens.Highest, func(w Word) bool { return w.ID == 321 }); i != 0 || lens.Highest[0].SDs < lens.RandomHigh {
		t.Errorf("word: want token 321 first and above random %v, have %+v", lens.RandomHigh, lens.Highest)
	}
	if result.Points[0].Tokens != nil || result.Tokens != 0 {
		t.Error("without texts: want no tokens")
	}
}

// TestSameWhateverTheThreads: threads and batches change no bit.
func TestSameWhateverTheThreads(t *testing.T) {
	l := open(t, collecttest.Model(t, 1))
	p := at("mlp_in", 2)
	vectors := given{"a": {p: normals(rand.New(rand.NewPCG(5, 6)), collecttest.Dim)}}
	list := texts(t, l, "The capital of France is here.", "The capital of France is old.", "The house")
	o := Options{Target: "a", Points: []model.Point{p}, Texts: list, Top: 50, Random: 4, Seed: 1, Threads: 1}
	one, err := Run(t.Context(), l, vectors, o)
	if err != nil {
		t.Fatal(err)
	}
	o.Threads, o.BatchTokens = 3, 1
	if three, err := Run(t.Context(), l, vectors, o); err != nil || !reflect.DeepEqual(one, three) {
		t.Errorf("want %+v, have %+v, %v", one, three, err)
	}
	shared := 0
	for _, x := range one.Points[0].Tokens.Highest {
		if x.Times == 2 {
			shared++
		}
	}
	if shared < 3 || one.Tokens != len(list[0].IDs)+len(list[1].IDs)+len(list[2].IDs)-3 {
		t.Errorf("two texts that begin alike: want their common tokens once, twice counted, have %+v", one.Points[0].Tokens.Highest)
	}
}

// TestMixturesAndOthers reads models without a gate, with experts, and with
// LayerNorms.
func TestMixturesAndOthers(t *testing.T) {
	for name, want := range map[string][]string{
		"mixtral": {"gate", "up"}, "gpt2": {"in"}, "qwen2_moe": {"gate", "up", "gate", "up"}, "phi3": {"gate", "up"}, "olmo2": {"gate", "up"},
	} {
		m, err := model.Open(filepath.Join("..", "..", "model", "testdata", "arch", name))
		if err != nil {
			t.Fatal(err)
		}
		defer m.Close()
		reading, err := m.Reading()
		if err != nil {
			t.Fatal(err)
		}
		p := &probe{Point: at("mlp_in", 1), direction: normals(rand.New(rand.NewPCG(1, 1)), m.Config().Dim), result: &PointResult{}}
		p.random = [][]float64{normals(rand.New(rand.NewPCG(1, 2)), m.Config().Dim)}
		p.readNeurons(reading, 2)
		var have []string
		for _, n := range p.result.Neurons {
			have = append(have, n.Name)
			if expert := n.Highest[0].Expert != nil; expert != strings.HasSuffix(n.Module, "experts") || expert && n.Neurons != m.Config().Experts*m.Config().ExpertHidden {
				t.Errorf("%s: have %+v", name, n)
			}
		}
		slices.Sort(have)
		slices.Sort(want)
		if !slices.Equal(have, want) {
			t.Errorf("%s: want %v, have %v", name, want, have)
		}
		if factor, _, reason := p.toStream(reading); reason != "" || (name == "olmo2") != (factor[0] == 1) {
			t.Errorf("%s: have factor %v, %q", name, factor[0], reason)
		}
		reading.Final.Center = true
		if x := toHead(slices.Repeat([]float64{3}, m.Config().Dim), slices.Repeat([]float64{1}, m.Config().Dim), reading.Final); norm(x) > 1e-9 {
			t.Errorf("%s: a LayerNorm: want the mean taken off, have %v", name, x[:3])
		}
	}
}

func TestRefused(t *testing.T) {
	l := open(t, collecttest.Model(t, 1))
	p := at("mlp_in", 1)
	good := given{"a": {p: normals(rand.New(rand.NewPCG(5, 6)), collecttest.Dim)}}
	base := Options{Target: "a", Points: []model.Point{p}, Top: 1, Random: 1, Threads: 1}
	for want, c := range map[string]func(o *Options) given{
		"at least one point":          func(o *Options) given { o.Points = nil; return good },
		"1 or more of each list":      func(o *Options) given { o.Top = 0; return good },
		"text x: want 2 to 96 tokens": func(o *Options) given { o.Texts = []Text{{"x", []int32{1}}}; return good },
		"a direction of 24 values":    func(o *Options) given { return given{"a": {p: {1}}} },
		"a vector of some length":     func(o *Options) given { return given{"a": {p: make([]float64, collecttest.Dim)}} },
		"b: mlp_in.1: none":           func(o *Options) given { o.Others = []string{"b"}; return good },
		"want a layer from 0 to": func(o *Options) given {
			q := at("mlp_in", 7)
			o.Points = []model.Point{q}
			o.Texts = []Text{{"x", []int32{1, 2}}}
			return given{"a": {q: good["a"][p]}}
		},
	} {
		o := base
		if _, err := Run(t.Context(), l, c(&o), o); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("want %q, have %v", want, err)
		}
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := Run(ctx, l, good, base); !errors.Is(err, context.Canceled) {
		t.Errorf("stopped: have %v", err)
	}
}

func TestParseTexts(t *testing.T) {
	for _, c := range []struct {
		data    string
		objects bool
		want    string
	}{
		{"\ufeffone\n\n two \n", false, "[{1 one} {3 two}]"},
		{"{\"text\": \" a\", \"id\": 3}\n", true, "[{1  a}]"},
		{"", false, "want texts"},
		{"\xff", false, "line 1: want UTF-8"},
		{"{\"s\": 1}", true, "line 1: want {\"text\": …}, have no text"},
		{"x", true, "line 1: want {\"text\": …}:"},
	} {
		lines, err := parseTexts([]byte(c.data), c.objects)
		if have := fmt.Sprint(lines, err); !strings.Contains(have, c.want) {
			t.Errorf("%q: want %s, have %s", c.data, c.want, have)
		}
	}
}

func FuzzParseTexts(f *testing.F) {
	f.Add([]byte("{\"text\": \"a\"}\n"), true)
	f.Add([]byte("one\ntwo"), false)
	f.Fuzz(func(t *testing.T, data []byte, objects bool) {
		lines, err := parseTexts(data, objects)
		if err == nil && len(lines) == 0 {
			t.Error("want texts or an error, have neither")
		}
	})
}
