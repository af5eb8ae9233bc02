package steering

import (
	"math"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"premlp/collect/dataset"
	"premlp/collect/dataset/datasettest"
	"premlp/model"
	"premlp/weights"
)

// TestMeans compares with means taken from the blocks themselves.
func TestMeans(t *testing.T) {
	m, questions := datasettest.Manifest(), datasettest.Questions(16)
	r, err := dataset.Open(datasettest.Write(t, m, questions))
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	p := model.Point{Site: "resid_post", Layer: 2}
	for _, except := range []string{"", m.Templates[1].Text} {
		have, err := ReadMeans(t.Context(), r, []model.Point{p}, except)
		if err != nil {
			t.Fatal(err)
		}
		sum := func(want func(*dataset.Question) bool) []float64 {
			total, n := make([]float64, m.Dim), 0.0
			for i := range questions {
				q := &questions[i]
				if !want(q) || q.Template == except {
					continue
				}
				rows := datasettest.Blocks(m, q, i)["resid_post"].Data[len(q.Rows)*m.Dim : 2*len(q.Rows)*m.Dim] // layer 2 is the second stored
				for k, x := range rows {
					total[k%m.Dim] += float64(x)
				}
				n += float64(len(q.Rows))
			}
			for k := range total {
				total[k] /= n
			}
			return total
		}
		france := sum(func(q *dataset.Question) bool { return q.Concept == "France" })
		others := sum(func(q *dataset.Question) bool { return q.Concept != "France" })
		japan := sum(func(q *dataset.Question) bool { return q.Concept == "Japan" })
		check := func(what string, have []float64, err error, a, b []float64) {
			for k := range a {
				if err != nil || math.Abs(have[k]-(a[k]-b[k])) > 1e-12 {
					t.Fatalf("except %q: %s: value %d: want %v, have %v, %v", except, what, k, a[k]-b[k], have, err)
				}
			}
		}
		d, err := have.Difference("France", p)
		check("difference", d, err, france, others)
		d, err = have.Pair("France", "Japan", p)
		check("pair", d, err, france, japan)
		d, err = have.Controls("France", p)
		check("controls", d, err, others, make([]float64, m.Dim))
		if _, err := have.Difference("Spain", p); err == nil || !strings.Contains(err.Error(), `"Spain"`) {
			t.Errorf("a concept that is not there: have %v", err)
		}
		if _, err := have.Pair("France", "Japan", model.Point{Site: "mlp_in"}); err == nil {
			t.Error("a point that was not read: want an error")
		}
	}
	if _, err := ReadMeans(t.Context(), r, []model.Point{{Site: "mlp_in", Layer: 1}}, ""); err == nil {
		t.Error("a layer that is not stored: want an error")
	}
}

func TestReadFile(t *testing.T) {
	path := filepath.Join(t.TempDir(), "france.safetensors")
	write := func(meta map[string]string, outputs ...weights.Output) {
		t.Helper()
		if err := weights.WriteSafetensors(path, outputs, meta); err != nil {
			t.Fatal(err)
		}
	}
	vector := func(name string, v ...float32) weights.Output { return weights.FloatOutput(name, v, len(v)) }
	write(map[string]string{"target": "France"}, vector("mean.mlp_in.3", 3, 4), vector("lda.mlp_in.3", 0, 20), vector("lda.mlp_in.4", 0, 20),
		vector("control_mean.mlp_in.3", 1, 1), vector("auroc", 1), vector("pca.v2.mlp_in.10", 1, 0))
	at := model.Point{Site: "mlp_in", Layer: 3}
	f, err := ReadFile(path, "lda")
	if err != nil || f.Target() != "France" || len(f.Points()) != 2 || f.Points()[0] != at {
		t.Fatalf("have %+v, %v", f, err)
	}
	if v, err := f.Difference("France", at); err != nil || !slices.Equal(v, []float64{0, 5}) {
		t.Errorf("want the length of the mean, 5, have %v, %v", v, err)
	}
	if v, err := f.Difference("France", model.Point{Site: "mlp_in", Layer: 4}); err != nil || v[1] != 20 {
		t.Errorf("without the mean: want its own length, have %v, %v", v, err)
	}
	if v, err := f.Controls("France", at); err != nil || !slices.Equal(v, []float64{1, 1}) {
		t.Errorf("controls: have %v, %v", v, err)
	}
	if f, err := ReadFile(path, "pca.v2"); err != nil || f.Points()[0].Layer != 10 {
		t.Errorf("a method with a point in its name: have %v", err)
	}
	for name, err := range map[string]error{
		`want the direction of "Japan", have that of "France"`: second(f.Difference("Japan", at)),
		"want a tensor lda.mlp_in.5":                           second(f.Difference("France", model.Point{Site: "mlp_in", Layer: 5})),
		"pairs of concepts need a dataset":                     second(f.Pair("France", "Japan", at)),
		`have methods ["lda" "mean" "pca.v2"]`:                 second2(ReadFile(path, "ccs")),
	} {
		if err == nil || !strings.Contains(err.Error(), name) {
			t.Errorf("want %q, have %v", name, err)
		}
	}
	write(nil, weights.FloatOutput("mean.mlp_in.0", []float32{1, 2}, 1, 2))
	if _, err := ReadFile(path, "mean"); err == nil || !strings.Contains(err.Error(), "want a vector [D]") {
		t.Errorf("a matrix: have %v", err)
	}
}

func second(_ []float64, err error) error { return err }
func second2(_ *File, err error) error    { return err }

func TestParseName(t *testing.T) {
	for name, ok := range map[string]bool{
		"mean.mlp_in.3": true, "a.b.mlp_in.12": true, "mean.mlp_in": false, "mean.3": false, ".mlp_in.3": false, "mean..3": false,
		"mean.mlp_in.-1": false, "mean.mlp_in.03": false, "mean.mlp_in.x": false, "": false,
	} {
		if _, _, have := parseName(name); have != ok {
			t.Errorf("%q: want %v, have %v", name, ok, have)
		}
	}
}
