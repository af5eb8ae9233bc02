package direction

import (
	"encoding/json"
	"fmt"
	"math"
	"os"
	"testing"

	"gonum.org/v1/gonum/floats"

	"premlp/collect/dataset"
	"premlp/weights"
)

// goldenSource is the golden rows as a dataset: 5 templates × 21 concepts × 3
// rows, in that order (testdata/golden/README.md).
type goldenSource struct {
	names, templates []string
	layers           map[int][]float32
}

const goldenDim = 576

func (s *goldenSource) Manifest() dataset.Manifest {
	return dataset.Manifest{Target: s.names[0], Controls: s.names[1:], Sites: []string{"mlp_in"}, Layers: []int{5, 14, 23}, Dim: goldenDim}
}
func (s *goldenSource) Len() int { return len(s.names) * len(s.templates) }
func (s *goldenSource) Question(i int) (*dataset.Question, error) {
	t, c := i/len(s.names), i%len(s.names)
	return &dataset.Question{ID: fmt.Sprint(i), Concept: s.names[c], Template: s.templates[t],
		IDs: []int32{1, int32(100 + c), 2, 3, 4}, Rows: []int32{2, 3, 4}}, nil
}
func (s *goldenSource) Rows(i int, _ string, layer int, _ []float32) ([]float32, error) {
	return s.layers[layer][i*3*goldenDim : (i+1)*3*goldenDim], nil
}

// goldenLayer is what is expected at one layer.
type goldenLayer struct {
	MD, LDA     []float64
	Shrinkage   float64                    `json:"lw_shrinkage"`
	Mu          float64                    `json:"lw_mu"`
	Weights     []float64                  `json:"lr_coef_std"`
	Intercept   float64                    `json:"lr_intercept"`
	Objective   float64                    `json:"lr_objective"`
	Uncentred   goldenPCA                  `json:"pca_uncentred"`
	Centred     goldenPCA                  `json:"pca_centred"`
	PairCos     map[string]float64         `json:"pair_cos"`
	TemplateCos [][]float64                `json:"template_md_cos"`
	SplitHalf   float64                    `json:"split_half_cos"`
	AUROC       map[string]json.RawMessage `json:"loto_auroc"`
	Pseudo      []float64                  `json:"pseudo_md_loto_mean"`
	Rank        int                        `json:"pseudo_rank_of_target"`
}

type goldenPCA struct {
	V           []float64
	Frac, Frac2 float64
	CosMD       float64 `json:"cos_md"`
}

func readGolden(t *testing.T) (*goldenSource, map[int]goldenLayer) {
	t.Helper()
	var e struct {
		Names, Templates []string
		Layers           map[int]goldenLayer
	}
	text, err := os.ReadFile("testdata/golden/expected.json")
	if err == nil {
		err = json.Unmarshal(text, &e)
	}
	if err != nil {
		t.Fatal(err)
	}
	f, err := weights.OpenSafetensors("testdata/golden/rows.safetensors")
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	s := &goldenSource{e.Names, e.Templates, map[int][]float32{}}
	for l := range e.Layers {
		x, err := f.Tensor(fmt.Sprintf("mlp_in.%d", l), 315, goldenDim)
		if err != nil {
			t.Fatal(err)
		}
		s.layers[l] = x.Floats()
	}
	return s, e.Layers
}

// goldenAt loads one layer with one template in each fold.
func goldenAt(t *testing.T, s *goldenSource, number int) *layer {
	t.Helper()
	o, err := Options{Folds: 5}.complete(s)
	if err != nil {
		t.Fatal(err)
	}
	d, err := newDesign(s, o)
	if err != nil {
		t.Fatal(err)
	}
	m, err := load(t.Context(), s, d, "mlp_in", number)
	if err != nil {
		t.Fatal(err)
	}
	l := &layer{m: m, o: o, bases: map[string][]float64{}}
	l.sums = newClassSums(m, m.labels(m.target))
	if l.moments, err = newMoments(m); err != nil {
		t.Fatal(err)
	}
	return l
}

// relative is max |a-b| / max |b|.
func relative(a, b []float64) float64 {
	return floats.Distance(a, b, math.Inf(1)) / floats.Norm(b, math.Inf(1))
}

// within checks that a difference is at most a tolerance, and logs it.
func within(t *testing.T, name string, have, tolerance float64) {
	t.Helper()
	t.Logf("%-24s %.2e, at most %g", name, have, tolerance)
	if !(have <= tolerance) {
		t.Errorf("%s: want a difference of at most %g, have %g", name, tolerance, have)
	}
}

