package related

import (
	"context"
	"fmt"
	"slices"

	"premlp/model"
	"premlp/tokenizer"
)

// engine tells what a model puts behind texts that begin with one prompt. The
// prompt is computed once, and of each text only what it does not have in common
// with the one before it in the same place. It serves one caller at a time.
type engine struct {
	session *model.Session
	vocab   int
	prompt  []int32
	heated  bool      // the prompt's keys are in the cache
	room    int       // tokens of a text behind the prompt
	held    [][]int32 // by place: the tokens whose keys lie in its rows
}

// newEngine makes an engine with so many places for texts of at most so many
// tokens behind the prompt, or as many as the model's context leaves.
func newEngine(m *model.Model, prompt []int32, places, tokens int, o LocalOptions) (*engine, error) {
	context := m.Config().Context
	room := min(tokens, context-len(prompt))
	if room < 1 || len(prompt) == 0 {
		return nil, fmt.Errorf("related: want a prompt of 1 to %d tokens, as the model's context is %d; have %d", context-1, context, len(prompt))
	}
	if c := m.Config(); c.PromptKind(len(prompt)) != c.PromptKind(len(prompt)+room) {
		return nil, fmt.Errorf("related: the model's rotary embedding is another one for %d tokens than for the prompt's %d: want fewer concepts", len(prompt)+room, len(prompt))
	}
	s, err := m.Session(model.SessionOptions{
		Logits: true, Threads: o.Threads, Device: o.Device,
		Cache: model.Cache{Rows: len(prompt) + places*room, Sequences: places},
	})
	if err != nil {
		return nil, err
	}
	return &engine{session: s, vocab: m.Config().Vocab, prompt: prompt, room: room, held: make([][]int32, places)}, nil
}

// Close frees the engine. The model stays open.
func (e *engine) Close() error { return e.session.Close() }

// next computes the logits [V] of what follows each text: texts maps a place to
// its tokens behind the prompt, at least one. take gets them by place and must
// copy what it keeps.
func (e *engine) next(ctx context.Context, texts map[int][]int32, take func(logits map[int][]float32) error) error {
	if err := e.heat(ctx); err != nil {
		return err
	}
	b := &model.Batch{Cu: []int32{0}}
	var places []int
	for p := range e.held {
		text, wanted := texts[p]
		if !wanted {
			continue
		}
		if len(text) == 0 || len(text) > e.room {
			return fmt.Errorf("related: text %d: want 1 to %d tokens, have %d", p, e.room, len(text))
		}
		known := min(common(text, e.held[p]), len(text)-1)
		e.held[p] = append(e.held[p][:0], text...)
		for i := known; i < len(text); i++ {
			b.IDs = append(b.IDs, text[i])
			b.Pos = append(b.Pos, int32(len(e.prompt)+i))
		}
		b.Cu = append(b.Cu, int32(len(b.IDs)))
		b.Sel = append(b.Sel, int32(len(b.IDs)-1))
		first := len(e.prompt) + p*e.room
		b.Keys = append(b.Keys, [][2]int{{0, len(e.prompt)}, {first, first + len(text)}})
		places = append(places, p)
	}
	return e.session.Run(ctx, b, func(_ model.Point, rows model.Rows) error {
		logits := map[int][]float32{}
		for i, p := range places {
			logits[p] = rows.Data[i*e.vocab : (i+1)*e.vocab]
		}
		return take(logits)
	})
}

// heat computes the prompt's keys.
func (e *engine) heat(ctx context.Context) error {
	if e.heated {
		return nil
	}
	b := model.Pack([][]int32{e.prompt}, [][]int32{{int32(len(e.prompt) - 1)}})
	b.Keys = [][][2]int{{{0, len(e.prompt)}}}
	err := e.session.Run(ctx, b, func(model.Point, model.Rows) error { return nil })
	e.heated = err == nil
	return err
}

// common is the length of what a and b begin with alike.
func common(a, b []int32) int {
	n := 0
	for n < len(a) && n < len(b) && a[n] == b[n] {
		n++
	}
	return n
}

// encodeBehind returns the tokens of text where it stands behind other text:
// tokenizers differ in what they do with a text's beginning.
func encodeBehind(t *tokenizer.Tokenizer, text string) ([]int32, error) {
	for _, anchor := range []string{"a", "1", "."} {
		head, err := t.Encode(anchor, false)
		if err != nil {
			return nil, err
		}
		whole, err := t.Encode(anchor+text, false)
		if err != nil {
			return nil, err
		}
		if n := len(head.IDs); len(whole.IDs) > n && slices.Equal(whole.IDs[:n], head.IDs) {
			return whole.IDs[n:], nil
		}
	}
	return nil, fmt.Errorf("related: the tokenizer joins %q to what stands before it", text)
}
