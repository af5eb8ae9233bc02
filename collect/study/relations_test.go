package study

import (
	"math"
	"os"
	"reflect"
	"slices"
	"strings"
	"testing"
)

// continents is a relation that the model in the program knows.
func continents(t *testing.T) Relation {
	t.Helper()
	table, err := os.ReadFile("../../weights/catalogue/embedded/tiny-countries/facts.tsv")
	if err != nil {
		t.Fatal(err)
	}
	r := Relation{Name: "country continent", Templates: []string{
		"<|im_start|>user\nWhat continent is {concept} located in?<|im_end|>\n<|im_start|>assistant\nIt is located in",
		"<|im_start|>user\nWhat is the capital of {concept}?<|im_end|>\n<|im_start|>assistant\nIt is located in",
		"{concept}",
	}[:2]}
	for _, line := range strings.Split(strings.TrimSpace(string(table)), "\n")[1:] {
		c := strings.Split(line, "\t")
		r.Facts = append(r.Facts, RelationFact{c[0], c[4]})
	}
	return r
}

// relationOptions are quick ones.
func relationOptions(dir string) RelationsOptions {
	return RelationsOptions{Options: Options{Dir: dir, Threads: 2, Seed: 1, Watch: silent{}}, Limit: 24, Targets: 2, Layers: []int{1, 4}, Alpha: 4}
}

// TestRelations: in the model of the program the continent of unseen countries is
// read, far above continents dealt anew, and its direction moves answers.
func TestRelations(t *testing.T) {
	l := tinyCountries(t)
	dir := t.TempDir()
	r, err := RunRelations(t.Context(), l, []Relation{continents(t)}, relationOptions(dir))
	if err != nil {
		t.Fatal(err)
	}
	x := r.Relations[0]
	if x.Of != 65 || x.Facts < 20 || len(x.Known) < x.Facts*9/10 || x.Templates[0].Own < x.Facts*9/10 || len(x.Objects) < 4 {
		t.Errorf("known: have %+v", x)
	}
	last := x.Read[len(x.Read)-1]
	if last.Site != residual || last.AUROC < 0.9 || last.AUROC <= last.Null.High || math.Abs(float64(last.Null.Mean)-0.5) > 0.1 {
		t.Errorf("read: have %+v", last)
	}
	most := 0.0
	for _, s := range x.Causal.Summaries {
		if s.RandomNet != nil {
			most = max(most, s.Net-*s.RandomNet)
		}
	}
	if most < 1 {
		t.Errorf("steering: want an effect, have %v", most)
	}
	var b strings.Builder
	r.Print(&b)
	for _, want := range []string{"(asked)", "objects with two known subjects", "objects dealt anew", "to target", "resid_post.4"} {
		if !strings.Contains(b.String(), want) {
			t.Errorf("want %q in %s", want, b.String())
		}
	}
	again, err := RunRelations(t.Context(), l, []Relation{continents(t)}, relationOptions(dir))
	if err != nil || !reflect.DeepEqual(again.Relations[0].Read, x.Read) {
		t.Errorf("a finished one: want it kept, have %v", err)
	}
	if data, err := os.ReadFile(dir + "/relations.txt"); err != nil || string(data) != b.String() {
		t.Errorf("want the tables as relations.txt, have %v", err)
	}
}

// TestRelationsUnknown: a relation with nothing known is reported, not steered.
func TestRelationsUnknown(t *testing.T) {
	l := tinyCountries(t)
	r := Relation{Name: "x", Templates: []string{"The colour of {concept} is", "{concept} has the colour"}, Facts: []RelationFact{{"France", "red"}, {"Japan", "red"}}}
	result, err := RunRelations(t.Context(), l, []Relation{r}, relationOptions(t.TempDir()))
	if err != nil {
		t.Fatal(err)
	}
	if x := result.Relations[0]; x.Causal != nil || x.Read != nil || !strings.Contains(x.Reason, "two objects") {
		t.Errorf("have %+v", x)
	}
}

