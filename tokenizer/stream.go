package tokenizer

import (
	"slices"
	"strings"
)

// Stream decodes tokens as they come, special ones left out. What its calls
// return, put together, is what the tokens add to the text before them.
type Stream struct {
	t       *Tokenizer
	ids     []int32 // context, then tokens whose text is not complete
	decoded string  // the part of their text that came before or was returned
}

// maxContext bounds the context of a stream: more bytes than a character has.
const maxContext = 8

// Stream returns a stream that goes on behind the tokens before: some families
// take the space off a text's first token.
func (t *Tokenizer) Stream(before []int32) (*Stream, error) {
	s := &Stream{t: t}
	for n := range maxContext {
		s.ids = slices.Clone(before[max(0, len(before)-n):])
		var err error
		if s.decoded, err = t.Decode(s.ids, true); err != nil {
			return nil, err
		}
		// Part of a character is not enough.
		if s.decoded != "" && !strings.Contains(s.decoded, replacement) {
			break
		}
	}
	return s, nil
}

// Add takes a token and returns the text that it completes. It keeps back what
// may be part of a character.
func (s *Stream) Add(id int32) (string, error) {
	s.ids = append(s.ids, id)
	whole, err := s.t.Decode(s.ids, true)
	if err != nil {
		return "", err
	}
	text, ok := strings.CutPrefix(whole, s.decoded)
	if !ok || text == "" || strings.HasSuffix(text, replacement) {
		return "", nil
	}
	s.decoded = whole
	// The last token is context enough where it is whole characters.
	if alone, err := s.t.Decode([]int32{id}, true); err == nil && alone != "" && !strings.Contains(alone, replacement) {
		s.ids, s.decoded = append(s.ids[:0], id), alone
	}
	return text, nil
}

// Flush returns what was kept back, U+FFFD for bytes that are no character.
func (s *Stream) Flush() (string, error) {
	whole, err := s.t.Decode(s.ids, true)
	if err != nil {
		return "", err
	}
	text := strings.TrimPrefix(whole, s.decoded)
	s.decoded = whole
	return text, nil
}
