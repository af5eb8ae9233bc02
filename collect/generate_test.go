package collect

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"premlp/collect/collecttest"
	"premlp/model"
)

// loadSmall opens the small model.
func loadSmall(t *testing.T) *Loaded {
	t.Helper()
	l, err := OpenModel(collecttest.Model(t, 1))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	return l
}

// TestGenerateText: the pieces shown are the text of the tokens, in order, for
// each of several samples.
func TestGenerateText(t *testing.T) {
	l := loadSmall(t)
	prompt, err := l.RawPrompt("The capital of France is")
	if err != nil {
		t.Fatal(err)
	}
	o := GenerateOptions{GenerateOptions: model.GenerateOptions{
		Sampling: model.Sampling{Temperature: 1}, Samples: 3, MaxTokens: 20, IgnoreEnd: true,
	}}
	shown := make([]string, 3)
	g, err := l.Generate(t.Context(), prompt, o, func(i int, text string) error {
		shown[i] += text
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	before, err := l.Tokenizer.Decode(prompt, true)
	if err != nil {
		t.Fatal(err)
	}
	for i, s := range g.Samples {
		whole, err := l.Tokenizer.Decode(append(slices.Clone(prompt), s.IDs...), true)
		if err != nil {
			t.Fatal(err)
		}
		if want := strings.TrimPrefix(whole, before); g.Texts[i] != want || shown[i] != want {
			t.Errorf("sample %d: want %q, have %q, shown %q", i, want, g.Texts[i], shown[i])
		}
	}
	// A stop text out of the middle of sample 0's text ends it there.
	o.Stop = []string{g.Texts[0][7:10]}
	want, _, _ := strings.Cut(g.Texts[0], o.Stop[0])
	stopped, err := l.Generate(t.Context(), prompt, o, nil)
	if err != nil || stopped.Texts[0] != want || stopped.Samples[0].Stopped != model.StopCaller {
		t.Errorf("stop at %q: want %q, have %q, %v", o.Stop, want, stopped.Texts[0], err)
	}
	if n := len(stopped.Samples[0].IDs); n >= 20 {
		t.Errorf("stop at %q: have all %d tokens", o.Stop, n)
	}
}

// TestGenerateEnds: the token that ends a text is counted and not shown.
func TestGenerateEnds(t *testing.T) {
	l := loadSmall(t)
	prompt, err := l.RawPrompt("The")
	if err != nil {
		t.Fatal(err)
	}
	broken := errors.New("broken pipe")
	if _, err := l.Generate(t.Context(), prompt, GenerateOptions{GenerateOptions: model.GenerateOptions{MaxTokens: 9, IgnoreEnd: true}},
		func(int, string) error { return broken }); !errors.Is(err, broken) {
		t.Errorf("want show's error, have %v", err)
	}
	w := &writer{samples: []*sampleText{{}}, show: func(int, string) error { t.Error("shown"); return nil }}
	if err := w.token(model.Token{ID: 2, End: true}); err != nil {
		t.Error(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if g, err := l.Generate(ctx, prompt, GenerateOptions{GenerateOptions: model.GenerateOptions{MaxTokens: 9}}, nil); !errors.Is(err, context.Canceled) || len(g.Texts) != 1 {
		t.Errorf("cancelled: have %v", err)
	}
}

func TestPromptsOfGenerate(t *testing.T) {
	l := loadSmall(t)
	text := func(ids []int32, err error) string {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		s, err := l.Tokenizer.Decode(ids, false)
		if err != nil {
			t.Fatal(err)
		}
		return s
	}
	if have := text(l.RawPrompt("Hello")); have != "Hello" {
		t.Errorf("raw: have %q", have)
	}
	const turn = "<|im_start|>user\nHello<|im_end|>\n<|im_start|>assistant\n"
	own := "<|im_start|>system\nYou are a small model.<|im_end|>\n"
	if have := text(l.ChatPrompt("Hello", nil, time.Now())); have != own+turn {
		t.Errorf("chat: want %q, have %q", own+turn, have)
	}
	system := "Be brief."
	if have, want := text(l.ChatPrompt("Hello", &system, time.Now())), "<|im_start|>system\nBe brief.<|im_end|>\n"+turn; have != want {
		t.Errorf("chat with a system message: want %q, have %q", want, have)
	}
	l.Chat = nil
	if _, err := l.ChatPrompt("Hello", nil, time.Now()); err == nil || !strings.Contains(err.Error(), "no chat template") {
		t.Errorf("no template: have %v", err)
	}
}
