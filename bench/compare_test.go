package bench

import (
	"bytes"
	"encoding/json"
	"encoding/xml"
	"image/png"
	"math"
	"strings"
	"testing"
)

// ramp returns n times from a base on, a hundredth of it apart.
func ramp(base float64, n int) []float64 {
	list := make([]float64, n)
	for i := range list {
		list[i] = base * (1 + 0.01*float64(i))
	}
	return list
}

// resultOf is a result of a forward pass with the times given.
func resultOf(series ...Series) *Result {
	return &Result{Measure: "forward", Machine: &Machine{CPU: "a", Cores: 2, Go: "go1"}, Threads: 2, Series: series}
}

func TestCompare(t *testing.T) {
	old := resultOf(Series{"same", ramp(1, 8)}, Series{"faster", ramp(1, 8)}, Series{"few", ramp(1, 3)}, Series{"gone", ramp(1, 8)})
	fresh := resultOf(Series{"faster", ramp(0.5, 8)}, Series{"same", ramp(1.001, 8)}, Series{"few", ramp(2, 3)}, Series{"come", ramp(1, 8)})
	fresh.Threads, fresh.Machine.Revision = 1, "abc"
	c, err := Compare(old, fresh)
	if err != nil {
		t.Fatal(err)
	}
	rows := map[string]ComparisonRow{}
	for _, r := range c.Rows {
		rows[r.Name] = r
	}
	if r := rows["same"]; r.Differs || r.P < 0.5 || math.Abs(r.Change-0.001) > 1e-12 {
		t.Errorf("same: have %+v", r)
	}
	// By order statistics, the interval of the median of 8 goes from the second to the
	// seventh.
	if r := rows["faster"]; !r.Differs || r.P > 0.001 || math.Abs(r.Change+0.5) > 1e-12 ||
		math.Abs(r.Old.Interval.Low-1.00) > 0.0101 || r.Old.Interval.Low > r.Old.Median || r.New.Interval.High < r.New.Median || r.Old.Runs != 8 {
		t.Errorf("faster: have %+v", r)
	}
	if r := rows["few"]; r.Differs || r.Old.Interval != nil || !strings.Contains(r.Note, "4 samples") {
		t.Errorf("few: have %+v", r)
	}
	if len(c.Rows) != 3 || c.OnlyOld[0] != "gone" || c.OnlyNew[0] != "come" {
		t.Errorf("have %d rows, only old %v, only new %v", len(c.Rows), c.OnlyOld, c.OnlyNew)
	}
	if want := math.Cbrt(1.001*0.5*2) - 1; math.Abs(c.Geomean-want) > 1e-12 {
		t.Errorf("geometric mean: want %v, have %v", want, c.Geomean)
	}
	if len(c.Differ) != 2 || c.Differ[0] != (Difference{"program", "", "abc"}) || c.Differ[1] != (Difference{"threads", "2", "1"}) {
		t.Errorf("differences: have %v", c.Differ)
	}
	if _, err := json.Marshal(c); err != nil {
		t.Error(err)
	}
	var text bytes.Buffer
	c.Print(&text)
	for _, want := range []string{"-50.00 %", "~", "± ?", "threads: old 2, new 1", "program: old unknown, new abc", "only in the old one: gone"} {
		if !strings.Contains(text.String(), want) {
			t.Errorf("want %q in %s", want, text.String())
		}
	}
}

func TestCompareRefuses(t *testing.T) {
	a, b := resultOf(Series{"x", ramp(1, 2)}), resultOf(Series{"y", ramp(1, 2)})
	if _, err := Compare(a, b); err == nil || !strings.Contains(err.Error(), "no row in common") {
		t.Errorf("have %v", err)
	}
	b.Measure = "job"
	if _, err := Compare(a, b); err == nil || !strings.Contains(err.Error(), "have forward and job") {
		t.Errorf("have %v", err)
	}
}

func TestComparisonPicture(t *testing.T) {
	c, err := Compare(resultOf(Series{"1 × 8 tokens", ramp(1, 8)}, Series{"few", ramp(1, 2)}), resultOf(Series{"1 × 8 tokens", ramp(2, 8)}, Series{"few", ramp(1, 2)}))
	if err != nil {
		t.Fatal(err)
	}
	data, err := c.Picture("png")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := png.Decode(bytes.NewReader(data)); err != nil {
		t.Error(err)
	}
	if data, err = c.Picture("svg"); err != nil {
		t.Fatal(err)
	}
	if err := xml.Unmarshal(data, new(struct{ XMLName xml.Name })); err != nil {
		t.Error(err)
	}
	if _, err := c.Picture("bmp"); err == nil {
		t.Error("bmp: want an error")
	}
}

