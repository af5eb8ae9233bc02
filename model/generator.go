package model

import (
	"fmt"
)

// maxSamples bounds the samples that are decoded side by side.
const maxSamples = 1 << 10

// GeneratorOptions says for what a generator has room.
type GeneratorOptions struct {
	Prompt    int    // tokens of the longest prompt
	MaxTokens int    // most new tokens of each sample; 0: what the context leaves
	Samples   int    // most samples of one prompt; 0: one
	Threads   int    // 0: one per processor
	Device    Device // where it computes, and keeps keys and values; nil: this machine's processor
}

// Generator continues prompts with a model. Like a [Session], which it holds, it
// serves one caller at a time.
type Generator struct {
	model   *Model
	session *Session
	rows    int // of the cache
	samples int
}

// Generator makes a generator. It keeps the keys and values of one prompt and of
// all its samples' tokens.
func (m *Model) Generator(o GeneratorOptions) (*Generator, error) {
	s, err := m.generatorSession(o)
	if err != nil {
		return nil, err
	}
	g := &Generator{model: m, rows: s.Cache.Rows, samples: s.Cache.Sequences}
	if g.session, err = m.Session(s); err != nil {
		return nil, err
	}
	return g, nil
}

// GeneratorFootprint returns the memory that a generator takes, without making
// one.
func (m *Model) GeneratorFootprint(o GeneratorOptions) (Footprint, error) {
	s, err := m.generatorSession(o)
	if err != nil {
		return Footprint{}, err
	}
	return m.Footprint(s)
}

// generatorSession returns the options of a generator's session.
func (m *Model) generatorSession(o GeneratorOptions) (SessionOptions, error) {
	context, samples := m.config.Context, max(o.Samples, 1)
	switch {
	case o.Prompt < 1 || o.Prompt >= context:
		return SessionOptions{}, fmt.Errorf("generator: want room for a prompt of 1 to %d tokens, as the model's context is %d; have %d", context-1, context, o.Prompt)
	case o.MaxTokens < 0:
		return SessionOptions{}, fmt.Errorf("generator: want no negative number of new tokens, have %d", o.MaxTokens)
	case o.Samples < 0 || samples > maxSamples:
		return SessionOptions{}, fmt.Errorf("generator: want 1 to %d samples, have %d", maxSamples, o.Samples)
	}
	tokens := context - o.Prompt
	if o.MaxTokens > 0 {
		tokens = min(tokens, o.MaxTokens)
	}
	return SessionOptions{
		Logits: true, Threads: o.Threads, Device: o.Device, Cache: Cache{Rows: o.Prompt + samples*tokens, Sequences: samples},
	}, nil
}

// Session returns the generator's session, for what it says of itself: kernel,
// arithmetic, threads. It is not to be run or closed.
func (g *Generator) Session() *Session { return g.session }

// Close frees the generator. The model stays open.
func (g *Generator) Close() error { return g.session.Close() }
