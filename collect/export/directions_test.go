package export_test

import (
	"encoding/json"
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"premlp/collect"
	"premlp/weights"
)

// loaders are the snippets of docs/loading-directions.md; of those with a site
// the model's logits are compared.
var loaders = []struct {
	name, title, python, site string
}{
	{"numpy", "numpy", "PREMLP_PYTHON", ""},
	{"torch", "PyTorch and transformers", "PREMLP_TORCH_PYTHON", "resid_post"},
	{"torch-mlp_in", "", "PREMLP_TORCH_PYTHON", "mlp_in"},
	{"transformer-lens", "TransformerLens", "PREMLP_TORCH_PYTHON", "resid_post"},
	{"nnterp", "nnterp", "PREMLP_TORCH_PYTHON", "resid_post"},
	{"repeng", "repeng", "PREMLP_REPENG_PYTHON", "resid_post"},
}

// TestLoaders holds that each snippet does to a model what the edit does here:
// the same logits at every token.
func TestLoaders(t *testing.T) {
	const folder, layer, alpha, prompt = "../../weights/catalogue/embedded/tiny-countries", 3, 2, "What is the capital of Italy?"
	l, err := collect.OpenModel(folder)
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	path, vectors := directionsOf(t, l.Model.Config().Dim, layer)
	ids, err := l.RawPrompt(prompt)
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range loaders {
		t.Run(c.name, func(t *testing.T) {
			python := os.Getenv(c.python)
			if python == "" {
				t.Skipf("%s names no Python", c.python)
			}
			out := filepath.Join(t.TempDir(), "out")
			runPython(t, python, "testdata/directions.py", "testdata/directions/"+c.name+".py", path, folder, fmt.Sprint(layer), fmt.Sprint(alpha), prompt, out)
			have := floats(readFile(t, out))
			var want []float32
			if c.site == "" { // the score of the target's mean row is the direction's length
				var square float64
				for _, x := range vectors["resid_post"] {
					square += float64(x) * float64(x)
				}
				want = []float32{float32(math.Sqrt(square))}
			} else {
				want = steered(t, l.Model, ids, c.site, layer, vectors[c.site], alpha)
			}
			if len(have) != len(want) {
				t.Fatalf("want %d numbers, have %d", len(want), len(have))
			}
			if x := apart(have, want); x > 1e-5 {
				t.Errorf("want the same numbers, have %.2g of the largest between them", x)
			}
		})
	}
}

// directionsOf writes a file of directions of one layer at two sites.
func directionsOf(t *testing.T, dim, layer int) (path string, vectors map[string][]float32) {
	t.Helper()
	path, vectors = filepath.Join(t.TempDir(), "d.safetensors"), map[string][]float32{}
	verdicts := map[string]map[string]string{}
	var list []weights.Output
	r := rand.New(rand.NewPCG(3, 4))
	for _, site := range []string{"resid_post", "mlp_in"} {
		v := make([]float32, dim)
		for i := range v {
			v[i] = float32(r.NormFloat64())
		}
		name := fmt.Sprintf("mean.%s.%d", site, layer)
		verdicts[name] = map[string]string{"word": "supported"}
		list = append(list, weights.FloatOutput(name, v, dim), weights.FloatOutput("control_"+name, v, dim))
		vectors[site] = v
	}
	text, err := json.Marshal(verdicts)
	if err != nil {
		t.Fatal(err)
	}
	if err := weights.WriteSafetensors(path, list, map[string]string{"target": "x", "model": "m", "verdicts": string(text)}); err != nil {
		t.Fatal(err)
	}
	return path, vectors
}

// TestLoadersDocumented: the page shows the snippets that TestLoaders runs.
func TestLoadersDocumented(t *testing.T) {
	unix := func(b []byte) string { return strings.ReplaceAll(string(b), "\r\n", "\n") }
	page := unix(readFile(t, "../../docs/loading-directions.md"))
	for _, c := range loaders {
		snippet := "```python\n" + unix(readFile(t, "testdata/directions/"+c.name+".py")) + "```\n"
		if c.title != "" && !strings.Contains(page, "## "+c.title+"\n\n") || !strings.Contains(page, snippet) {
			t.Errorf("docs/loading-directions.md: want testdata/directions/%s.py as it is, have another", c.name)
		}
	}
}
