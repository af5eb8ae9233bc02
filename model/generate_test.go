package model

import (
	"context"
	"errors"
	"math/rand/v2"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// generator makes a generator for the length of a test.
func generator(t *testing.T, m *Model, o GeneratorOptions) *Generator {
	t.Helper()
	g, err := m.Generator(o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { g.Close() })
	return g
}

// generate runs one generation that must succeed.
func generate(t *testing.T, g *Generator, prompt []int32, o GenerateOptions) *Generation {
	t.Helper()
	r, err := g.Generate(t.Context(), prompt, o, nil)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// uncached is sample number i of a generation, with a whole pass for each token.
func uncached(t *testing.T, m *Model, prompt []int32, o GenerateOptions, i int) Sample {
	t.Helper()
	s, err := m.Session(SessionOptions{Logits: true, Threads: 1})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	sampler := newSampler(o.Sampling, prompt, rand.New(rand.NewPCG(o.Seed, uint64(i))).Float64)
	var sample Sample
	ids := slices.Clone(prompt)
	for range o.MaxTokens {
		var logits []float32
		last := int32(len(ids) - 1)
		err := s.Run(t.Context(), Pack([][]int32{ids}, [][]int32{{last}}), func(_ Point, rows Rows) error {
			logits = slices.Clone(rows.Data)
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
		id, logProb, err := sampler.next(logits)
		if err != nil {
			t.Fatal(err)
		}
		ids = append(ids, id)
		sample.IDs, sample.LogProbs = append(sample.IDs, id), append(sample.LogProbs, logProb)
	}
	return sample
}

// TestGenerateEqualsWholePasses holds samples decoded side by side, alone, on 1
// and 2 threads and in a generator used before, against whole passes.
func TestGenerateEqualsWholePasses(t *testing.T) {
	prompt := []int32{1, 17, 42, 99, 5, 6, 7}
	for _, dir := range fewVariants(t) {
		t.Run(filepath.Base(dir), func(t *testing.T) {
			m := open(t, dir)
			o := GenerateOptions{
				Sampling: Sampling{RepetitionPenalty: 1.1, Temperature: 1.5, TopP: 0.95},
				Seed:     7, Samples: 3, MaxTokens: 25, IgnoreEnd: true,
			}
			if c := m.Config(); c.PromptKind(len(prompt)) != c.PromptKind(len(prompt)+o.MaxTokens) {
				g := generator(t, m, GeneratorOptions{Prompt: 40, MaxTokens: 25})
				if _, err := g.Generate(t.Context(), prompt, GenerateOptions{MaxTokens: 25}, nil); err == nil || !strings.Contains(err.Error(), "want fewer new tokens") {
					t.Errorf("past the rope's threshold: have %v", err)
				}
				o.MaxTokens = 9
			}
			var want []Sample
			for i := range o.Samples {
				want = append(want, uncached(t, m, prompt, o, i))
			}
			if slices.Equal(want[0].IDs, want[1].IDs) {
				t.Error("two samples are the same: they share their draws")
			}
			for threads := 1; threads <= 2; threads++ {
				g := generator(t, m, GeneratorOptions{Prompt: 40, MaxTokens: 25, Samples: 3, Threads: threads})
				for _, samples := range []int{3, 1, 2} {
					generate(t, g, randomPrompt(rand.New(rand.NewPCG(1, 2)), 33, 199), GenerateOptions{MaxTokens: 5}) // one before
					o.Samples = samples
					for i, have := range generate(t, g, prompt, o).Samples {
						if !slices.Equal(have.IDs, want[i].IDs) || !slices.Equal(have.LogProbs, want[i].LogProbs) {
							t.Errorf("%d threads, sample %d of %d: want %v, have %v", threads, i, samples, want[i], have)
						}
						if have.Stopped != StopLength {
							t.Errorf("sample %d: stopped: want %s, have %s", i, StopLength, have.Stopped)
						}
					}
				}
			}
		})
	}
}

func TestSeedsReproduce(t *testing.T) {
	m := open(t, filepath.Join("testdata", "arch", "llama"))
	g := generator(t, m, GeneratorOptions{Prompt: 3, MaxTokens: 20})
	run := func(s Sampling, seed uint64) []int32 {
		return generate(t, g, []int32{1, 17, 42}, GenerateOptions{Sampling: s, Seed: seed, IgnoreEnd: true}).Samples[0].IDs
	}
	hot := Sampling{Temperature: 2}
	if !slices.Equal(run(hot, 1), run(hot, 1)) || slices.Equal(run(hot, 1), run(hot, 2)) {
		t.Error("want equal tokens from equal seeds, others from others")
	}
	if !slices.Equal(run(Sampling{}, 1), run(Sampling{}, 2)) || !slices.Equal(run(Sampling{}, 1), run(Sampling{Temperature: 3, TopK: 1}, 9)) {
		t.Error("greedy, and top-k 1: want the same tokens from every seed")
	}
}

// TestGenerateStops has each sample end for another reason.
func TestGenerateStops(t *testing.T) {
	m := open(t, filepath.Join("testdata", "arch", "llama"))
	prompt := []int32{1, 17, 42}
	g := generator(t, m, GeneratorOptions{Prompt: 250, MaxTokens: 12, Samples: 3})
	o := GenerateOptions{Sampling: Sampling{Temperature: 1.5}, Samples: 3, MaxTokens: 12, IgnoreEnd: true}
	all := generate(t, g, prompt, o).Samples
	// A token of sample 0 that comes before in none of them ends the text.
	m.end = []int32{all[0].IDs[4]}
	o.IgnoreEnd = false
	var ends []Token
	r, err := g.Generate(t.Context(), prompt, o, func(k Token) error {
		if k.End {
			ends = append(ends, k)
		}
		if k.Sample == 1 && k.ID == all[1].IDs[2] {
			return ErrEndSample
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	for i, want := range []struct {
		n       int
		stopped StopReason
	}{{5, StopEnd}, {3, StopCaller}, {12, StopLength}} {
		have := r.Samples[i]
		if have.Stopped != want.stopped || !slices.Equal(have.IDs, all[i].IDs[:want.n]) {
			t.Errorf("sample %d: want %s behind %v, have %s behind %v", i, want.stopped, all[i].IDs[:want.n], have.Stopped, have.IDs)
		}
	}
	if len(ends) != 1 || ends[0].ID != m.end[0] || ends[0].Sample != 0 {
		t.Errorf("tokens that end: have %v", ends)
	}
	// 4+2+11 tokens of the three were run behind the prompt.
	if r.Decoded != 17 || r.Prompt != 3 {
		t.Errorf("want 3 and 17 tokens computed, have %d and %d", r.Prompt, r.Decoded)
	}
	o.IgnoreEnd = true
	if s := generate(t, g, prompt, o).Samples[0]; s.Stopped != StopLength || !slices.Equal(s.IDs, all[0].IDs) {
		t.Errorf("IgnoreEnd: have %s behind %v", s.Stopped, s.IDs)
	}
	long := randomPrompt(rand.New(rand.NewPCG(5, 6)), 250, 199)
	if s := generate(t, g, long, GenerateOptions{IgnoreEnd: true}).Samples[0]; s.Stopped != StopContext || len(s.IDs) != 256-250 {
		t.Errorf("a full context: have %s after %d tokens", s.Stopped, len(s.IDs))
	}
}

func TestGenerateIsStopped(t *testing.T) {
	m := open(t, filepath.Join("testdata", "arch", "llama"))
	g := generator(t, m, GeneratorOptions{Prompt: 3, MaxTokens: 20})
	prompt, o := []int32{1, 17, 42}, GenerateOptions{IgnoreEnd: true}
	broken := errors.New("broken pipe")
	if _, err := g.Generate(t.Context(), prompt, o, func(Token) error { return broken }); !errors.Is(err, broken) {
		t.Errorf("want the callback's error, have %v", err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	r, err := g.Generate(ctx, prompt, o, func(Token) error { cancel(); return nil })
	if !errors.Is(err, context.Canceled) || len(r.Samples[0].IDs) != 1 || r.Samples[0].Stopped != "" {
		t.Errorf("cancelled: have %v, %+v", err, r)
	}
	generate(t, g, prompt, o) // it can be used again
}

func TestGenerateRefuses(t *testing.T) {
	m := open(t, filepath.Join("testdata", "arch", "llama")) // a context of 256 tokens
	g := generator(t, m, GeneratorOptions{Prompt: 10, MaxTokens: 20, Samples: 2})
	prompt := []int32{1, 17, 42}
	for _, c := range []struct {
		prompt []int32
		o      GenerateOptions
		want   string
	}{
		{nil, GenerateOptions{}, "want a prompt of at least one token"},
		{make([]int32, 256), GenerateOptions{}, "want a prompt of less than 256 tokens"},
		{[]int32{1, 199}, GenerateOptions{}, "want an id in [0, 199), have 199"},
		{prompt, GenerateOptions{Samples: 3}, "want at most 2 samples, the generator's, have 3"},
		{prompt, GenerateOptions{Samples: -1}, "no negative number"},
		{prompt, GenerateOptions{MaxTokens: 30, Samples: 2}, "2 samples of 30 tokens behind a prompt of 3: want at most 50 together"},
		{make([]int32, 60), GenerateOptions{}, "want at most 50 together"},
		{prompt, GenerateOptions{Sampling: Sampling{TopP: 2}}, "top-p"},
	} {
		if _, err := g.Generate(t.Context(), c.prompt, c.o, nil); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%d tokens, %+v: want %q, have %v", len(c.prompt), c.o, c.want, err)
		}
	}
	for _, c := range []struct {
		o    GeneratorOptions
		want string
	}{
		{GeneratorOptions{}, "room for a prompt of 1 to 255 tokens"},
		{GeneratorOptions{Prompt: 256}, "have 256"},
		{GeneratorOptions{Prompt: 1, MaxTokens: -1}, "no negative number"},
		{GeneratorOptions{Prompt: 1, Samples: 1025}, "want 1 to 1024 samples, have 1025"},
	} {
		if _, err := m.Generator(c.o); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%+v: want %q, have %v", c.o, c.want, err)
		}
	}
}

func TestGeneratorFootprint(t *testing.T) {
	m := open(t, filepath.Join("testdata", "arch", "llama"))
	size := func(o GeneratorOptions) int64 {
		f, err := m.GeneratorFootprint(o)
		if err != nil {
			t.Fatal(err)
		}
		return f.Cache
	}
	one, two := size(GeneratorOptions{Prompt: 56, MaxTokens: 100}), size(GeneratorOptions{Prompt: 56, MaxTokens: 100, Samples: 2})
	c := m.Config()
	row := int64(c.Layers * 2 * c.KVHeads * c.HeadDim * 4)
	if one < 156*row || two-one < 90*row || size(GeneratorOptions{Prompt: 56}) < 256*row {
		t.Errorf("caches of 156 and 256 rows of %d bytes: have %d and %d bytes", row, one, two)
	}
}
