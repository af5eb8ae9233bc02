package main

import (
	"errors"
	"io"
	"log/slog"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"premlp/collect"
	"premlp/collect/collecttest"
	"premlp/collect/dataset"
	"premlp/collect/jobs"
	"premlp/collect/jobs/queue"
	"premlp/collect/jobs/store"
	"premlp/layers"
)

// losable is a device that is lost at the end of a run.
type losable struct {
	layers.Device
	lost error
}

func (d *losable) Sync() error {
	if d.lost != nil {
		return d.lost
	}
	return d.Device.Sync()
}

// TestWorkerOnDevice computes a job on an emulated device: behind it the device has
// nothing of the model. On one that is lost, or too small for the model, the worker
// ends, with its units left to others.
func TestWorkerOnDevice(t *testing.T) {
	if !strings.HasPrefix(layers.Arithmetic(), "fma-") {
		t.Skipf("this processor's kernel computes in %s, devices in fma-…: their bits differ", layers.Arithmetic())
	}
	if testing.Short() {
		t.Skip("the emulator takes long under the race detector")
	}
	l, err := collect.OpenModel(collecttest.Model(t, 1))
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	p, err := collect.Prepare(t.Context(), l, collect.Job{
		Target: "France", Controls: []string{"Spain"}, Templates: collect.SeedTemplates[:1],
	}, collect.Options{Sites: []layers.Site{layers.MLPIn}, Layers: []int{1}, DType: dataset.F32, Dir: filepath.Join(t.TempDir(), "single")})
	if err != nil {
		t.Fatal(err)
	}
	defer p.Close()
	gone := errors.New("fallen off the bus")
	for _, c := range []struct {
		name   string
		memory int64
		lost   error // that the device is
		want   error
		text   string
	}{
		{"works", 1 << 24, nil, nil, ""},
		{"lost", 1 << 24, gone, gone, "the device works no longer: "},
		{"too small", 165_000, nil, layers.ErrWeights, "device memory: want "}, // but for the embedding,
	} {
		t.Run(c.name, func(t *testing.T) {
			emulated, err := layers.EmulatedDevice(c.memory)
			if err != nil {
				t.Fatal(err)
			}
			defer emulated.Close()
			s, err := store.Open(t.Context(), "mem://")
			if err != nil {
				t.Fatal(err)
			}
			defer s.Close()
			q := queue.NewMemory(queue.Options{Lease: time.Second, RetryDelay: time.Millisecond, MaxDeliveries: 5})
			defer q.Close()
			done, err := jobs.Submit(t.Context(), s, q, p, jobs.SubmitOptions{UnitBytes: 1})
			if err != nil {
				t.Fatal(err)
			}
			w := &jobs.Worker{
				Store: s, Queue: q, Name: "one", Host: "test", Cache: t.TempDir(), Threads: 1, UntilEmpty: true,
				Devices: []layers.Device{&losable{emulated, c.lost}}, Log: slog.New(slog.NewTextHandler(io.Discard, nil)), Metrics: &jobs.Metrics{},
			}
			if err := w.Run(t.Context()); !errors.Is(err, c.want) || err != nil && !strings.Contains(err.Error(), c.text) {
				t.Errorf("want %v with %q, have %v", c.want, c.text, err)
			}
			counts, err := q.Status(t.Context(), done.Job)
			if left := counts.Waiting + counts.Running; err != nil || counts.Dead > 0 || (c.want == nil) != (left == 0) {
				t.Errorf("%d units: have %+v, %v", done.Units, counts, err)
			}
			if free, err := emulated.Available(); err != nil || free != c.memory {
				t.Errorf("want all of the device's memory free, have %d bytes, %v", free, err)
			}
		})
	}
}
