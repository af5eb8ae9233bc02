package ptx

import (
	"fmt"
	"strings"
)

// token is a word, a number, a string or one sign of a PTX text.
type token struct {
	kind tokenKind
	text string
	line int
}

type tokenKind uint8

const (
	tokenEnd    tokenKind = iota
	tokenWord             // a name, a directive (.reg), an instruction (ld.global.f32)
	tokenNumber           // 12, 0x1f, 0f3F800000, 1.5
	tokenString           // without its quotes
	tokenSign             // one of { } ( ) [ ] < > , ; : + - = | ! @ and ~ * / % & ^ ?
)

// Error is what is wrong with a PTX text.
type Error struct {
	Line int
	What string
}

// Error implements error.
func (e *Error) Error() string { return fmt.Sprintf("ptx: line %d: %s", e.Line, e.What) }

func wrong(line int, format string, a ...any) error {
	return &Error{Line: line, What: fmt.Sprintf(format, a...)}
}

// lex cuts a text into tokens. Comments go.
func lex(text string) ([]token, error) {
	var out []token
	line := 1
	for i := 0; i < len(text); {
		c := text[i]
		start := i
		switch {
		case c == '\n':
			line++
			i++
		case c == ' ' || c == '\t' || c == '\r' || c == 0 && i == len(text)-1:
			i++
		case strings.HasPrefix(text[i:], "//"):
			for i < len(text) && text[i] != '\n' {
				i++
			}
		case strings.HasPrefix(text[i:], "/*"):
			end := strings.Index(text[i+2:], "*/")
			if end < 0 {
				return nil, wrong(line, "a comment that is not ended")
			}
			line += strings.Count(text[i:i+2+end], "\n")
			i += end + 4
		case c == '"':
			end := strings.IndexAny(text[i+1:], "\"\n")
			if end < 0 || text[i+1+end] == '\n' {
				return nil, wrong(line, "a string that is not ended")
			}
			out = append(out, token{tokenString, text[i+1 : i+1+end], line})
			i += end + 2
		case isDigit(c):
			for i < len(text) && (isName(text[i]) || text[i] == '.') {
				i++
			}
			out = append(out, token{tokenNumber, text[start:i], line})
		case isName(c) || (c == '.' || c == '%') && i+1 < len(text) && isName(text[i+1]):
			i = wordEnd(text, i+1)
			out = append(out, token{tokenWord, text[start:i], line})
		case strings.IndexByte("{}()[]<>,;:+-=|!@~*/%&^?", c) >= 0:
			out = append(out, token{tokenSign, text[i : i+1], line})
			i++
		default:
			return nil, wrong(line, "want PTX, have %q", text[i:min(i+8, len(text))])
		}
	}
	return append(out, token{tokenEnd, "the end of the text", line}), nil
}

// wordEnd returns where the word that i is inside of ends. A word may hold dots,
// and :: as in ld.global.L1::no_allocate.
func wordEnd(text string, i int) int {
	for i < len(text) {
		switch {
		case isName(text[i]) || text[i] == '.':
			i++
		case strings.HasPrefix(text[i:], "::") && i+2 < len(text) && isName(text[i+2]):
			i += 2
		default:
			return i
		}
	}
	return i
}

func isDigit(c byte) bool { return '0' <= c && c <= '9' }

func isName(c byte) bool {
	return isDigit(c) || 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || c == '_' || c == '$'
}
