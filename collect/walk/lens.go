package walk

import (
	"context"
	"fmt"
	"io"
	"strconv"
	"strings"

	"premlp/model"
)

// Guess is a token that the model would say next.
type Guess struct {
	ID      int32   `json:"id"`
	Text    string  `json:"text"`
	LogProb float64 `json:"log_prob"` // natural logarithm
}

// LensLayer is what the model would say if it ended behind a layer.
type LensLayer struct {
	Layer   int     `json:"layer"`
	Guesses []Guess `json:"guesses"` // the most probable first
}

// Lens is the logit lens at a token.
type Lens struct {
	Token  int         `json:"token"`
	Text   string      `json:"text"`
	Layers []LensLayer `json:"layers"`
}

// lensOf hands over the logits [V] that the final norm and the head make of a
// token's row of the residual stream, behind each of some blocks. All rows are one
// batch: the head is by far the largest matrix, and is read once.
func (w *Walk) lensOf(ctx context.Context, token int, blocks []int, each func(layer int, logits []float32) error) error {
	if len(blocks) == 0 {
		return nil
	}
	if w.lens == nil {
		var err error
		if w.lens, err = w.loaded.Model.Lens(w.threads); err != nil {
			return err
		}
	}
	var prompts [][]int32 // a row stands for itself, so each is a prompt of one token
	var given []float32
	for _, layer := range blocks {
		v, err := w.session.ValueOf(w.ends[layer])
		if err != nil {
			return err
		}
		prompts, given = append(prompts, w.ids[token:token+1]), append(given, v.Row(token)...)
	}
	b := model.Pack(prompts, nil)
	b.Given = given
	return w.lens.Run(ctx, b, func(_ model.Point, rows model.Rows) error {
		for i, layer := range blocks {
			if err := each(layer, rows.Row(i)); err != nil {
				return fmt.Errorf("layer %d: %w", layer, err)
			}
		}
		return nil
	})
}

// defaultGuesses are shown where no number is given.
const defaultGuesses = 5

// look is the lens at a token on the ends of all blocks that are computed, or on
// some of them.
func (w *Walk) look(ctx context.Context, o options) (*Lens, error) {
	token, err := o.span("token", o.tokens, len(w.ids))
	if err != nil {
		return nil, err
	}
	if o.tokens == nil {
		token.from = token.to - 1
	}
	k := defaultGuesses
	if o.count != nil {
		if k, err = strconv.Atoi(*o.count); err != nil || k < 1 || k > 100 {
			return nil, fmt.Errorf("top: want a number from 1 to 100, have %q", *o.count)
		}
	}
	r := &Lens{Token: token.from, Text: w.tokens[token.from], Layers: []LensLayer{}}
	layers, err := o.span("layers", o.layers, w.Layers())
	if err != nil {
		return nil, err
	}
	var done []int
	for layer, end := range w.ends {
		if layers.from <= layer && layer < layers.to && w.at[end] < w.session.Done() {
			done = append(done, layer)
		}
	}
	return r, w.lensOf(ctx, token.from, done, func(layer int, logits []float32) error {
		guesses, err := w.guesses(logits, k)
		r.Layers = append(r.Layers, LensLayer{layer, guesses})
		return err
	})
}

// guesses are the most probable tokens of a row of logits.
func (w *Walk) guesses(logits []float32, k int) ([]Guess, error) {
	choices, err := model.Likely(logits, k, 1)
	if err != nil {
		return nil, err
	}
	var list []Guess
	for _, c := range choices {
		text, err := w.loaded.Tokenizer.Decode([]int32{c.ID}, false)
		if err != nil { // a model may have more rows than the tokenizer has tokens
			text = fmt.Sprintf("<%d>", c.ID)
		}
		list = append(list, Guess{c.ID, text, c.LogProb})
	}
	return list, nil
}

// Print writes a line for each layer.
func (r *Lens) Print(out io.Writer) {
	fmt.Fprintf(out, "what would follow token %d %q if the model ended behind a layer\n", r.Token, r.Text)
	for _, l := range r.Layers {
		var words []string
		for _, g := range l.Guesses {
			words = append(words, fmt.Sprintf("%s %.2f", shownToken(g.Text), g.LogProb))
		}
		fmt.Fprintf(out, "%4d  %s\n", l.Layer, strings.Join(words, "  "))
	}
}

// token returns the id of a token by its text, that of its form with a space before
// it first, as words stand within a text.
func (w *Walk) token(text string) (int32, error) {
	for _, form := range []string{" " + text, text} {
		e, err := w.loaded.Tokenizer.Encode(form, false)
		if err != nil {
			return 0, err
		}
		if len(e.IDs) == 1 {
			return e.IDs[0], nil
		}
	}
	return 0, fmt.Errorf("%q: want a text of one token, have several", text)
}
