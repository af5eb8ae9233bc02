package collect

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"premlp/collect/collecttest"
	"premlp/collect/dataset"
	"premlp/model"
)

// tiny opens the small model.
func tiny(t testing.TB) *Loaded {
	t.Helper()
	l, err := OpenModel(collecttest.Model(t, 1))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	return l
}

// tinyJob asks the seed's questions about four countries.
func tinyJob(l *Loaded) Job {
	return Job{Target: "France", Controls: []string{"Spain", "Côte d'Ivoire", "United Kingdom"}, Templates: SeedTemplates, Chat: l.Chat}
}

// everything stores all sites and layers of the small model in a new folder.
func everything(t testing.TB, l *Loaded) Options {
	return Options{Sites: l.Model.Sites(), Layers: []int{0, 1, 2}, DType: dataset.F32, Dir: filepath.Join(t.TempDir(), "out")}
}

// prepare makes a plan.
func prepare(t testing.TB, l *Loaded, j Job, o Options) *Plan {
	t.Helper()
	p, err := Prepare(t.Context(), l, j, o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { p.Close() })
	return p
}

// datasetBytes reads what the manifest determines.
func datasetBytes(t testing.TB, dir string) []byte {
	t.Helper()
	var all []byte
	for _, name := range []string{"manifest.json", "questions.jsonl", "rows-00000.msgpack"} {
		data, err := os.ReadFile(filepath.Join(dir, name))
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, data...)
	}
	return all
}

// The bytes do not depend on how questions are put together, on threads, or on
// what prompts share.
func TestRunIsTheSameBytes(t *testing.T) {
	l := tiny(t)
	var want []byte
	for _, tokens := range []int{0, 1, 50, 120, 333} {
		for threads := 1; threads <= 2; threads++ {
			o := everything(t, l)
			o.BatchTokens, o.Threads = tokens, threads
			if tokens == 333 {
				o.BatchBytes = 1 // each question alone
			}
			p := prepare(t, l, tinyJob(l), o)
			s, err := p.Run(t.Context(), nil, nil)
			if err != nil {
				t.Fatal(err)
			}
			if s.Questions != 20 || s.Target != 5 || s.Control != 15 || s.Resumed != 0 || s.PromptTokens != int64(p.Tokens) {
				t.Errorf("%d tokens: have %+v", tokens, s)
			}
			if tokens == 0 && s.Tokens > s.PromptTokens/2 || (tokens == 1 || tokens == 333) && s.Tokens != s.PromptTokens {
				t.Errorf("%d tokens: %d of %d computed", tokens, s.Tokens, s.PromptTokens)
			}
			have := datasetBytes(t, o.Dir)
			if want == nil {
				want = have
			}
			if !bytes.Equal(have, want) {
				t.Errorf("%d tokens, %d threads: other bytes", tokens, threads)
			}
			info, err := os.Stat(filepath.Join(o.Dir, "rows-00000.msgpack"))
			if err != nil || info.Size() != p.Bytes {
				t.Errorf("rows file: want the estimated %d bytes, have %v, %v", p.Bytes, info.Size(), err)
			}
		}
	}
}

// Without sharing every token is computed, to the same bytes.
func TestRunWithoutSharing(t *testing.T) {
	l := tiny(t)
	shared, each := everything(t, l), everything(t, l)
	each.NoSharing = true
	for _, o := range []Options{shared, each} {
		p := prepare(t, l, tinyJob(l), o)
		s, err := p.Run(t.Context(), nil, nil)
		if err != nil {
			t.Fatal(err)
		}
		if all := s.Tokens == s.PromptTokens; all != o.NoSharing {
			t.Errorf("NoSharing %v: %d of %d tokens computed", o.NoSharing, s.Tokens, s.PromptTokens)
		}
	}
	if !bytes.Equal(datasetBytes(t, shared.Dir), datasetBytes(t, each.Dir)) {
		t.Error("want the same bytes")
	}
}

