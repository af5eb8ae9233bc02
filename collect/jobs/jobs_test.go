package jobs

import (
	"bytes"
	"context"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"testing"
	"time"

	"premlp/collect"
	"premlp/collect/collecttest"
	"premlp/collect/dataset"
	"premlp/collect/jobs/queue"
	"premlp/collect/jobs/store"
)

// tiny opens the small model.
func tiny(t testing.TB) *collect.Loaded {
	t.Helper()
	l, err := collect.OpenModel(collecttest.Model(t, 1))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	return l
}

// tinyPlan is a plan of 20 questions on the small model.
func tinyPlan(t testing.TB, l *collect.Loaded, dtype dataset.DType) *collect.Plan {
	t.Helper()
	p, err := collect.Prepare(t.Context(), l, collect.Job{
		Target: "France", Controls: []string{"Spain", "Côte d'Ivoire", "United Kingdom"}, Templates: collect.SeedTemplates, Chat: l.Chat,
	}, collect.Options{
		Sites: l.Model.Sites(), Layers: []int{0, 2}, DType: dtype, Dir: filepath.Join(t.TempDir(), "single"),
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { p.Close() })
	return p
}

// unitBytes cuts the plan of tinyPlan into units of one to three questions.
const unitBytes = 15_000

// single runs the plan on this machine and returns the dataset's files.
func single(t testing.TB, p *collect.Plan) map[string][]byte {
	t.Helper()
	s, err := p.Run(t.Context(), nil, nil)
	if err != nil {
		t.Fatal(err)
	}
	return files(t, s.Dir)
}

// files reads what the manifest of a dataset determines.
func files(t testing.TB, dir string) map[string][]byte {
	t.Helper()
	all := map[string][]byte{}
	for _, name := range []string{"manifest.json", "questions.jsonl", "rows-00000.msgpack"} {
		data, err := os.ReadFile(filepath.Join(dir, name))
		if err != nil {
			t.Fatal(err)
		}
		all[name] = data
	}
	return all
}

// same compares two datasets' files.
func same(t testing.TB, want, have map[string][]byte) {
	t.Helper()
	for name, data := range want {
		if !bytes.Equal(data, have[name]) {
			t.Errorf("%s: other bytes than the single machine's", name)
		}
	}
}

// newStore opens a store in memory.
func newStore(t testing.TB) *store.Store {
	t.Helper()
	s, err := store.Open(t.Context(), "mem://")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	return s
}

// quickQueue delivers lost and failed units again soon.
func quickQueue(t testing.TB) *queue.Memory {
	t.Helper()
	q := queue.NewMemory(queue.Options{Lease: 100 * time.Millisecond, RetryDelay: time.Millisecond, MaxDeliveries: 100})
	t.Cleanup(func() { q.Close() })
	return q
}

// submit submits a plan in small units.
func submit(t testing.TB, s *store.Store, q queue.Queue, p *collect.Plan) *Submitted {
	t.Helper()
	done, err := Submit(t.Context(), s, q, p, SubmitOptions{UnitBytes: unitBytes})
	if err != nil {
		t.Fatal(err)
	}
	return done
}

// newWorker makes a worker that ends when the queue is empty.
func newWorker(t testing.TB, s *store.Store, q queue.Queue, name string) *Worker {
	t.Helper()
	return &Worker{
		Store: s, Queue: q, Name: name, Host: "test", Cache: t.TempDir(), Threads: 1, Heartbeat: 20 * time.Millisecond,
		UntilEmpty: true, poll: 5 * time.Millisecond, Log: slog.New(slog.NewTextHandler(io.Discard, nil)), Metrics: &Metrics{},
	}
}

// work runs a worker.
func work(t testing.TB, w *Worker) {
	t.Helper()
	if err := w.Run(t.Context()); err != nil {
		t.Error(err)
	}
}

// merge merges a job and returns the dataset's files.
func merge(t testing.TB, s *store.Store, id string) map[string][]byte {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "merged")
	if _, err := Merge(t.Context(), s, id, dir, dataset.RunInfo{Version: "test"}, nil); err != nil {
		t.Fatal(err)
	}
	v, err := collect.Verify(context.Background(), dir, collect.VerifyOptions{})
	if err != nil || !v.OK {
		t.Errorf("verify: %+v, %v", v, err)
	}
	return files(t, dir)
}
