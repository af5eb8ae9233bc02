package collect

import (
	"context"
	"errors"
	"time"

	"premlp/model"
	"premlp/tokenizer"
)

// GenerateOptions says how a prompt is continued.
type GenerateOptions struct {
	model.GenerateOptions          // its MaxTokens is to be above 0
	Stop                  []string // texts that end a sample; they are not part of it
	Threads               int
	Device                model.Device // where the model computes; nil: this machine's processor
}

// Generated is a prompt's continuations.
type Generated struct {
	*model.Generation
	Texts      []string // of each sample
	Kernel     string
	Arithmetic string
}

// RawPrompt returns the tokens of a text with the prefix and suffix that the
// tokenizer itself adds.
func (l *Loaded) RawPrompt(text string) ([]int32, error) {
	enc, err := l.Tokenizer.Encode(text, true)
	return enc.IDs, err
}

// ChatPrompt returns the tokens of a user's message in the model's chat form, up
// to where the answer begins. A nil system message leaves it to the template.
func (l *Loaded) ChatPrompt(message string, system *string, now time.Time) ([]int32, error) {
	if l.Chat == nil {
		return nil, errors.New("chat: the model has no chat template")
	}
	p := prompter{job: Job{Chat: l.Chat, System: system, Now: now}}
	text, err := p.render(message)
	if err != nil {
		return nil, err
	}
	// The template writes the special tokens itself.
	enc, err := l.Tokenizer.Encode(text, false)
	return enc.IDs, err
}

// Generate continues a prompt. show gets each sample's text piece by piece, as
// whole characters; an error of it ends the generation. What was generated until
// an error is returned with it.
func (l *Loaded) Generate(ctx context.Context, prompt []int32, o GenerateOptions, show func(sample int, text string) error) (*Generated, error) {
	g, err := l.Model.Generator(model.GeneratorOptions{
		Prompt: len(prompt), MaxTokens: o.MaxTokens, Samples: o.Samples, Threads: o.Threads, Device: o.Device,
	})
	if err != nil {
		return nil, err
	}
	defer g.Close()
	w := &writer{show: show}
	for range max(o.Samples, 1) {
		s, err := l.Tokenizer.Stream(prompt)
		if err != nil {
			return nil, err
		}
		w.samples = append(w.samples, &sampleText{stream: s, stop: stopper{texts: o.Stop}})
	}
	generation, err := g.Generate(ctx, prompt, o.GenerateOptions, w.token)
	if generation == nil {
		return nil, err
	}
	if rest := w.finish(); err == nil {
		err = rest
	}
	r := &Generated{Generation: generation, Kernel: g.Session().Kernel(), Arithmetic: g.Session().Arithmetic()}
	for _, s := range w.samples {
		r.Texts = append(r.Texts, s.text)
	}
	return r, err
}

// writer turns tokens of several samples into text.
type writer struct {
	samples []*sampleText
	show    func(sample int, text string) error
}

// sampleText is the text of one sample in the making.
type sampleText struct {
	stream *tokenizer.Stream
	stop   stopper
	text   string // shown so far
}

// token takes the next token of a sample.
func (w *writer) token(t model.Token) error {
	if t.End {
		return nil
	}
	s := w.samples[t.Sample]
	piece, err := s.stream.Add(t.ID)
	if err != nil {
		return err
	}
	text, found := s.stop.add(piece)
	if err := w.pass(t.Sample, text); err != nil {
		return err
	}
	if found {
		return model.ErrEndSample
	}
	return nil
}

// finish shows what was kept back.
func (w *writer) finish() error {
	for i, s := range w.samples {
		piece, err := s.stream.Flush()
		if err != nil {
			return err
		}
		if err := w.pass(i, s.stop.flush(piece)); err != nil {
			return err
		}
	}
	return nil
}

// pass shows text of a sample.
func (w *writer) pass(sample int, text string) error {
	if text == "" {
		return nil
	}
	w.samples[sample].text += text
	if w.show == nil {
		return nil
	}
	return w.show(sample, text)
}
