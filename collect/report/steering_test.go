package report

import (
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"premlp/collect/steering"
	"premlp/model"
)

const modelDigest = "ab"

// steeringTest are effects of two targets at two sites, three layers and three
// strengths, that grow with both at resid_post.
func steeringTest() SteeringTest {
	t := SteeringTest{Method: "mean"}
	t.Question, t.Prefix, t.Positions = "What is the capital of {concept}?", "The capital is", steering.After
	for _, target := range []string{names[0], names[1]} {
		for _, site := range []model.Site{"mlp_in", "resid_post"} {
			for layer := range 3 {
				for _, alpha := range []float64{-1, 1, 2, 4} {
					size := alpha * float64(layer)
					if site == "mlp_in" {
						size /= 100
					}
					own, kl := -size/2, 0.01
					t.Effects = append(t.Effects, steering.Effect{
						Target: target, Kind: steering.AddDifference, Alpha: alpha, Place: steering.Place{Site: site, Layers: []int{layer}},
						Questions: 4, ToTarget: size, Right: -size / 4, Net: size, Flipped: layer, Own: &own, KL: &kl, Random: &steering.Null{Draws: 1, Net: 0.1, ToTarget: 0.1},
					})
				}
			}
		}
	}
	return t
}

// steeringFiles writes a test and an answer as the commands do.
func steeringFiles(t *testing.T, digest string) []string {
	t.Helper()
	dir := t.TempDir()
	test := map[string]any{"weights": digest, "results": []SteeringTest{steeringTest()}}
	answer := map[string]any{
		"weights": digest, "steer": map[string]any{"target": names[0], "method": "mean", "alpha": 2, "site": "resid_post", "layers": []int{2}},
	}
	for key, text := range map[string]string{"off": "Rome.", "on": "Paris <script>alert(1)</script>."} {
		answer[key] = map[string]any{"prompt": map[string]string{"text": "What is the capital of Italy?"}, "samples": []map[string]string{{"text": text}}}
	}
	var list []string
	for name, v := range map[string]any{"test.json": test, "answer.json": answer} {
		data, err := json.Marshal(v)
		if err == nil {
			list = append(list, filepath.Join(dir, name))
			err = os.WriteFile(list[len(list)-1], data, 0o644)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	return list
}

// steeredPage is a page with everything.
func steeredPage(t *testing.T) *Page {
	t.Helper()
	s, err := ReadSteering(steeringFiles(t, modelDigest), modelDigest)
	if err != nil {
		t.Fatal(err)
	}
	p, err := Make(t.Context(), synthetic(t, names, wordings, 1), Options{Steering: s})
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// TestSteering holds that the page shows what the direction did, and no longer
// says that nothing was changed.
func TestSteering(t *testing.T) {
	data, err := steeredPage(t).HTML()
	if err != nil {
		t.Fatal(err)
	}
	checkPage(t, data, nil, "steering", "doses", "changes")
	for _, want := range []string{"Paris &lt;script&gt;", "4 times", "strongest of 24 edits", "random directions of the same length by &#43;0.10", "2 of 4 answers became France&#39;s"} {
		if !strings.Contains(string(data), want) {
			t.Errorf("want %q", want)
		}
	}
	if strings.Contains(string(data), notChanged) || strings.Contains(string(data), "Nothing here changed") {
		t.Error("want no claim that nothing was changed, have it")
	}
	plain := page(t, synthetic(t, names, wordings, 1))
	if !slices.ContainsFunc(plain.Refused, func(s string) bool { return strings.HasSuffix(s, notChanged) }) {
		t.Errorf("without steering: want the claim that ends %q, have %q", notChanged, plain.Refused)
	}
}

func TestSteeringRefuses(t *testing.T) {
	write := func(text string) string {
		path := filepath.Join(t.TempDir(), "x.json")
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
		return path
	}
	for _, c := range []struct{ text, want string }{
		{`{"weights": "cd", "results": [{}]}`, "want a test of this dataset's model, weights ab, have cd"},
		{`{"results": [{}]}`, "have none named"},
		{`{"weights": "ab"}`, "have neither"},
		{`{"weights": "ab", "results": [{"method": "mean"}]}`, "method mean: want effects, have none"},
		{`{"weights": "ab", "results": [{"method": "mean", "effects": [{"target": "France"}]}]}`, "want a place with layers"},
		{`{"weights": "ab", "results": [{"method": "mean", "effects": [{"target": "France", "place": {"layers": [-1]}}]}]}`, "want a place with layers from 0"},
		{`{"weights": "ab", "off": {"samples": [{}]}, "on": {}, "steer": {"layers": [1]}}`, "have neither"},
		{`[]`, "cannot unmarshal"},
	} {
		if _, err := ReadSteering([]string{write(c.text)}, modelDigest); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: want %q, have %v", c.text, c.want, err)
		}
	}
	s := &Steering{Tests: []SteeringTest{steeringTest()}}
	if _, err := Make(t.Context(), synthetic(t, names, wordings, 1), Options{Steering: s, Target: "Peru"}); err == nil || !strings.Contains(err.Error(), `want tests of "Peru", have some of ["France"]`) {
		t.Errorf("another target: have %v", err)
	}
}

// TestCurve holds that no change at strength 0 stands where it belongs.
func TestCurve(t *testing.T) {
	all := (&Steering{Tests: []SteeringTest{steeringTest()}}).traces(names[0])
	x, y := all[len(all)-1].curve(func(s *step) float64 { return s.Net })
	if !slices.Equal(x, []float64{-1, 0, 1, 2, 4}) || !slices.Equal(y, []float64{-2, 0, 2, 4, 8}) {
		t.Errorf("have %v, %v", x, y)
	}
	if s := all[len(all)-1].last(); s.under != 8 || s.over != 8 {
		t.Errorf("other targets: want 8 to 8, have %v to %v", s.under, s.over)
	}
}

// TestTwoFiles holds that strengths tried in two runs stand in one curve.
func TestTwoFiles(t *testing.T) {
	all := steeringTest()
	one, two := all, all
	one.Effects, two.Effects = nil, nil
	for _, e := range all.Effects {
		if e.Alpha < 2 {
			one.Effects = append(one.Effects, e)
		}
		if e.Alpha > 0 { // strength 1 is in both
			two.Effects = append(two.Effects, e)
		}
	}
	have := (&Steering{Tests: []SteeringTest{one, two}}).traces(names[0])
	if len(have) != 6 || len(have[0].steps) != 4 {
		t.Errorf("want 6 curves of 4 strengths, have %d of %d", len(have), len(have[0].steps))
	}
}

// FuzzSteering holds that no file of steering stops the program: it is refused
// or drawn.
func FuzzSteering(f *testing.F) {
	small := steeringTest()
	small.Effects = slices.DeleteFunc(small.Effects, func(e steering.Effect) bool { return e.Place.Layers[0] > 1 || e.Alpha > 2 })
	for _, v := range []any{
		map[string]any{"weights": modelDigest, "results": []SteeringTest{small}},
		map[string]any{"weights": modelDigest, "off": map[string]any{"samples": []any{}}, "on": map[string]any{"samples": []any{}}, "steer": map[string]any{"target": "France", "layers": []int{1}}},
	} {
		data, err := json.Marshal(v)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(data)
	}
	dir := f.TempDir()
	f.Fuzz(func(t *testing.T, data []byte) {
		path := filepath.Join(dir, "x.json")
		if err := os.WriteFile(path, data, 0o644); err != nil {
			t.Fatal(err)
		}
		s, err := ReadSteering([]string{path}, modelDigest)
		if err != nil {
			return
		}
		if s, err = s.of(names[0]); err != nil {
			return
		}
		a := &analysis{target: names[0]}
		if _, err := a.steered(s); err != nil {
			return
		}
		s.answers(a.target)
		s.sum(a.target)
		s.words(a.target)
	})
}
