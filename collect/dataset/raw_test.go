package dataset_test

import (
	"bytes"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"premlp/collect/dataset"
	"premlp/collect/dataset/datasettest"
)

// rawForm is the raw form of question i of datasettest.
func rawForm(t *testing.T, m dataset.Manifest, q *dataset.Question, i int) []byte {
	t.Helper()
	r := dataset.NewRaw(&m)
	n := len(q.Rows)
	raw := make([]byte, r.Size(n))
	for site, b := range datasettest.Blocks(m, q, i) {
		for k := range m.Layers {
			d, s := n*m.Dim, n*m.StatsPerRow[site]
			if err := r.Put(raw, n, site, k, b.Data[k*d:(k+1)*d], b.Stats[k*s:(k+1)*s]); err != nil {
				t.Fatal(err)
			}
		}
	}
	return raw
}

// Questions added by their raw forms make the same files as questions added by
// their values.
func TestAddRaw(t *testing.T) {
	for _, dtype := range []dataset.DType{dataset.F32, dataset.BF16, dataset.F16} {
		m, questions := datasettest.Manifest(), datasettest.Questions(12)
		m.DType, m.ShardBytes = dtype, 3000
		want := datasettest.Write(t, m, questions)
		list, err := dataset.NewList(dataset.Slice(questions))
		if err != nil {
			t.Fatal(err)
		}
		dir := filepath.Join(t.TempDir(), "raw")
		w, err := dataset.Create(dir, m, list)
		if err != nil {
			t.Fatal(err)
		}
		defer w.Close()
		raw := make([][]byte, len(questions))
		for i := range raw {
			raw[i] = rawForm(t, m, &questions[i], i)
		}
		for _, part := range [][2]int{{0, 5}, {5, 6}, {6, 12}} {
			if err := w.AddRaw(part[0], raw[part[0]:part[1]]); err != nil {
				t.Fatal(err)
			}
		}
		if err := w.Finish(datasettest.Run()); err != nil {
			t.Fatal(err)
		}
		files, err := filepath.Glob(filepath.Join(want, "*"))
		if err != nil || len(files) < 5 {
			t.Fatal(files, err)
		}
		for _, file := range files {
			a, errA := os.ReadFile(file)
			b, errB := os.ReadFile(filepath.Join(dir, filepath.Base(file)))
			if errA != nil || errB != nil || !bytes.Equal(a, b) {
				t.Errorf("%s: %s: other bytes, %v, %v", dtype, filepath.Base(file), errA, errB)
			}
		}
	}
}

func TestAddRawRefuses(t *testing.T) {
	m, questions := datasettest.Manifest(), datasettest.Questions(3)
	list, err := dataset.NewList(dataset.Slice(questions))
	if err != nil {
		t.Fatal(err)
	}
	w, err := dataset.Create(filepath.Join(t.TempDir(), "raw"), m, list)
	if err != nil {
		t.Fatal(err)
	}
	defer w.Close()
	good := rawForm(t, m, &questions[0], 0)
	nan := slices.Clone(good)
	copy(nan[len(nan)-4:], []byte{0, 0, 0xc0, 0x7f})
	for name, c := range map[string]struct {
		index int
		raw   [][]byte
		want  string
	}{
		"cut":          {0, [][]byte{good[1:]}, "raw: want "},
		"longer":       {0, [][]byte{append(slices.Clone(good), 0)}, "raw: want "},
		"not a number": {0, [][]byte{nan}, `question "q00001": resid_post: layer 3: row 0: want finite values, have NaN or infinity at 7`},
		"not next":     {1, [][]byte{good}, "want question 0 of 3"},
		"too many":     {0, [][]byte{good, good, good, good}, "want question 0 of 3"},
	} {
		if err := w.AddRaw(c.index, c.raw); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: want %q, have %v", name, c.want, err)
		}
	}
	if w.Next() != 0 {
		t.Errorf("want nothing added, have %d", w.Next())
	}
	r := dataset.NewRaw(&m)
	for name, err := range map[string]error{
		"site":       r.Put(good, 1, "mlp_out", 0, make([]float32, 8), nil),
		"values":     r.Put(good, 1, "resid_post", 0, make([]float32, 7), nil),
		"statistics": r.Put(good, 1, "mlp_in", 0, make([]float32, 8), nil),
		"infinity":   r.Put(good, 1, "resid_post", 0, []float32{0, 0, float32(math.Inf(1)), 0, 0, 0, 0, 0}, nil),
	} {
		if err == nil {
			t.Errorf("%s: want it refused", name)
		}
	}
}

// Questions in a file are those they were written from, as often as they are read.
func TestStored(t *testing.T) {
	questions := datasettest.Questions(7)
	list, err := dataset.NewList(dataset.Slice(questions))
	if err != nil {
		t.Fatal(err)
	}
	var text bytes.Buffer
	if err := dataset.WriteQuestions(&text, list); err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "q")
	if err := os.WriteFile(path, text.Bytes(), 0o600); err != nil {
		t.Fatal(err)
	}
	s, err := dataset.OpenStored(path)
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	if s.List().Digest() != list.Digest() || s.List().Len() != 7 {
		t.Error("another list")
	}
	for i := range questions {
		q, err := s.Question(i)
		if err != nil || q.Text != questions[i].Text || s.List().Rows(i) != len(q.Rows) {
			t.Errorf("question %d: have %+v, %v", i, q, err)
		}
	}
	var again bytes.Buffer
	if err := dataset.WriteQuestions(&again, s.List()); err != nil || !bytes.Equal(again.Bytes(), text.Bytes()) {
		t.Errorf("written again: other bytes, %v", err)
	}
	lines, err := s.Lines(2, 4)
	if err != nil {
		t.Fatal(err)
	}
	var part bytes.Buffer
	if _, err := part.ReadFrom(lines); err != nil || part.String() != strings.Join(strings.SplitAfter(text.String(), "\n")[2:4], "") {
		t.Errorf("lines 2 to 4: have %q, %v", part.String(), err)
	}
	for _, wrong := range [][2]int{{-1, 2}, {3, 3}, {5, 8}} {
		if _, err := s.Lines(wrong[0], wrong[1]); err == nil {
			t.Errorf("lines %v: want them refused", wrong)
		}
	}
	if err := os.WriteFile(path, bytes.Replace(text.Bytes(), []byte("Germany"), []byte("Hermany"), 1), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := dataset.Collect(func(yield func(*dataset.Question, error) bool) {
		for i := range 7 {
			if q, err := s.Question(i); !yield(q, err) {
				return
			}
		}
	}); err == nil || !strings.Contains(err.Error(), "the file was changed") {
		t.Errorf("changed behind it: have %v", err)
	}
	if err := os.WriteFile(path, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := dataset.OpenStored(path); err == nil {
		t.Error("an empty file: want it refused")
	}
}
