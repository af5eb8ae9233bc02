package direction

import (
	"fmt"
	"os"
	"runtime/debug"
	"strconv"
	"strings"
	"testing"
	"time"

	"premlp/collect/dataset"
)

// large is a dataset of a large model that is made as it is read: 21 concepts ×
// 200 templates, each with so many rows.
type large struct {
	rows, dim, layers int
}

const largeConcepts, largeTemplates = 21, 200

func (s large) Manifest() dataset.Manifest {
	m := dataset.Manifest{Target: "concept 0", Sites: []string{"mlp_in"}, Dim: s.dim}
	for c := 1; c < largeConcepts; c++ {
		m.Controls = append(m.Controls, fmt.Sprintf("concept %d", c))
	}
	for l := range s.layers {
		m.Layers = append(m.Layers, l)
	}
	return m
}

func (s large) Len() int { return largeConcepts * largeTemplates }

func (s large) Question(i int) (*dataset.Question, error) {
	c, t := i%largeConcepts, i/largeConcepts
	q := &dataset.Question{ID: strconv.Itoa(i), Concept: fmt.Sprintf("concept %d", c), Template: fmt.Sprintf("{concept} %d", t), IDs: []int32{int32(1000 + c)}}
	for k := range s.rows {
		q.IDs = append(q.IDs, int32(k+1))
		q.Rows = append(q.Rows, int32(k+1))
	}
	return q, nil
}

// Rows are noise, a component of the template, and one value in 64 that the concept
// moves.
func (s large) Rows(i int, _ string, layer int, dst []float32) ([]float32, error) {
	dst = dst[:0]
	c := i % largeConcepts
	for k := range s.rows {
		at := uint64((i*1000+k)*64+layer) << 16
		for j := range s.dim {
			x := (at + uint64(j) + 1) * 0x9e3779b97f4a7c15 // SplitMix64
			x = (x ^ x>>30) * 0xbf58476d1ce4e5b9
			x = (x ^ x>>27) * 0x94d049bb133111eb
			x ^= x >> 31
			v := float32(int32(x>>40))/(1<<23) - 1 // from -1 to 1
			if j%64 == c {
				v += 0.2
			}
			v += 0.2 * float32(i/largeConcepts%7-3) * float32(j%5-2) // the template
			dst = append(dst, v)
		}
	}
	return dst, nil
}

// TestMemory runs one layer of a large model and prints the most memory that it
// took; docs/directions.md has the figures. PREMLP_TEST_LARGE is "rows per
// question,D,methods": "24,4096," is 100,800 rows of a 7B model and all methods.
func TestMemory(t *testing.T) {
	setting := os.Getenv("PREMLP_TEST_LARGE")
	if setting == "" {
		t.Skip("PREMLP_TEST_LARGE is not set")
	}
	var s large
	parts := strings.SplitN(setting, ",", 3)
	if len(parts) != 3 {
		t.Fatalf("PREMLP_TEST_LARGE: want three parts, have %q", setting)
	}
	s.rows, _ = strconv.Atoi(parts[0])
	s.dim, _ = strconv.Atoi(parts[1])
	s.layers = 1
	o := Options{}
	if parts[2] != "" {
		o.Methods = strings.Split(parts[2], ",")
	}
	defer debug.SetGCPercent(debug.SetGCPercent(25)) // as the program has it
	start := time.Now()
	r, err := Analyse(t.Context(), s, o)
	if err != nil {
		t.Fatal(err)
	}
	for _, m := range r.Layers[0].Methods {
		t.Logf("%s: AUROC %.3f %s %s", m.Method, m.AUROC, m.Verdict.Word, m.Failed)
	}
	t.Logf("%d rows of %d values, one layer: %v", r.Rows, s.dim, time.Since(start))
	kept, err := os.ReadFile("/proc/self/status")
	if err != nil {
		return
	}
	for line := range strings.Lines(string(kept)) {
		if most, ok := strings.CutPrefix(line, "VmHWM:"); ok {
			t.Log("most memory:", strings.TrimSpace(most))
			if kb, _ := strconv.Atoi(strings.Fields(most)[0]); kb > 4<<20 {
				t.Errorf("want at most 4 GiB, have %d KiB", kb)
			}
		}
	}
}
