package collect

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"path/filepath"
	"slices"
	"sync"
	"testing"
	"time"

	"premlp/collect/dataset"
	"premlp/collect/dataset/datasettest"
	"premlp/model"
)

// However many sessions compute units side by side, on whatever devices, the
// dataset has the same bytes.
func TestRunOnSeveralDevices(t *testing.T) {
	l := tiny(t)
	o := everything(t, l)
	if _, err := prepare(t, l, tinyJob(l), o).Run(t.Context(), nil, nil); err != nil {
		t.Fatal(err)
	}
	want := datasetBytes(t, o.Dir)
	cases := map[string][]model.Device{
		"2 processors": {nil, nil}, "3 processors": {nil, nil, nil}, "5 processors": make([]model.Device, 5),
	}
	for name, devices := range cases {
		t.Run(name, func(t *testing.T) {
			o := everything(t, l)
			o.Devices, o.BatchTokens, o.Threads = devices, 100, 1
			last := 0
			p := prepare(t, l, tinyJob(l), o)
			s, err := p.Run(t.Context(), func(done, total int) {
				if done < last || done > total || total != 20 {
					t.Errorf("progress: have %d of %d after %d", done, total, last)
				}
				last = done
			}, nil)
			if err != nil {
				t.Fatal(err)
			}
			if s.PromptTokens != int64(p.Tokens) || last != 20 {
				t.Errorf("want all of 20 questions, have %+v, told of %d", s, last)
			}
			if !bytes.Equal(datasetBytes(t, o.Dir), want) {
				t.Error("other bytes than one processor's")
			}
		})
	}
}

// fakeMaker makes the synthetic rows of package datasettest, each unit after some
// time, and fails at one of them.
type fakeMaker struct {
	raw       *dataset.Raw
	m         dataset.Manifest
	questions []dataset.Question
	wait      func(Unit) time.Duration
	fail      func(Unit) error
	mu        *sync.Mutex
	held      map[int]bool // units that were begun and not added
	most      *int
}

func (f fakeMaker) Make(ctx context.Context, u Unit, m *Made, share func(float64)) error {
	f.mu.Lock()
	f.held[u.First] = true
	*f.most = max(*f.most, len(f.held))
	f.mu.Unlock()
	select {
	case <-time.After(f.wait(u)):
	case <-ctx.Done():
		return ctx.Err()
	}
	if err := f.fail(u); err != nil {
		return err
	}
	var sizes []int64
	for i := u.First; i < u.End; i++ {
		sizes = append(sizes, f.raw.Size(len(f.questions[i].Rows)))
	}
	m.Reset(u, sizes)
	for i := range m.Raw {
		q := &f.questions[u.First+i]
		n := len(q.Rows)
		for site, b := range datasettest.Blocks(f.m, q, u.First+i) {
			for k := range f.m.Layers {
				d, s := n*f.m.Dim, n*f.m.StatsPerRow[site]
				if err := f.raw.Put(m.Raw[i], n, site, k, b.Data[k*d:(k+1)*d], b.Stats[k*s:(k+1)*s]); err != nil {
					return err
				}
			}
		}
	}
	return nil
}

// assembleFake assembles a synthetic dataset of 40 questions in units of 3, and
// returns how many questions were added and the most units held at once.
func assembleFake(t *testing.T, makers int, dir string, wait func(Unit) time.Duration, fail func(Unit) error) (added, most int, err error) {
	t.Helper()
	questions, m := datasettest.Questions(40), datasettest.Manifest()
	list, err := dataset.NewList(dataset.Slice(questions))
	if err != nil {
		t.Fatal(err)
	}
	w, err := dataset.Create(dir, m, list)
	if err != nil {
		t.Fatal(err)
	}
	defer w.Close()
	maker := fakeMaker{dataset.NewRaw(&m), m, questions, wait, fail, new(sync.Mutex), map[int]bool{}, &most}
	units := func(yield func(Unit, error) bool) {
		for first := 0; first < 40; first += 3 {
			if !yield(Unit{first, min(first+3, 40)}, nil) {
				return
			}
		}
	}
	err = Assemble(t.Context(), w, units, slices.Repeat([]Maker{maker}, makers), nil, func(made *Made) {
		maker.mu.Lock()
		defer maker.mu.Unlock()
		delete(maker.held, made.Unit.First)
	})
	added = w.Next()
	if err == nil {
		err = w.Finish(datasettest.Run())
	}
	return added, most, err
}

// Units that end in any order are added in theirs, and few wait; the rows are
// those of a dataset written in one piece.
func TestAssembleInOrder(t *testing.T) {
	dir := t.TempDir()
	want := datasettest.Write(t, datasettest.Manifest(), datasettest.Questions(40))
	for _, makers := range []int{1, 2, 4, 7} {
		r := rand.New(rand.NewPCG(uint64(makers), 0))
		waits := map[Unit]time.Duration{}
		for first := 0; first < 40; first += 3 {
			waits[Unit{first, min(first+3, 40)}] = time.Duration(r.IntN(3000)) * time.Microsecond
		}
		waits[Unit{0, 3}] = 20 * time.Millisecond // all others wait for the first
		out := filepath.Join(dir, fmt.Sprint(makers))
		_, most, err := assembleFake(t, makers, out, func(u Unit) time.Duration { return waits[u] }, func(Unit) error { return nil })
		if err != nil {
			t.Fatal(err)
		}
		if limit := 2 * makers; makers > 1 && most > limit || makers == 1 && most != 1 {
			t.Errorf("%d makers: want at most %d units held, have %d", makers, limit, most)
		}
		if !bytes.Equal(datasetBytes(t, out), datasetBytes(t, want)) {
			t.Errorf("%d makers: other bytes", makers)
		}
	}
}

// All units before the first that fails are added, whichever error comes first.
func TestAssembleFails(t *testing.T) {
	first, second := errors.New("first"), errors.New("second")
	for _, makers := range []int{1, 2, 4} {
		wait := func(u Unit) time.Duration {
			if u.First == 6 {
				return 5 * time.Millisecond // it fails after the one behind it
			}
			return 0
		}
		added, _, err := assembleFake(t, makers, filepath.Join(t.TempDir(), "out"), wait, func(u Unit) error {
			return map[int]error{6: first, 9: second}[u.First]
		})
		if !errors.Is(err, first) || added != 6 {
			t.Errorf("%d makers: want the first error and 6 questions, have %v and %d", makers, err, added)
		}
	}
}