// TestResultsAreRead: every report is read back with the times it was written with.
func TestResultsAreRead(t *testing.T) {
	m, times := &Machine{CPU: "a"}, Summarize([]float64{2, 1, 3})
	for _, c := range []struct {
		report any
		want   []Series
	}{
		{&KernelReport{Measure: "kernels", Machine: m, Rows: []KernelRow{{Shape: Shape{1, 2, 3}, Format: "f32", Products: 10, Times: times}}},
			[]Series{{"1,2,3 f32 hot", []float64{0.2, 0.1, 0.3}}}},
		{&ForwardReport{Measure: "forward", Machine: m, Rows: []ForwardRow{{Prompts: 2, Length: 5, Times: times, Capture: &Cost{Without: Summarize([]float64{7})}}}},
			[]Series{{"2 × 5 tokens", []float64{2, 1, 3}}, {"2 × 5 tokens, no site taken", []float64{7}}}},
		{&JobReport{Measure: "job", Machine: m, Prepare: Summarize([]float64{7}), Run: times}, []Series{{"prepare the job", []float64{7}}, {"run the job", []float64{2, 1, 3}}}},
		{&DecodeReport{Measure: "decode", Machine: m, Prompt: 4, Tokens: 9, Times: times}, []Series{{"9 tokens behind 4", []float64{2, 1, 3}}}},
		{&LoadReport{Measure: "load", Machine: m, Open: times, Session: times, FirstRow: times},
			[]Series{{"opened", []float64{2, 1, 3}}, {"session ready", []float64{2, 1, 3}}, {"first row", []float64{2, 1, 3}}}},
		{&ProfileReport{Measure: "profile", Machine: m, Passes: Cost{With: times, Without: times}, Modules: []ProfileRow{{Name: "q", With: []string{"k"}, Times: times}, {Name: "none"}}},
			[]Series{{"pass, not recorded", []float64{2, 1, 3}}, {"pass", []float64{2, 1, 3}}, {"q + k", []float64{2, 1, 3}}}},
	} {
		data, err := json.Marshal(c.report)
		if err != nil {
			t.Fatal(err)
		}
		r, err := ReadResult(data)
		if err != nil {
			t.Fatalf("%T: %v", c.report, err)
		}
		have, _ := json.Marshal(r.Series)
		if want, _ := json.Marshal(c.want); !bytes.Equal(have, want) {
			t.Errorf("%T: want %s, have %s", c.report, want, have)
		}
	}
	if len(measures) != 6 {
		t.Errorf("want 6 measures tested, have %d", len(measures))
	}
}

// badResults are files that are no results.
var badResults = []struct{ text, want string }{
	{"", "unexpected end"},
	{"[]", "cannot unmarshal"},
	{"{}", `have ""`},
	{`{"measure": "dataset"}`, `have "dataset"`},
	{`{"measure": "decode"}`, "want the machine"},
	{`{"measure": "decode", "machine": {}, "times": 3}`, "cannot unmarshal"},
	{`{"measure": "forward", "machine": {}, "rows": []}`, "have 0"},
	{`{"measure": "decode", "machine": {}, "times": {"runs": 3}}`, "measure it again"},
	{`{"measure": "decode", "machine": {}, "times": {"samples_s": [1, 0]}}`, "time 1: want from 1e-12"},
	{`{"measure": "forward", "machine": {}, "rows": [{"times": {"samples_s": [1]}}, {"times": {"samples_s": [1]}}]}`, "have two"},
}

func TestReadResultRefuses(t *testing.T) {
	for _, c := range badResults {
		if _, err := ReadResult([]byte(c.text)); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: want %q, have %v", c.text, c.want, err)
		}
	}
}

// FuzzReadResult: what is read can be compared with itself, printed and drawn.
func FuzzReadResult(f *testing.F) {
	for _, c := range badResults {
		f.Add([]byte(c.text))
	}
	f.Add([]byte(`{"measure": "decode", "machine": {"cpu": "a", "load_average": 0.5}, "tokens": 3, "times": {"samples_s": [1, 2, 3, 4, 5, 6.5]}}`))
	f.Add([]byte(`{"measure": "profile", "machine": {}, "passes": {"with": {"samples_s": [1e-300, 1e300]}, "without": {"samples_s": [1]}}}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		r, err := ReadResult(data)
		if err != nil {
			return
		}
		c, err := Compare(r, r)
		if err != nil {
			t.Fatal(err)
		}
		c.Print(new(bytes.Buffer))
		if _, err := json.Marshal(c); err != nil {
			t.Errorf("%v in %+v", err, c)
		}
		for _, row := range c.Rows {
			if row.Change != 0 || row.Differs {
				t.Errorf("%s differs from itself: %+v", row.Name, row)
			}
		}
	})
}
