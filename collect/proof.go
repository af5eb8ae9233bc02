package collect

import (
	"fmt"
	"strings"

	"golang.org/x/text/unicode/norm"

	"premlp/collect/dataset"
)

// checkTokens proves a question's token indices in two ways: by the tokens'
// byte spans, and, without them, by decoding the tokens back.
func checkTokens(q *dataset.Question, d Decoder) error {
	if err := q.Validate(); err != nil {
		return err
	}
	concept := q.Prompt[q.PromptSpan[0]:q.PromptSpan[1]]
	if concept != q.Name() {
		return fmt.Errorf("want %q at bytes %v of the prompt, have %q", q.Name(), q.PromptSpan, concept)
	}
	s, err := LastOccurrence(q.Text, q.Name())
	if err != nil {
		return err
	}
	if q.TextSpan != [2]int{s.Start, s.End} {
		return fmt.Errorf("want the concept's last place in the text, bytes [%d, %d), have %v", s.Start, s.End, q.TextSpan)
	}
	first, end, _ := tokensOf(q.Spans, Span{q.PromptSpan[0], q.PromptSpan[1]})
	if q.TokenSpan != [2]int{first, end} {
		return fmt.Errorf("want the concept's tokens to be [%d, %d), by their bytes, have %v", first, end, q.TokenSpan)
	}
	if n := len(q.IDs) - end; len(q.Rows) != n || int(q.Rows[0]) != end {
		return fmt.Errorf("rows: want the %d tokens from %d on, have %d from %d", n, end, len(q.Rows), q.Rows[0])
	}
	for i, row := range q.Rows {
		text, err := d.Decode(q.IDs[row:row+1], false)
		if err != nil {
			return err
		}
		if text != q.Tokens[i] {
			return fmt.Errorf("row %d: want token %q, have %q", row, text, q.Tokens[i])
		}
	}
	return nil
}

// checkDecoded proves a question's token indices by decoding alone: the tokens
// up to the concept's first and with it give more than the prompt before the
// concept; up to the concept's last and with it the prompt through the concept,
// and without it less. So the first row is the token right after the concept.
// The concept's tokens must hold it in any case. Spaces are not compared. Some
// tokenizers cannot give a prompt back, for want of a character; exact is then
// false, and only the concept's own tokens are looked at.
func checkDecoded(q *dataset.Question, d Decoder) (exact bool, err error) {
	first, end := q.TokenSpan[0], q.TokenSpan[1]
	texts := make([]string, 5)
	for i, cut := range [][2]int{{first, end}, {0, len(q.IDs)}, {0, first + 1}, {0, end}, {0, end - 1}} {
		if texts[i], err = decodeWritten(q, cut[0], cut[1], d); err != nil {
			return false, err
		}
	}
	own, whole, begun, through, short := texts[0], texts[1], texts[2], texts[3], texts[4]
	if !strings.Contains(own, composed(q.Name())) {
		return false, fmt.Errorf("tokens %v: want a text that holds %q, have %q", q.TokenSpan, q.Name(), own)
	}
	if whole != composed(q.Prompt) {
		return false, nil
	}
	upto := composed(q.Prompt[:q.PromptSpan[1]])
	switch {
	case strings.HasPrefix(composed(q.Prompt[:q.PromptSpan[0]]), begun):
		return true, fmt.Errorf("token %d: want the first of the concept's, have the concept behind it, after %q", first, begun)
	case !strings.HasPrefix(through, upto):
		return true, fmt.Errorf("token %d: want the last of the concept's, have the prompt only to %q", end-1, through)
	case strings.HasPrefix(short, upto):
		return true, fmt.Errorf("token %d: want the last of the concept's, have the concept before it in %q", end-1, short)
	}
	return true, nil
}

// decodeWritten decodes the tokens [from, to) that stand in the prompt, without
// those that the tokenizer added, in the form that composed gives.
func decodeWritten(q *dataset.Question, from, to int, d Decoder) (string, error) {
	ids := make([]int32, 0, to-from)
	for i := from; i < to; i++ {
		if q.Spans[i] != [2]int{} {
			ids = append(ids, q.IDs[i])
		}
	}
	text, err := d.Decode(ids, false)
	if err != nil {
		return "", err
	}
	return composed(text), nil
}

// composed is the form in which decoded text is compared: some tokenizers
// compose characters before they look them up, some write spaces of their own
// or drop one in front.
func composed(text string) string {
	return norm.NFC.String(strings.ReplaceAll(text, " ", ""))
}
