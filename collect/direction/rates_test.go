package direction

import (
	"fmt"
	"math/rand/v2"
	"os"
	"strings"
	"testing"

	"premlp/collect/dataset"
)

// dealt is a source whose rows change places between the concepts of each
// template, so that no concept is anywhere more than by chance.
type dealt struct {
	Source
	from []int // whose rows a question has
}

func deals(t *testing.T, s Source, seed uint64) dealt {
	t.Helper()
	r := rand.New(rand.NewPCG(seed, 77))
	templates := map[string][]int{}
	var order []string
	for i := range s.Len() {
		q, err := s.Question(i)
		if err != nil {
			t.Fatal(err)
		}
		if templates[q.Template] == nil {
			order = append(order, q.Template)
		}
		templates[q.Template] = append(templates[q.Template], i)
	}
	d := dealt{s, make([]int, s.Len())}
	for _, name := range order {
		list := templates[name]
		for k, p := range r.Perm(len(list)) {
			d.from[list[k]] = list[p]
		}
	}
	return d
}

func (d dealt) Rows(i int, site string, layer int, dst []float32) ([]float32, error) {
	return d.Source.Rows(d.from[i], site, layer, dst)
}

// verdicts counts words by method.
type verdicts map[string]map[string]int

func (v verdicts) add(r *Report) {
	for _, l := range r.Layers {
		for _, m := range l.Methods {
			if v[m.Method] == nil {
				v[m.Method] = map[string]int{}
			}
			word, _, _ := strings.Cut(m.Verdict.Word, " by ")
			v[m.Method][word]++
			v[m.Method]["all"]++
		}
	}
}

func (v verdicts) String() string {
	var b strings.Builder
	for _, m := range methods {
		if n := v[m.name]; n != nil {
			fmt.Fprintf(&b, "\n%-12s supported %3d  weak %3d  explained %3d  unsupported %3d  of %d", m.name, n[Supported], n[Weak], n["explained"], n[Unsupported], n["all"])
		}
	}
	return b.String()
}

// TestNullJobReal: on a model's own rows, dealt anew in each template, a control
// as the target is supported by no method, or by hardly any.
func TestNullJobReal(t *testing.T) {
	s, _ := readGolden(t)
	found := verdicts{}
	for seed := range uint64(4) {
		o := few
		o.Target, o.Methods = s.names[3+seed], []string{Mean, LDA, LEACE, PCA}
		found.add(analyse(t, deals(t, s, seed), o))
	}
	t.Log(found)
	for name, n := range found {
		if n["all"] != 12 || n[Supported] > 0 {
			t.Errorf("%s: want none of 12 supported, have %d of %d", name, n[Supported], n["all"])
		}
	}
}

// TestRates counts how often rows without a concept are called supported, and
// how often those of a real one are, on the dataset that PREMLP_TEST_DATASET
// names: docs/directions.md has the figures. With PREMLP_TEST_LONG it makes 40
// null jobs and lets 20 concepts be the target.
func TestRates(t *testing.T) {
	dir := os.Getenv("PREMLP_TEST_DATASET")
	if dir == "" || os.Getenv("PREMLP_TEST_LONG") == "" {
		t.Skip("PREMLP_TEST_LONG is not set, or PREMLP_TEST_DATASET names no dataset")
	}
	r, err := dataset.Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	m := r.Manifest()
	concepts := append([]string{m.Target}, m.Controls...)
	last := m.Layers[len(m.Layers)-1]
	o := Options{Layers: []int{0, last / 3, 2 * last / 3, last}}
	null, real := verdicts{}, verdicts{}
	for seed := range uint64(40) {
		o.Target = concepts[1+seed%uint64(len(concepts)-1)]
		null.add(analyse(t, deals(t, r, seed), o))
		if o.Target = concepts[seed/2%uint64(len(concepts))]; seed%2 == 0 {
			real.add(analyse(t, r, o))
		}
		t.Logf("%d null jobs, rows dealt anew: %v\nrows as they are: %v", seed+1, null, real)
	}
	for name, n := range null {
		if n[Supported]*20 > n["all"] {
			t.Errorf("%s: want at most 1 in 20 null jobs supported, have %d of %d", name, n[Supported], n["all"])
		}
	}
}
