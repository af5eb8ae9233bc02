package jobs

import (
	"context"
	"errors"
	"path/filepath"
	"testing"

	"premlp/collect"
	"premlp/collect/dataset"
)

// A merge that was stopped goes on: amid a unit, between two, or when all is
// there.
func TestMergeResumes(t *testing.T) {
	p := tinyPlan(t, tiny(t), dataset.F32)
	s, q := newStore(t), quickQueue(t)
	done := submit(t, s, q, p)
	work(t, newWorker(t, s, q, "one"))
	want := single(t, p)
	job := mustOpen(t, s, done.Job)
	units, err := job.whole(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if units[0].Len() < 2 {
		t.Fatalf("want a unit of several questions, have %v", units[0])
	}
	for _, stored := range []int{0, 1, units[0].End, units[0].End + 1} {
		dir := filepath.Join(t.TempDir(), "out")
		w, err := job.writer(dir)
		if err != nil {
			t.Fatal(err)
		}
		for _, u := range units {
			var made collect.Made
			if err := job.readBlock(t.Context(), u.Key, u.Unit, &made); err != nil {
				t.Fatal(err)
			}
			for i := u.First; i < min(u.End, stored); i++ {
				if err := w.AddRaw(i, made.Raw[i-u.First:i-u.First+1]); err != nil {
					t.Fatal(err)
				}
			}
		}
		if err := w.Close(); err != nil {
			t.Fatal(err)
		}
		told := 0
		m, err := Merge(t.Context(), s, done.Job, dir, dataset.RunInfo{}, func(done, total int) { told = done })
		if err != nil || m.Resumed != stored || told != 20 {
			t.Fatalf("%d stored: have %+v, told of %d, %v", stored, m, told, err)
		}
		same(t, want, files(t, dir))
		if m, err = Merge(t.Context(), s, done.Job, dir, dataset.RunInfo{}, nil); err != nil || m.Resumed != 20 {
			t.Errorf("merged again: have %+v, %v", m, err)
		}
	}
	ctx, cancel := context.WithCancel(t.Context())
	dir := filepath.Join(t.TempDir(), "out")
	_, err = Merge(ctx, s, done.Job, dir, dataset.RunInfo{}, func(done, total int) { cancel() })
	if !errors.Is(err, context.Canceled) {
		t.Errorf("cancelled: have %v", err)
	}
	if _, err := Merge(t.Context(), s, done.Job, dir, dataset.RunInfo{}, nil); err != nil {
		t.Fatal(err)
	}
	same(t, want, files(t, dir))
}

// Another dataset under the name is left alone.
func TestMergeRefuses(t *testing.T) {
	l := tiny(t)
	p := tinyPlan(t, l, dataset.BF16)
	s, q := newStore(t), quickQueue(t)
	done := submit(t, s, q, p)
	work(t, newWorker(t, s, q, "one"))
	other := tinyPlan(t, l, dataset.F32)
	run, err := other.Run(t.Context(), nil, nil)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := Merge(t.Context(), s, done.Job, run.Dir, dataset.RunInfo{}, nil); !errors.Is(err, dataset.ErrExists) {
		t.Errorf("have %v", err)
	}
}
