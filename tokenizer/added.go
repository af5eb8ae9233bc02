package tokenizer

import (
	"sort"
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

// finder is a trie of added tokens.
type finder struct {
	nodes  []trieNode
	first  [256]bool // bytes that start a token
	tokens []addedToken
}

// trieNode's children are by byte, in order. Node 0 is the root.
type trieNode struct {
	bytes    []byte
	children []int32
	token    int32 // index + 1, or 0
}

func (f *finder) add(text string, token addedToken) {
	if text == "" {
		return
	}
	if f.nodes == nil {
		f.nodes = make([]trieNode, 1)
	}
	f.first[text[0]] = true
	at := int32(0)
	for _, b := range []byte(text) {
		next, ok := f.child(at, b)
		if !ok {
			next = int32(len(f.nodes))
			n := &f.nodes[at]
			i := sort.Search(len(n.bytes), func(i int) bool { return n.bytes[i] > b })
			n.bytes = append(n.bytes[:i], append([]byte{b}, n.bytes[i:]...)...)
			n.children = append(n.children[:i], append([]int32{next}, n.children[i:]...)...)
			f.nodes = append(f.nodes, trieNode{})
		}
		at = next
	}
	if f.nodes[at].token == 0 {
		f.tokens = append(f.tokens, token)
		f.nodes[at].token = int32(len(f.tokens))
	}
}

func (f *finder) child(at int32, b byte) (int32, bool) {
	n := &f.nodes[at]
	i := sort.Search(len(n.bytes), func(i int) bool { return n.bytes[i] >= b })
	if i < len(n.bytes) && n.bytes[i] == b {
		return n.children[i], true
	}
	return 0, false
}

// longest returns the longest token at s[i] and its end, or nil.
func (f *finder) longest(s string, i int) (*addedToken, int) {
	var found *addedToken
	end, at := i, int32(0)
	for j := i; j < len(s); j++ {
		next, ok := f.child(at, s[j])
		if !ok {
			break
		}
		at = next
		if k := f.nodes[at].token; k > 0 {
			found, end = &f.tokens[k-1], j+1
		}
	}
	return found, end
}

// find calls between for the text between tokens and at for each token, in
// order, leftmost and longest first. Neither part is empty.
func (f *finder) find(s string, between func(start, end int) error, at func(token *addedToken, start, end int)) error {
	done := 0 // all before it was handed out
	for i := 0; i < len(s) && f.nodes != nil; {
		if !f.first[s[i]] {
			i++
			continue
		}
		token, stop := f.longest(s, i)
		if token == nil {
			i++
			continue
		}
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
