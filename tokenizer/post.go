package tokenizer

import (
	"fmt"
	"unicode/utf8"
)

// postProcessor is what happens to an encoded text.
type postProcessor struct {
	trim           bool // spans leave out the spaces of their tokens
	keepFirst      bool // ... but for one at the text's start, which was added
	prefix, suffix []int32
}

// templatePart is one part of a template: a special token or the text.
type templatePart struct {
	SpecialToken *templateReference `json:",omitempty"`
	Sequence     *templateReference `json:",omitempty"`
}

type templateReference struct {
	ID     string `json:"id"`
	TypeID int    `json:"type_id"`
}

type templateToken struct {
	ID     string   `json:"id"`
	IDs    []int32  `json:"ids"`
	Tokens []string `json:"tokens"`
}

func buildPost(c *component, t *Tokenizer) (postProcessor, error) {
	var p postProcessor
	for _, part := range c.flatten(func(c *component) []component { return c.Processors }) {
		switch part.Type {
		case "ByteLevel":
			p.trim = p.trim || orTrue(part.TrimOffsets)
			p.keepFirst = orTrue(part.AddPrefixSpace)
		case "TemplateProcessing":
			if err := p.template(part, t); err != nil {
				return p, fmt.Errorf("TemplateProcessing: %w", err)
			}
		default:
			return p, typeError(part.Type, processorTypes...)
		}
	}
	return p, nil
}

// template adds the special tokens around the text.
func (p *postProcessor) template(c component, t *Tokenizer) error {
	var around [2][]int32
	texts := 0
	for _, part := range c.Single {
		switch {
		case part.Sequence != nil && part.Sequence.ID == "A":
			texts++
		case part.SpecialToken != nil && texts < 2:
			token, ok := c.SpecialTokens[part.SpecialToken.ID]
			if !ok {
				return fmt.Errorf("want a special token with ids, have %q", part.SpecialToken.ID)
			}
			for _, id := range token.IDs {
				if _, ok := t.Token(id); !ok {
					return fmt.Errorf("%q: want the id of a token, have %d", part.SpecialToken.ID, id)
				}
			}
			around[texts] = append(around[texts], token.IDs...)
		}
	}
	if texts != 1 {
		return fmt.Errorf("single: want the text once, have it %d times", texts)
	}
	p.prefix = append(around[0], p.prefix...)
	p.suffix = append(p.suffix, around[1]...)
	return nil
}

// trimSpan takes the spaces at both ends of a token out of its span in text: a
// span of only spaces becomes empty, at its end. first is whether the token is
// the first.
func (p *postProcessor) trimSpan(text string, span Span, token string, first bool) Span {
	leading, trailing := spacesAround(token)
	if leading == 1 && p.keepFirst && (first || span.Start == 0) {
		leading = 0
	}
	for ; leading > 0 && span.Start < span.End; leading-- {
		_, n := utf8.DecodeRuneInString(text[span.Start:span.End])
		span.Start += n
	}
	for ; trailing > 0 && span.Start < span.End; trailing-- {
		_, n := utf8.DecodeLastRuneInString(text[span.Start:span.End])
		span.End -= n
	}
	return span
}

// spacesAround counts the spaces, also as spelled in the byte alphabet, at the
// start and the end of a token.
func spacesAround(token string) (leading, trailing int) {
	for _, r := range token {
		if !isSpelledSpace(r) {
			break
		}
		leading++
	}
	for token != "" {
		r, n := utf8.DecodeLastRuneInString(token)
		if !isSpelledSpace(r) {
			break
		}
		trailing++
		token = token[:len(token)-n]
	}
	return leading, trailing
}

func isSpelledSpace(r rune) bool {
	return r == byteRunes[' '] || classes().of(r)&isSpace != 0
}
