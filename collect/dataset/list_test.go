package dataset_test

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"premlp/collect/dataset"
	"premlp/collect/dataset/datasettest"
)

// What a reader and a writer read back is what was given, one at a time, in any
// order, and as a walk.
func TestQuestions(t *testing.T) {
	m, q := datasettest.Manifest(), datasettest.Questions(9)
	r := open(t, datasettest.Write(t, m, q))
	w, err := dataset.Create(filepath.Join(t.TempDir(), "d"), m, list(t, q))
	if err != nil {
		t.Fatal(err)
	}
	defer w.Close()
	for _, i := range []int{3, 0, 8, 3} {
		for _, question := range []func(int) (*dataset.Question, error){r.Question, w.Question} {
			if have, err := question(i); err != nil || !reflect.DeepEqual(*have, q[i]) {
				t.Errorf("question %d: want %v, have %v, %v", i, q[i], have, err)
			}
		}
	}
	for _, i := range []int{-1, 9} {
		for _, question := range []func(int) (*dataset.Question, error){r.Question, w.Question} {
			if _, err := question(i); err == nil || !strings.Contains(err.Error(), "want 0 to 8") {
				t.Errorf("question %d: have %v", i, err)
			}
		}
	}
	for range 2 {
		if have, err := dataset.Collect(r.Questions()); err != nil || !reflect.DeepEqual(have, q) {
			t.Errorf("walk: want all questions, have %v, %v", have, err)
		}
	}
	for have := range r.Questions() {
		if have.ID != q[0].ID {
			t.Errorf("want the first question, have %v", have.ID)
		}
		break
	}
	w.Close()
	if _, err := w.Question(0); !errors.Is(err, dataset.ErrClosed) {
		t.Errorf("writer closed: %v", err)
	}
	r.Close()
	if _, err := dataset.Collect(r.Questions()); !errors.Is(err, dataset.ErrClosed) {
		t.Errorf("reader closed: %v", err)
	}
}

// A line that was changed under an open reader is not taken for the question.
func TestQuestionChangedWhileOpen(t *testing.T) {
	dir := datasettest.Small(t)
	r := open(t, dir)
	path := filepath.Join(dir, "questions.jsonl")
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	at := strings.Index(string(b), "q00002")
	b[at+5] = '9'
	if err := os.WriteFile(path, b, 0o644); err != nil {
		t.Fatal(err)
	}
	if _, err := r.Question(1); !errors.Is(err, dataset.ErrCorrupt) || !strings.Contains(err.Error(), "line 2") {
		t.Errorf("changed: have %v", err)
	}
	if q, err := r.Question(0); err != nil || q.ID != "q00001" {
		t.Errorf("another line: have %v, %v", q, err)
	}
	if err := r.Verify(context.Background(), nil); !errors.Is(err, dataset.ErrCorrupt) {
		t.Errorf("verify: have %v", err)
	}
	if err := os.Truncate(path, 10); err != nil {
		t.Fatal(err)
	}
	if _, err := r.Question(0); !errors.Is(err, dataset.ErrCorrupt) {
		t.Errorf("cut short: have %v", err)
	}
}

// failing gives n questions, then an error.
func failing(q []dataset.Question, n int, failed error) dataset.Source {
	return func(yield func(*dataset.Question, error) bool) {
		for i := range n {
			if !yield(&q[i], nil) {
				return
			}
		}
		yield(nil, failed)
	}
}

func TestNewListRefuses(t *testing.T) {
	q, failed := datasettest.Questions(3), errors.New("cannot be asked")
	if _, err := dataset.NewList(failing(q, 2, failed)); !errors.Is(err, failed) {
		t.Errorf("a source that fails: have %v", err)
	}
	seen := 0
	_, err := dataset.NewList(dataset.Slice(q), func(*dataset.Question) error {
		if seen++; seen == 2 {
			return failed
		}
		return nil
	})
	if !errors.Is(err, failed) || seen != 2 {
		t.Errorf("a check that fails: have %v after %d", err, seen)
	}
	if _, err := dataset.NewList(dataset.Slice(nil)); err == nil || !strings.Contains(err.Error(), "want at least 1, have 0") {
		t.Errorf("nothing: have %v", err)
	}
	if testing.Short() {
		return
	}
	q[1].Text += strings.Repeat(" ", 65<<20)
	if _, err := dataset.NewList(dataset.Slice(q)); err == nil || !strings.Contains(err.Error(), "want a line of at most") {
		t.Errorf("a question that is too long to be read: have %v", err)
	}
}

// A source that gives others the second time makes no dataset.
func TestCreateFromChangedSource(t *testing.T) {
	failed := errors.New("cannot be asked")
	for name, second := range map[string]func(q []dataset.Question) dataset.Source{
		"another": func(q []dataset.Question) dataset.Source { q[2].Type = "other"; return dataset.Slice(q) },
		"fewer":   func(q []dataset.Question) dataset.Source { return dataset.Slice(q[:2]) },
		"none":    func(q []dataset.Question) dataset.Source { return dataset.Slice(nil) },
		"failed":  func(q []dataset.Question) dataset.Source { return failing(q, 1, failed) },
	} {
		q := datasettest.Questions(3)
		source := dataset.Slice(q)
		l, err := dataset.NewList(func(yield func(*dataset.Question, error) bool) { source(yield) })
		if err != nil {
			t.Fatal(err)
		}
		source = second(datasettest.Questions(3))
		dir := filepath.Join(t.TempDir(), "d")
		_, err = dataset.Create(dir, datasettest.Manifest(), l)
		if want := "the questions are others"; err == nil || !strings.Contains(err.Error(), want) && !errors.Is(err, failed) {
			t.Errorf("%s: want %q, have %v", name, want, err)
		}
		if entries, _ := os.ReadDir(filepath.Dir(dir)); len(entries) > 0 {
			t.Errorf("%s: left behind: %v", name, entries)
		}
	}
}
