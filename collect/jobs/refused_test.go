package jobs

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"premlp/collect"
	"premlp/collect/collecttest"
	"premlp/collect/dataset"
	"premlp/collect/jobs/queue"
	"premlp/collect/jobs/store"
)

// deadUnits are the errors of a job's dead units.
func deadUnits(t *testing.T, q queue.Queue, job string) []string {
	t.Helper()
	var all []string
	for f, err := range q.Dead(t.Context(), job) {
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, fmt.Sprintf("%d: %s", f.Deliveries, f.Error))
	}
	return all
}

// Rows that are not finite are not stored: their units are dead at the first try,
// and say why.
func TestRowsThatCannotBeStored(t *testing.T) {
	dir := collecttest.Model(t, 1)
	path := filepath.Join(dir, "model.safetensors")
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	for at := len(data) - 8000; at < len(data); at += 4 { // the last weights are NaN
		copy(data[at:], []byte{0, 0, 0xc0, 0x7f})
	}
	if err := os.WriteFile(path, data, 0o600); err != nil {
		t.Fatal(err)
	}
	l, err := collect.OpenModel(dir)
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	p := tinyPlan(t, l, dataset.F32)
	s, q := newStore(t), queue.NewMemory(queue.Options{})
	defer q.Close()
	done, err := Submit(t.Context(), s, q, p, SubmitOptions{UnitBytes: 5 * unitBytes}) // few units: a worker waits longer after each
	if err != nil || done.Units < 2 {
		t.Fatal(done, err)
	}
	w := newWorker(t, s, q, "one")
	w.Heartbeat = time.Hour // no unit is given to two
	work(t, w)
	dead := deadUnits(t, q, done.Job)
	if len(dead) != done.Units || !strings.HasPrefix(dead[0], "1: ") || !strings.Contains(dead[0], "want a finite number, have NaN") {
		t.Errorf("want %d dead units at their first delivery, have %q", done.Units, dead)
	}
	if w.Metrics.Computed != 0 || w.Metrics.Poison != int64(done.Units) {
		t.Errorf("have %+v", w.Metrics)
	}
}

// A machine that computes in another arithmetic says so and ends; the units are
// for others.
func TestOtherArithmetic(t *testing.T) {
	p := tinyPlan(t, tiny(t), dataset.F32)
	p.Manifest.Arithmetic = "fma-of-elsewhere"
	s, q := newStore(t), quickQueue(t)
	done := submit(t, s, q, p)
	w := newWorker(t, s, q, "one")
	w.UntilEmpty = false
	err := w.Run(t.Context())
	if !errors.Is(err, collect.ErrArithmetic) || !strings.Contains(err.Error(), `want "fma-of-elsewhere", this machine computes in`) {
		t.Errorf("have %v", err)
	}
	counts, err := q.Status(t.Context(), done.Job)
	if err != nil || counts.Dead > 0 || counts.Waiting+counts.Running != int64(done.Units) {
		t.Errorf("want all %d units in the queue, have %+v, %v", done.Units, counts, err)
	}
}

// A worker of another store than the job's says so and ends: it fails no unit for
// those who have the right one.
func TestOtherStore(t *testing.T) {
	p := tinyPlan(t, tiny(t), dataset.F32)
	s, q := newStore(t), quickQueue(t)
	done := submit(t, s, q, p)
	w := newWorker(t, newStore(t), q, "one")
	w.UntilEmpty = false
	if err := w.Run(t.Context()); !errors.Is(err, store.ErrNotFound) || !strings.Contains(err.Error(), "want the store that it was submitted to") {
		t.Errorf("have %v", err)
	}
	counts, err := q.Status(t.Context(), done.Job)
	if err != nil || counts.Dead > 0 || counts.Waiting+counts.Running != int64(done.Units) {
		t.Errorf("want all %d units in the queue, have %+v, %v", done.Units, counts, err)
	}
}

// A task that is not what it says is refused for good.
func TestWrongTasks(t *testing.T) {
	p := tinyPlan(t, tiny(t), dataset.F32)
	s, q := newStore(t), quickQueue(t)
	done := submit(t, s, queue.NewMemory(queue.Options{}), p)
	key := strings.Repeat("ab", 32)
	tasks := []queue.Task{
		{ID: key, Job: done.Job, Body: []byte(`{"first":0,"end":2}`)},
		{ID: "b", Job: done.Job, Body: []byte(`{"first":18,"end":21}`)},
		{ID: "c", Job: done.Job, Body: []byte(`{"first":0`)},
		{ID: "d", Job: done.Job, Body: []byte(`{"first":0,"end":1,"more":2}`)},
	}
	if err := q.Put(t.Context(), tasks); err != nil {
		t.Fatal(err)
	}
	work(t, newWorker(t, s, q, "one"))
	dead := deadUnits(t, q, done.Job)
	if len(dead) != len(tasks) || !strings.Contains(dead[0], "want the key of questions 0 to 1") || !strings.Contains(dead[1], "18 to 20") {
		t.Errorf("have %q", dead)
	}
	if has, err := s.Has(t.Context(), blockName(key)); has || err != nil {
		t.Errorf("want no block under a wrong key, have %v, %v", has, err)
	}
}