// TestRelationsData reads the data in the program.
func TestRelationsData(t *testing.T) {
	list, err := Relations()
	if err != nil || len(list) != 7 {
		t.Fatalf("want seven relations, have %d, %v", len(list), err)
	}
	var objects []string
	for _, r := range list {
		if len(r.Templates) < 2 || len(r.Facts) < 24 {
			t.Errorf("%s: have %d templates, %d facts", r.Name, len(r.Templates), len(r.Facts))
		}
		for _, f := range r.Facts {
			objects = append(objects, f.Object)
			if strings.Contains(f.Subject+f.Object, `\u`) {
				t.Errorf("%s: have %+v", r.Name, f)
			}
		}
	}
	if !slices.Contains(objects, "Brasília") {
		t.Error("want Brasília")
	}
	for data, want := range map[string]string{
		`{"prompt_templates": ["no place"]}`:                          "want one {}",
		`{"prompt_templates": ["{}"], "samples": [{"subject": "a"}]}`: "want a subject and an object",
		`{`: "unexpected end",
	} {
		if _, err := parseRelation([]byte(data)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: want %q, have %v", data, want, err)
		}
	}
}

// TestLimitFacts keeps objects with several subjects.
func TestLimitFacts(t *testing.T) {
	list, err := Relations()
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range list {
		count := map[string]int{}
		some := limitFacts(r.Facts, 40, 1)
		for _, f := range some {
			count[f.Object]++
		}
		if len(r.Facts) > 40 && (len(some) != 40 || len(count) != 8) || len(r.Facts) <= 40 && len(some) != len(r.Facts) {
			t.Errorf("%s: have %d of %d facts, %d objects", r.Name, len(some), len(r.Facts), len(count))
		}
	}
}

// TestReadObject: rows that hold the object are read, whatever the subject; the
// figure by hand for one that does not.
func TestReadObject(t *testing.T) {
	if x := rankShare([]float64{2, 1}, []float64{0, 1}); x != 3.5/4 {
		t.Errorf("AUROC of (2, 1) over (0, 1): want 0.875, have %v", x)
	}
	r := Relation{Templates: []string{"a", "b"}, Facts: []RelationFact{{"1", "x"}, {"2", "x"}, {"3", "y"}, {"4", "y"}}}
	halves, objects := splitSubjects(r, []bool{true, true, true, true}, 1)
	if len(objects) != 2 || halves[0]+halves[1] != 3 || halves[2]+halves[3] != 3 {
		t.Fatalf("want each object's subjects in both halves, have %v", halves)
	}
	var list []*relationQuestion
	for i, f := range r.Facts {
		for k := range r.Templates {
			row := []float32{0, float32(i), float32(k)}
			if f.Object == "x" {
				row[0] = 10
			}
			list = append(list, &relationQuestion{fact: i, template: k, rows: [][]float32{row}})
		}
	}
	object := []string{"x", "x", "y", "y"}
	if x := readObject("x", object, halves, list, gramOf(list, 0), 2); x != 1 {
		t.Errorf("want 1, have %v", x)
	}
	for _, other := range dealObjects(object, halves, 1) {
		if slices.Sort(other); !slices.Equal(other, object) {
			t.Errorf("dealt anew: want the same objects, have %v", other)
		}
	}
}

func TestRelationsRefuse(t *testing.T) {
	l := tinyCountries(t)
	for want, change := range map[string]func(o *RelationsOptions){
		`have "neighbour"`:  func(o *RelationsOptions) { o.Names = []string{"neighbour"} },
		"want 2 facts":      func(o *RelationsOptions) { o.Limit = 1 },
		"want a layer from": func(o *RelationsOptions) { o.Layers = []int{77} },
		"want a folder":     func(o *RelationsOptions) { o.Dir = "" },
	} {
		o := relationOptions(t.TempDir())
		change(&o)
		if _, err := RunRelations(t.Context(), l, []Relation{continents(t)}, o); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("want %q, have %v", want, err)
		}
	}
}
