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

// byID returns the tokens by id, those with ids from 0 to below limit.
func (v tokenIDs) byID(limit int) []token {
	list := make([]token, len(v))
	for text, id := range v {
		if id < 0 || int(id) >= limit {
			continue
		}
		for int(id) >= len(list) {
			list = append(list, token{})
		}
		list[id] = token{text, true}
	}
	return list
}

// fileVocabulary is the vocabulary of a file: with ids (BPE), or a list with
// scores (Unigram).
type fileVocabulary struct {
	ids    tokenIDs
	scores []float64
}

// UnmarshalJSON reads {"token": id, ...} or [["token", score], ...]. Of a token
// listed twice the last id holds.
func (v *fileVocabulary) UnmarshalJSON(data []byte) error {
	s := jsonScanner{text: string(data)}
	v.ids = make(tokenIDs, strings.Count(s.text, ","))
	switch {
	case s.open('{'):
		return v.readIDs(&s)
	case s.open('['):
		return v.readScores(&s)
	}
	return fmt.Errorf("vocab: want an object of ids by token, or a list of tokens with scores")
}

func (v *fileVocabulary) readIDs(s *jsonScanner) error {
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
		v.ids[strings.Clone(token)] = int32(id)
	}
	return nil
}

func (v *fileVocabulary) readScores(s *jsonScanner) error {
	for s.more(']') {
		id := len(v.scores)
		if !s.open('[') {
			return fmt.Errorf("vocab: token %d: want a token and its score", id)
		}
		token, ok := s.str()
		s.open(',')
		score, err := strconv.ParseFloat(s.scalar(), 64)
		if !ok || err != nil || s.more(']') {
			return fmt.Errorf("vocab: token %d: want a token and its score", id)
		}
		v.ids[strings.Clone(token)] = int32(id)
		v.scores = append(v.scores, score)
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