// The stored rows are those of each prompt computed alone.
func TestRunStoresTheRows(t *testing.T) {
	l := tiny(t)
	o := everything(t, l)
	p := prepare(t, l, tinyJob(l), o)
	if _, err := p.Run(t.Context(), nil, nil); err != nil {
		t.Fatal(err)
	}
	r, err := dataset.Open(o.Dir)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	for i := range r.Len() {
		q, err := r.Question(i)
		if err != nil {
			t.Fatal(err)
		}
		// All tokens are read here, so that the selection itself is tested.
		err = p.session.Run(t.Context(), model.Pack([][]int32{q.IDs}, nil), func(at model.Point, rows model.Rows) error {
			stored, err := r.Rows(i, string(at.Site), at.Layer, nil)
			if err != nil {
				return err
			}
			stats, err := r.Stats(i, string(at.Site), at.Layer, nil)
			if err != nil {
				return err
			}
			first, s := q.TokenSpan[1], rows.StatsPerRow
			if !slices.EqualFunc(stored, rows.Data[first*rows.Dim:], sameBits) || !slices.EqualFunc(stats, rows.Stats[first*s:], sameBits) {
				return fmt.Errorf("question %s, %s: other values", q.ID, at)
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	}
}

// stopping is a runner that fails after some batches, or spoils a value.
type stopping struct {
	runner
	left  int
	err   error
	spoil float32
	stats bool // spoil a statistic instead
}

func (s *stopping) Run(ctx context.Context, b *model.Batch, sink model.Sink) error {
	if s.left--; s.left < 0 && s.err != nil {
		return s.err
	}
	return s.runner.Run(ctx, b, func(p model.Point, rows model.Rows) error {
		switch {
		case s.left < 0 && s.stats && rows.StatsPerRow > 0:
			rows.Stats = slices.Clone(rows.Stats)
			rows.Stats[0] = s.spoil
		case s.left < 0 && !s.stats:
			rows.Data = slices.Clone(rows.Data)
			rows.Data[len(rows.Data)-1] = s.spoil
		}
		return sink(p, rows)
	})
}

// A run that fails after any batch goes on there, and ends with the same bytes.
func TestRunResumes(t *testing.T) {
	l := tiny(t)
	o := everything(t, l)
	if _, err := prepare(t, l, tinyJob(l), o).Run(t.Context(), nil, nil); err != nil {
		t.Fatal(err)
	}
	want := datasetBytes(t, o.Dir)
	o = everything(t, l)
	o.BatchTokens = 150
	broken := errors.New("power cut")
	runs := 0
	for ; ; runs++ {
		p := prepare(t, l, tinyJob(l), o)
		p.runners[0] = &stopping{runner: p.session, left: 1, err: broken}
		var notes []string
		s, err := p.Run(t.Context(), nil, func(format string, args ...any) { notes = append(notes, fmt.Sprintf(format, args...)) })
		if err == nil {
			if s.Resumed == 0 || len(notes) != 1 || !strings.Contains(notes[0], "resuming") {
				t.Errorf("have %+v, %v", s, notes)
			}
			break
		}
		if !errors.Is(err, broken) || !strings.Contains(err.Error(), "run the same command again to go on") {
			t.Fatalf("want what stopped it and what to do, have %v", err)
		}
		if _, err := os.Stat(o.Dir); !errors.Is(err, os.ErrNotExist) {
			t.Fatalf("want no dataset yet, have %v", err)
		}
	}
	if runs < 3 || !bytes.Equal(datasetBytes(t, o.Dir), want) {
		t.Errorf("after %d runs: want the bytes of an undisturbed run", runs)
	}
}

func TestRunCancelled(t *testing.T) {
	l := tiny(t)
	o := everything(t, l)
	o.BatchTokens = 100
	ctx, cancel := context.WithCancel(t.Context())
	asked := 0
	o.Checked = func(done, total int) {
		if asked++; done != asked || total != 20 {
			t.Errorf("checked: want %d of 20, have %d of %d", asked, done, total)
		}
	}
	p := prepare(t, l, tinyJob(l), o)
	_, err := p.Run(ctx, func(done, total int) {
		if done >= 7 {
			cancel()
		}
	}, nil)
	if !errors.Is(err, context.Canceled) || !strings.Contains(err.Error(), "of 20 questions are kept in "+o.Dir+".partial") {
		t.Fatalf("want it stopped and said what is kept, have %v", err)
	}
	if _, err := Prepare(ctx, l, tinyJob(l), Options{Sites: o.Sites, Layers: o.Layers}); !errors.Is(err, context.Canceled) {
		t.Errorf("prepared after it: want it cancelled, have %v", err)
	}
	asked = 0
	s, err := prepare(t, l, tinyJob(l), o).Run(t.Context(), nil, nil)
	if err != nil || s.Resumed == 0 {
		t.Errorf("again: want it resumed, have %+v, %v", s, err)
	}
}

// A value that is not finite stops the run before anything of its batch is
// stored, and names the question.
func TestRunRefusesValuesThatAreNotFinite(t *testing.T) {
	for _, spoil := range []float32{float32(math.NaN()), float32(math.Inf(1))} {
		l := tiny(t)
		o := everything(t, l)
		o.BatchTokens = 1
		p := prepare(t, l, tinyJob(l), o)
		p.runners[0] = &stopping{runner: p.session, left: 3, spoil: spoil}
		_, err := p.Run(t.Context(), nil, nil)
		if err == nil || !strings.Contains(err.Error(), "question q00004: resid_pre.0: token") || !strings.Contains(err.Error(), "3 of 20 questions are kept") {
			t.Errorf("%v: have %v", spoil, err)
		}
	}
}

// What is there already is left alone: the same dataset is a success, another
// is an error that says what is different.
func TestRunAgain(t *testing.T) {
	l := tiny(t)
	o := everything(t, l)
	if _, err := prepare(t, l, tinyJob(l), o).Run(t.Context(), nil, nil); err != nil {
		t.Fatal(err)
	}
	s, err := prepare(t, l, tinyJob(l), o).Run(t.Context(), nil, nil)
	if err != nil || s.Resumed != 20 || s.Tokens != 0 {
		t.Errorf("the same again: have %+v, %v", s, err)
	}
	for _, c := range []struct {
		change func(*Job, *Options)
		want   string
	}{
		{func(_ *Job, o *Options) { o.DType = dataset.BF16 }, "its dtype is another"},
		{func(j *Job, _ *Options) { j.Controls = j.Controls[1:] }, "its controls is another"},
		{func(j *Job, _ *Options) { j.Chat = nil; j.Templates = rawTemplates() }, "its chat is another"},
		{func(_ *Job, o *Options) { o.Layers = []int{1} }, "its layers is another"},
	} {
		j, o := tinyJob(l), o
		c.change(&j, &o)
		_, err := prepare(t, l, j, o).Run(t.Context(), nil, nil)
		if !errors.Is(err, dataset.ErrExists) || !strings.Contains(fmt.Sprint(err), c.want) {
			t.Errorf("want %q, have %v", c.want, err)
		}
	}
}

func TestPrepareRefuses(t *testing.T) {
	l := tiny(t)
	for _, c := range []struct {
		name   string
		change func(*Job, *Options)
		want   string
	}{
		{"no layers", func(_ *Job, o *Options) { o.Layers = nil }, "want at least one site and layer"},
		{"no sites", func(_ *Job, o *Options) { o.Sites = nil }, "want at least one site and layer"},
		{"layer past the last", func(_ *Job, o *Options) { o.Layers = []int{3} }, "want a layer from 0 to 2"},
		{"no such site", func(_ *Job, o *Options) { o.Sites = []model.Site{"mlp_mid"} }, "site mlp_mid"},
		{"layers out of order", func(_ *Job, o *Options) { o.Layers = []int{1, 0} }, "layers[1]"},
		{"no such dtype", func(_ *Job, o *Options) { o.DType = "f8" }, "dtype"},
		{"no control", func(j *Job, _ *Options) { j.Controls = nil }, "the control set has no question"},
		{"longer than the context", func(j *Job, _ *Options) {
			j.Templates = []Template{{Text: strings.Repeat("long ", 100) + "{concept}?"}}
		}, "question q00001"},
	} {
		t.Run(c.name, func(t *testing.T) {
			j, o := tinyJob(l), everything(t, l)
			c.change(&j, &o)
			p, err := Prepare(t.Context(), l, j, o)
			if err == nil {
				p.Close()
			}
			if err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("want %q, have %v", c.want, err)
			}
		})
	}
}