// Damaged files of a job are found when it is opened.
func TestDamagedJob(t *testing.T) {
	p := tinyPlan(t, tiny(t), dataset.F32)
	for _, c := range []struct {
		name func(r *Record, id string) string
		want string
	}{
		{func(_ *Record, id string) string { return jobName(id) }, "sha256 of its record"},
		{func(r *Record, _ string) string { return fileName(r.Files.Manifest) }, "manifest: "},
		{func(r *Record, _ string) string { return fileName(r.Files.Questions) }, "questions: "},
		{func(r *Record, _ string) string { return fileName(r.Files.Units) }, "units"},
	} {
		s, q := newStore(t), quickQueue(t)
		done := submit(t, s, q, p)
		r, err := readRecord(t.Context(), s, done.Job)
		if err != nil {
			t.Fatal(err)
		}
		name := c.name(r, done.Job)
		data, err := s.Get(t.Context(), name, 1<<30)
		if err != nil {
			t.Fatal(err)
		}
		data[len(data)/2] ^= 1
		if err := s.Remove(t.Context(), name); err != nil {
			t.Fatal(err)
		}
		if _, err := s.PutBytes(t.Context(), name, data); err != nil {
			t.Fatal(err)
		}
		if _, err := Merge(t.Context(), s, done.Job, filepath.Join(t.TempDir(), "out"), dataset.RunInfo{}, nil); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: want %q, have %v", name, c.want, err)
		}
	}
}

// A record that counts other questions than its manifest is refused: its units
// could be of questions that are not there.
func TestRecordOfOtherQuestions(t *testing.T) {
	s := newStore(t)
	done := submit(t, s, quickQueue(t), tinyPlan(t, tiny(t), dataset.F32))
	r, err := readRecord(t.Context(), s, done.Job)
	if err != nil {
		t.Fatal(err)
	}
	r.Questions++
	text, id, err := r.encode()
	if err == nil {
		_, err = s.PutBytes(t.Context(), jobName(id), text)
	}
	if err != nil {
		t.Fatal(err)
	}
	if _, err := Open(t.Context(), s, id); err == nil || !strings.Contains(err.Error(), "want the manifest's 20, have 21") {
		t.Errorf("have %v", err)
	}
}

// The files of a model keep to their folder, and are checked when they come.
func TestGetModel(t *testing.T) {
	t.Setenv("PREMLP_CACHE", t.TempDir())
	s := newStore(t)
	for _, c := range []struct{ list, want string }{
		{`{"name":"x","files":[]}`, "want 1 to"},
		{`{"name":"x","files":[{"file":"../x","sha256":"","bytes":1}]}`, "want a plain name"},
		{`{"name":"x","files":[{"file":"a/b","sha256":"","bytes":1}]}`, "want a plain name"},
		{`{"name":"x","files":[{"file":"a\\b","sha256":"","bytes":1}]}`, "want a plain name"},
		{`{"name":"x","files":[{"file":"","sha256":"","bytes":1}]}`, "want a plain name"},
		{`{"name":"x","files":[{"file":"a","sha256":"","bytes":1}]}`, "want a sha256"},
		{`{"name":"x","files":[{"file":"a","sha256":"` + strings.Repeat("ab", 32) + `","bytes":1}]}`, "not in the store"},
		{`{`, "unexpected end"},
	} {
		digest, err := putBytes(t.Context(), s, []byte(c.list))
		if err != nil {
			t.Fatal(err)
		}
		if _, err := getModel(t.Context(), s, digest, t.TempDir()); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: want %q, have %v", c.list, c.want, err)
		}
	}
	path := filepath.Join(t.TempDir(), "file")
	digest, err := putBytes(t.Context(), s, []byte("file"))
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Replace(t.Context(), fileName(digest), func(w io.Writer) error {
		_, err := io.WriteString(w, "fill")
		return err
	}); err != nil {
		t.Fatal(err)
	}
	for _, size := range []int64{4, 5} {
		if err := getFile(t.Context(), s, digest, size, path); err == nil || !strings.Contains(err.Error(), "damaged") {
			t.Errorf("changed file: have %v", err)
		}
	}
	if left, err := filepath.Glob(filepath.Join(filepath.Dir(path), "*")); len(left) != 0 || err != nil {
		t.Errorf("want nothing left, have %v, %v", left, err)
	}
	if _, err := Find(t.Context(), s, "ab"); !errors.Is(err, store.ErrNotFound) {
		t.Errorf("find: have %v", err)
	}
}
