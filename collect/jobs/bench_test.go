package jobs

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"runtime"
	"slices"
	"sync"
	"testing"
	"time"

	"premlp/collect"
	"premlp/collect/dataset"
	"premlp/collect/jobs/queue"
	"premlp/collect/jobs/store"
)

// BenchmarkProgress counts the blocks of a job of 100,000 units in a folder.
func BenchmarkProgress(b *testing.B) {
	s, units := manyBlocks(b, 200_000)
	units = slices.DeleteFunc(units, func(u Unit) bool { return u.First%2 > 0 }) // so that all have blocks
	var list bytes.Buffer
	if err := writeUnits(&list, units); err != nil {
		b.Fatal(err)
	}
	r := &Record{Units: len(units)}
	var err error
	if r.Files.Units, err = putBytes(b.Context(), s, list.Bytes()); err != nil {
		b.Fatal(err)
	}
	for b.Loop() {
		if n, err := Progress(b.Context(), s, r); err != nil || n < len(units) {
			b.Fatal(n, err)
		}
	}
}

// BenchmarkQueueAndStore takes units off a queue in memory and puts blocks of 1 kB
// into a folder, without computing anything: what the machinery does at most.
func BenchmarkQueueAndStore(b *testing.B) {
	for _, workers := range []int{1, 4, 16} {
		b.Run(fmt.Sprint(workers), func(b *testing.B) {
			s, err := store.Open(b.Context(), b.TempDir())
			if err != nil {
				b.Fatal(err)
			}
			defer s.Close()
			q := queue.NewMemory(queue.Options{})
			defer q.Close()
			raw := [][]byte{make([]byte, 1000)}
			var all sync.WaitGroup
			all.Add(b.N)
			ctx, cancel := context.WithCancel(b.Context())
			defer cancel()
			for range workers {
				w := queue.Worker{Queue: q, Heartbeat: time.Second, Do: func(ctx context.Context, t queue.Task) error {
					defer all.Done()
					if has, err := s.Has(ctx, blockName(t.ID)); err != nil || has {
						return err
					}
					_, err := s.Put(ctx, blockName(t.ID), func(w io.Writer) error { return WriteBlock(w, t.ID, raw) })
					return err
				}}
				go w.Run(ctx)
			}
			var tasks []queue.Task
			for i := range b.N {
				tasks = append(tasks, queue.Task{ID: fmt.Sprintf("%02x%062x", i%256, i), Job: "bench"})
			}
			b.ResetTimer()
			if err := q.Put(ctx, tasks); err != nil {
				b.Fatal(err)
			}
			all.Wait()
			b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "units/s")
		})
	}
}

// BenchmarkOverhead runs a job whose units of about 32 MB take a while to compute,
// and says which share of a device's time is not computing. The computing is a
// pass on the processor followed by a sleep, so that storing has what it would
// have beside a card.
func BenchmarkOverhead(b *testing.B) {
	const rest = 9 * time.Second
	l := tiny(b)
	var controls []string
	for i := range 16000 {
		controls = append(controls, fmt.Sprint("Land", i))
	}
	p, err := collect.Prepare(b.Context(), l, collect.Job{Target: "France", Controls: controls, Templates: collect.SeedTemplates[:1], Chat: l.Chat},
		collect.Options{Sites: l.Model.Sites(), Layers: []int{0, 1, 2}, DType: dataset.F32})
	if err != nil {
		b.Fatal(err)
	}
	defer p.Close()
	for b.Loop() {
		s, err := store.Open(b.Context(), b.TempDir())
		if err != nil {
			b.Fatal(err)
		}
		q := queue.NewMemory(queue.Options{})
		done, err := Submit(b.Context(), s, q, p, SubmitOptions{})
		if err != nil {
			b.Fatal(err)
		}
		w := newWorker(b, s, q, "bench")
		w.Heartbeat, w.Threads, w.Given = time.Second, runtime.GOMAXPROCS(0), l
		w.fault = func(step, _ string) error {
			if step == "computing" {
				time.Sleep(rest)
			}
			return nil
		}
		start := time.Now()
		work(b, w)
		whole := time.Since(start).Seconds()
		compute := w.Metrics.ComputeSeconds
		b.ReportMetric(float64(done.Units), "units")
		b.ReportMetric(float64(done.Bytes)/float64(done.Units)/1e6, "MB/unit")
		b.ReportMetric(compute/float64(done.Units), "s-computing/unit")
		b.ReportMetric(100*(whole-compute)/whole, "%outside")
		s.Close()
		q.Close()
	}
}