func TestGolden(t *testing.T) {
	s, expected := readGolden(t)
	for number, want := range expected {
		t.Run(fmt.Sprint("layer ", number), func(t *testing.T) {
			l := goldenAt(t, s, number)
			within(t, "mean", relative(meanDifference(l.sums, whole), want.MD), 1e-6)
			all := l.newPart(whole)
			d, share, err := lda(all)
			if err != nil {
				t.Fatal(err)
			}
			within(t, "shrinkage", math.Abs(share-want.Shrinkage), 1e-9)
			within(t, "lda", relative(d, want.LDA), 1e-4)
			within(t, "lda, 1 - cosine", 1-cosine(d, want.LDA), 1e-8)
			if _, err := fitLogistic(all); err != nil {
				t.Fatal(err)
			}
			fit := l.logit
			within(t, "logistic intercept", math.Abs(fit.standard-want.Intercept), 1e-4)
			within(t, "logistic", relative(fit.weights, want.Weights), 1e-4)
			within(t, "logistic, 1 - cosine", 1-cosine(fit.weights, want.Weights), 1e-8)
			within(t, "logistic objective", math.Abs(fit.objective-want.Objective), 1e-9)
			pairs, err := all.pairSums()
			if err != nil {
				t.Fatal(err)
			}
			for _, c := range []struct {
				name string
				fit  func(*pairSums, []float64) (pca, error)
				want goldenPCA
			}{{PCA, pcaPairs, want.Uncentred}, {PCACentred, pcaCentred, want.Centred}} {
				p, err := c.fit(pairs, nil)
				if err != nil {
					t.Fatal(err)
				}
				within(t, c.name+", 1 - cosine", 1-math.Abs(cosine(p.first, c.want.V)), 1e-8)
				within(t, c.name+" share", math.Abs(p.share-c.want.Frac), 1e-9)
			}
			cos, err := pairCosines(l.m, pairs.mean)
			if err != nil {
				t.Fatal(err)
			}
			for name, have := range map[string]Figure{"mean": cos.Mean, "min": cos.Least, "median": cos.Median} {
				within(t, "pair cosine "+name, math.Abs(float64(have)-want.PairCos[name]), 1e-9)
			}
			within(t, "split half", math.Abs(splitHalf(l.m)-want.SplitHalf), 1e-9)
			goldenHeldOut(t, l, want)
		})
	}
}

// goldenHeldOut checks the AUROC of the rows of each template in turn, all
// controls in training.
func goldenHeldOut(t *testing.T, l *layer, want goldenLayer) {
	m := l.m
	fits := map[string]func(b block) []float64{
		"md": func(b block) []float64 { return meanDifference(l.sums, b) },
		"lda": func(b block) []float64 {
			d, _, err := lda(l.newPart(b))
			if err != nil {
				t.Fatal(err)
			}
			return d
		},
		"lr": func(b block) []float64 {
			d, err := l.foldLogistic([]block{b})
			if err != nil {
				t.Fatal(err)
			}
			return d[0]
		},
	}
	for name, fit := range fits {
		var areas []float64
		if err := json.Unmarshal(want.AUROC[name], &areas); err != nil {
			t.Fatal(err)
		}
		for template, w := range areas[:5] {
			b := block{m.fold[template], -1}
			within(t, fmt.Sprintf("AUROC %s %d", name, template), math.Abs(heldOut(t, m, m.labels(m.target), template, fit(b))-w), 1e-12)
		}
	}
	rank := 1
	var own float64
	for c := range m.concepts {
		y := m.labels(c)
		sums := newClassSums(m, y)
		mean := 0.0
		for template := range 5 {
			mean += heldOut(t, m, y, template, meanDifference(sums, block{m.fold[template], -1})) / 5
		}
		within(t, "AUROC of "+m.concepts[c], math.Abs(mean-want.Pseudo[c]), 1e-12)
		if c == 0 {
			own = mean
		} else if mean > own+1e-12 {
			rank++
		}
	}
	if rank != want.Rank {
		t.Errorf("rank: want %d, have %d", want.Rank, rank)
	}
}

// heldOut is the AUROC of the rows of one template along d.
func heldOut(t *testing.T, m *matrix, y []bool, template int, d []float64) float64 {
	t.Helper()
	var items []item
	for i := range m.questions {
		q := &m.questions[i]
		if q.template != template {
			continue
		}
		err := m.each(i, i+1, func(_, _ int, x []float64) {
			for ; len(x) > 0; x = x[m.dim:] {
				items = append(items, item{score: dot(x[:m.dim], d), target: y[i]})
			}
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	return auroc(items)
}

// TestGoldenLEACE compares with the package of LEACE's authors
// (testdata/golden/leace.py).
func TestGoldenLEACE(t *testing.T) {
	s, _ := readGolden(t)
	var expected map[int]struct {
		Read, Written []float64
		Product       float64
	}
	text, err := os.ReadFile("testdata/golden/leace.json")
	if err == nil {
		err = json.Unmarshal(text, &expected)
	}
	if err != nil {
		t.Fatal(err)
	}
	if len(expected) != 3 {
		t.Fatalf("leace.json: want 3 layers, have %d", len(expected))
	}
	for number, want := range expected {
		l := goldenAt(t, s, number)
		d, share, err := leace(l.newPart(whole))
		if err != nil {
			t.Fatal(err)
		}
		mean := meanDifference(l.sums, whole)
		t.Logf("layer %d: share of the identity %.4f", number, share)
		within(t, "leace read, 1 - cosine", 1-math.Abs(cosine(d, want.Read)), 1e-8)
		within(t, "leace written, 1 - cosine", 1-math.Abs(cosine(mean, want.Written)), 1e-8)
		within(t, "leace product", math.Abs(want.Product-1), 1e-9) // as the closed form has it
	}
}
