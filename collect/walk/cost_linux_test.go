package walk

import (
	"context"
	"os"
	"slices"
	"syscall"
	"testing"
	"time"

	"premlp/collect"
	"premlp/model"
)

// cpu is the processor time of the test so far.
func cpu(t *testing.T) time.Duration {
	t.Helper()
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		t.Fatal(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// realWalk walks through the real model.
func realWalk(t *testing.T) (*Walk, *collect.Loaded) {
	t.Helper()
	if testing.Short() {
		t.Skip("takes many runs of the real model")
	}
	path := os.Getenv("PREMLP_TEST_SMOLLM2")
	if path == "" {
		t.Skip("PREMLP_TEST_SMOLLM2 is not set: want the path of the real model")
	}
	l, err := collect.OpenModel(path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	chat := func(l *collect.Loaded, text string) ([]int32, error) { return l.ChatPrompt(text, nil, time.Time{}) }
	w, err := New(l, Options{Text: "What is the capital of France?", Threads: 1, Prompt: chat})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { w.Close() })
	return w, l
}

// do runs commands.
func do(t *testing.T, w *Walk, lines ...string) {
	t.Helper()
	for _, line := range lines {
		if _, err := w.Do(t.Context(), line); err != nil {
			t.Fatalf("%s: %v", line, err)
		}
	}
}

// What a stop costs beside the op itself, and what stops elsewhere cost a run: in
// processor time, the ways taken in turn, and the medians of their differences.
func TestCost(t *testing.T) {
	w, l := realWalk(t)
	plain, err := l.Model.Session(model.SessionOptions{Logits: true, Threads: 1})
	if err != nil {
		t.Fatal(err)
	}
	defer plain.Close()
	_, all := w.Ops()
	ways := []struct {
		name string
		run  func()
	}{
		{"a run in one go", func() {
			if err := plain.Run(context.Background(), model.Pack([][]int32{w.ids}, nil), nil); err != nil {
				t.Fatal(err)
			}
		}},
		{"continue, no stop", func() { do(t, w, "restart", "continue") }},
		{"continue, break logits", func() { do(t, w, "break logits", "restart", "continue", "delete 1") }},
		{"continue, when nan at logits", func() { do(t, w, "when nan at logits", "restart", "continue", "delete 1") }},
		{"next for every op", func() {
			do(t, w, "restart")
			for range all {
				do(t, w, "next")
			}
		}},
		{"next, heat and stats for every op", func() {
			do(t, w, "restart")
			for range all {
				do(t, w, "next", "heat", "stats tokens 20:")
			}
		}},
	}
	const rounds = 5
	took := make([][]time.Duration, len(ways))
	for round := range rounds + 1 {
		for i, way := range ways {
			w.numbered = 0
			before := cpu(t)
			way.run()
			if d := cpu(t) - before; round > 0 { // the first fills caches
				took[i] = append(took[i], d)
			}
		}
	}
	median := func(i, less int) time.Duration {
		var d []time.Duration
		for r := range took[i] {
			d = append(d, took[i][r])
			if less >= 0 {
				d[r] -= took[less][r]
			}
		}
		slices.Sort(d)
		return d[len(d)/2]
	}
	for i, way := range ways {
		t.Logf("%-34s %8.1f ms, %+.2f %% of the first", way.name, ms(median(i, -1)), 100*ms(median(i, 0))/ms(median(0, -1)))
	}
	for i := len(ways) - 2; i < len(ways); i++ {
		stop := median(i, 0) / time.Duration(all)
		t.Logf("%s: %v for each of %d beside the op", ways[i].name, stop, all)
		if stop > 5*time.Millisecond {
			t.Errorf("want less than 5 ms for a stop, have %v", stop)
		}
	}
}

func ms(d time.Duration) float64 { return d.Seconds() * 1000 }
