package jobs

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"premlp/collect/dataset"
	"premlp/collect/jobs/queue"
	"premlp/collect/jobs/store"
	"premlp/model"
)

// However many workers compute a job, the merged dataset has the bytes of a run
// on one machine.
func TestWorkersMakeTheSameDataset(t *testing.T) {
	l := tiny(t)
	for _, dtype := range []dataset.DType{dataset.F32, dataset.BF16} {
		p := tinyPlan(t, l, dtype)
		want := single(t, p)
		for _, workers := range []int{1, 2, 4} {
			t.Run(fmt.Sprint(dtype, " ", workers), func(t *testing.T) {
				s, q := newStore(t), quickQueue(t)
				done := submit(t, s, q, p)
				if done.Questions != 20 || done.Units < 5 || done.Queued != done.Units || done.Present != 0 {
					t.Fatalf("submitted: have %+v", done)
				}
				var running sync.WaitGroup
				for i := range workers {
					w := newWorker(t, s, q, fmt.Sprint("worker-", i))
					if i == 1 {
						w.Devices = []model.Device{nil, nil} // two devices of one worker
					}
					running.Go(func() { work(t, w) })
				}
				running.Wait()
				same(t, want, merge(t, s, done.Job))
				reports, err := Reports(t.Context(), s, done.Job)
				if err != nil {
					t.Fatal(err)
				}
				units := 0
				for _, r := range reports {
					if units += r.Units; !r.Ended || len(r.Running) > 0 {
						t.Errorf("report: want an ended one, have %+v", r)
					}
				}
				if units < done.Units {
					t.Errorf("reports: want %d units or more, have %d", done.Units, units)
				}
				again := submit(t, s, q, p)
				if again.Job != done.Job || again.Queued != 0 || again.Present != done.Units {
					t.Errorf("submitted again: have %+v", again)
				}
			})
		}
	}
}

// A worker without the model fetches it once from the store, checked.
func TestWorkerFetchesTheModel(t *testing.T) {
	t.Setenv("PREMLP_CACHE", t.TempDir())
	p := tinyPlan(t, tiny(t), dataset.F32)
	s, q := newStore(t), quickQueue(t)
	done := submit(t, s, q, p)
	w := newWorker(t, s, q, "one")
	work(t, w)
	fetched, err := filepath.Glob(filepath.Join(w.Cache, "*", "*"))
	if err != nil || len(fetched) != 4 {
		t.Errorf("want the model's 4 files in the cache, have %v, %v", fetched, err)
	}
	same(t, single(t, p), merge(t, s, done.Job))

	// The weights are changed in the cache: every unit is refused, and none computed.
	weights := filepath.Join(filepath.Dir(fetched[0]), "model.safetensors")
	data, err := os.ReadFile(weights)
	if err != nil {
		t.Fatal(err)
	}
	data[len(data)-1] ^= 1
	if err := os.WriteFile(weights, data, 0o600); err != nil {
		t.Fatal(err)
	}
	for u, err := range mustOpen(t, s, done.Job).Units(t.Context()) {
		if err != nil {
			t.Fatal(err)
		}
		if err := s.Remove(t.Context(), blockName(u.Key)); err != nil {
			t.Fatal(err)
		}
	}
	if again := submit(t, s, q, p); again.Queued != done.Units {
		t.Fatalf("have %+v", again)
	}
	again := newWorker(t, s, q, "two")
	again.Cache, again.UntilEmpty, again.Once = w.Cache, false, true
	work(t, again)
	if m := again.Metrics; m.Computed != 0 || m.Failed == 0 {
		t.Errorf("want the changed weights refused, have %+v", m)
	}
}

// mustOpen opens a job until the test's end.
func mustOpen(t testing.TB, s *store.Store, id string) *Job {
	t.Helper()
	j, err := Open(t.Context(), s, id)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { j.Close() })
	return j
}

// A unit that can never be computed is dead at once, with its error; the others
// are computed, and merge says which is missing.
func TestPoison(t *testing.T) {
	p := tinyPlan(t, tiny(t), dataset.F32)
	s, q := newStore(t), quickQueue(t)
	done := submit(t, s, q, p)
	var poison string
	var mu sync.Mutex
	w := newWorker(t, s, q, "one")
	w.fault = func(step, key string) error {
		mu.Lock()
		defer mu.Unlock()
		if poison == "" {
			poison = key
		}
		if step == "computed" && key == poison {
			return fmt.Errorf("%w: rows of NaN", queue.ErrPoison)
		}
		return nil
	}
	work(t, w)
	var failures []string
	for f, err := range q.Dead(t.Context(), done.Job) {
		if err != nil {
			t.Fatal(err)
		}
		failures = append(failures, f.Task.ID+" "+f.Error)
	}
	if len(failures) != 1 || !strings.HasPrefix(failures[0], poison) || !strings.Contains(failures[0], "rows of NaN") {
		t.Errorf("want one dead unit with its error, have %q", failures)
	}
	_, err := Merge(t.Context(), s, done.Job, filepath.Join(t.TempDir(), "out"), dataset.RunInfo{}, nil)
	var missing *MissingError
	if !errors.As(err, &missing) || missing.Count != 1 || missing.Units[0].Key != poison || !strings.Contains(err.Error(), "1 of ") {
		t.Errorf("merge: want the missing unit named, have %v", err)
	}
	w = newWorker(t, s, q, "two")
	if again := submit(t, s, q, p); again.Queued != 1 {
		t.Fatalf("submitted again: want the one unit queued, have %+v", again)
	}
	work(t, w)
	same(t, single(t, p), merge(t, s, done.Job))
}
