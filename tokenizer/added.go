package tokenizer

import (
	"unicode"
	"unicode/utf8"
)

// addedTokens finds added tokens in two passes: those that are matched before
// normalization in the text itself, the others in the normalized parts between.
type addedTokens struct {
	raw, normalized finder
}

func buildAdded(tokens []addedToken, normalizers []normalizer) addedTokens {
	var a addedTokens
	for _, token := range tokens {
		if token.Content == "" {
			continue
		}
		if !token.Normalized {
			a.raw.add(token.Content, token)
			continue
		}
		content := aligned{s: token.Content}
		for _, n := range normalizers {
			content = n.normalize(content)
		}
		a.normalized.add(content.s, token)
	}
	return a
}

// finder finds added tokens by their texts.
type finder struct {
	texts  trie
	first  [256]bool // bytes that start a token
	tokens []addedToken
}

func (f *finder) add(text string, token addedToken) {
	if text == "" {
		return
	}
	f.first[text[0]] = true
	if f.texts.add(text, int32(len(f.tokens))) {
		f.tokens = append(f.tokens, token)
	}
}

// find calls between for the text between tokens and at for each token, in
// order, leftmost and longest first. Neither part is empty.
func (f *finder) find(s string, between func(start, end int) error, at func(token *addedToken, start, end int)) error {
	done := 0 // all before it was handed out
	for i := 0; i < len(s) && f.tokens != nil; {
		if !f.first[s[i]] {
			i++
			continue
		}
		index, stop := f.texts.longest(s, i)
		if index < 0 {
			i++
			continue
		}
		token := &f.tokens[index]
		start := i
		i = stop
		if token.SingleWord && (wordBefore(s[:start]) || wordAfter(s[stop:])) {
			continue
		}
		if token.LeftStrip {
			start = max(trimRight(s[:start]), done)
		}
		if token.RightStrip {
			stop = classes().run(s, stop, isSpace)
		}
		// A token of spaces counts also where the token before it has already
		// taken them, as in the Hugging Face library.
		if done < start {
			if err := between(done, start); err != nil {
				return err
			}
		}
		at(token, start, stop)
		done = stop
	}
	if done < len(s) {
		return between(done, len(s))
	}
	return nil
}

// trimRight returns the length of s without the white space at its end.
func trimRight(s string) int {
	for s != "" {
		r, n := utf8.DecodeLastRuneInString(s)
		if classes().of(r)&isSpace == 0 {
			break
		}
		s = s[:len(s)-n]
	}
	return len(s)
}

func wordBefore(s string) bool {
	r, _ := utf8.DecodeLastRuneInString(s)
	return s != "" && isWord(r)
}

func wordAfter(s string) bool {
	r, _ := utf8.DecodeRuneInString(s)
	return s != "" && isWord(r)
}

// isWord reports whether r is in the regular-expression class \w (UTS 18).
func isWord(r rune) bool {
	return classes().of(r)&(isLetter|isMark|isDecimal) != 0 || r == '\u200c' || r == '\u200d' ||
		unicode.In(r, unicode.Nl, unicode.Pc, unicode.Other_Alphabetic)
}
