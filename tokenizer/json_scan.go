package tokenizer

import (
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
)

// A vocabulary and its merges are most of a tokenizer.json, and hold only
// texts and numbers: they are read directly, several times faster than by
// encoding/json, which has checked before that they are well-formed.

// tokenIDs is the vocabulary: ids by token.
type tokenIDs map[string]int32

// UnmarshalJSON reads {"token": id, ...}. Of a token listed twice the last id
// holds.
func (v *tokenIDs) UnmarshalJSON(data []byte) error {
	s := jsonScanner{text: string(data)}
	*v = make(tokenIDs, strings.Count(s.text, ","))
	if !s.open('{') {
		return fmt.Errorf("vocab: want an object of ids by token")
	}
	for s.more('}') {
		token, ok := s.str()
		if !ok {
			return fmt.Errorf("vocab: want a token")
		}
		s.open(':')
		id, err := strconv.ParseInt(s.scalar(), 10, 32)
		if err != nil {
			return fmt.Errorf("vocab: %q: want an id, have %w", token, err)
		}
		(*v)[strings.Clone(token)] = int32(id)
	}
	return nil
}

// mergeList is pairs of tokens, written as "a b" or ["a", "b"].
type mergeList [][2]string

// UnmarshalJSON reads both forms.
func (l *mergeList) UnmarshalJSON(data []byte) error {
	s := jsonScanner{text: string(data)}
	if !s.open('[') {
		return fmt.Errorf("merges: want a list")
	}
	*l = make(mergeList, 0, strings.Count(s.text, "\"")/2)
	for s.more(']') {
		var merge [2]string
		var ok bool
		if s.open('[') {
			merge, ok = s.pair()
		} else if line, isText := s.str(); isText {
			if len(*l) == 0 && strings.HasPrefix(line, "#version") {
				continue
			}
			merge, ok = splitMerge(line)
		}
		if !ok {
			return fmt.Errorf(`merges: merge %d: want "a b" or ["a", "b"]`, len(*l))
		}
		*l = append(*l, merge)
	}
	return nil
}

// splitMerge reads a merge written as "a b".
func splitMerge(line string) (merge [2]string, ok bool) {
	left, right, ok := strings.Cut(line, " ")
	return [2]string{left, right}, ok && left != "" && right != "" && !strings.Contains(right, " ")
}

// jsonScanner reads well-formed JSON.
type jsonScanner struct {
	text string
	at   int
}

// next skips white space and returns the next byte, 0 at the end.
func (s *jsonScanner) next() byte {
	for ; s.at < len(s.text); s.at++ {
		if c := s.text[s.at]; c > ' ' {
			return c
		}
	}
	return 0
}

// open reads one character of punctuation if it is next.
func (s *jsonScanner) open(c byte) bool {
	if s.next() != c {
		return false
	}
	s.at++
	return true
}

// more reports whether an item follows before the closing bracket, and reads
// the comma or the bracket.
func (s *jsonScanner) more(closer byte) bool {
	s.open(',')
	return s.next() != 0 && !s.open(closer)
}

// str reads a string.
func (s *jsonScanner) str() (string, bool) {
	if !s.open('"') {
		return "", false
	}
	start, escaped := s.at, false
	for ; s.at < len(s.text) && s.text[s.at] != '"'; s.at++ {
		if s.text[s.at] == '\\' {
			escaped = true
			s.at++
		}
	}
	if s.at >= len(s.text) {
		return "", false
	}
	text := s.text[start:s.at]
	s.at++
	if escaped {
		if json.Unmarshal([]byte(s.text[start-1:s.at]), &text) != nil {
			return "", false
		}
	}
	return text, true
}

// pair reads the rest of ["a", "b"] after the bracket.
func (s *jsonScanner) pair() (merge [2]string, ok bool) {
	n := 0
	for s.more(']') {
		text, isText := s.str()
		if !isText || n == len(merge) {
			return merge, false
		}
		merge[n] = text
		n++
	}
	return merge, n == len(merge)
}

// scalar reads a number or a word.
func (s *jsonScanner) scalar() string {
	s.next()
	start := s.at
	for s.at < len(s.text) && strings.IndexByte(" \t\r\n,]}", s.text[s.at]) < 0 {
		s.at++
	}
	return s.text[start:s.at]
}
