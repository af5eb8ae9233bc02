package tokenizer

import (
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"
)

// The template engine's handling of white space around tags differs from
// Jinja's (it reaches past the neighbouring tag), as do its string escapes and
// its nested braces. So a template is read here by Jinja's own rules (jinja2
// lexer.py with trim_blocks and lstrip_blocks) and handed to the engine in a
// form that leaves nothing of that to it: see chat_rewrite.go.

// part of a template: its text, or the tokens of one tag.
type templateItem struct {
	kind   byte // 't' text, '{' expression, '%' statement
	text   string
	tokens []templateTok
	line   int
}

// templateTok is a token of a tag.
type templateTok struct {
	kind   byte // 'n' name, '0' number, 's' string (text is its value), 'o' operator
	text   string
	spaced bool // white space before it
}

const (
	maxTemplate    = 256 << 10 // bytes
	maxTagTokens   = 4096
	maxBlockDepth  = 64
	reservedPrefix = "__"
)

type templateLexer struct {
	src       string
	at        int
	lineStart bool // all before at on this line was swallowed
	items     []templateItem
}

// lexTemplate splits a template into text and tags, white space trimmed.
func lexTemplate(source string) ([]templateItem, error) {
	if len(source) > maxTemplate {
		return nil, fmt.Errorf("want at most %d bytes, have %d", maxTemplate, len(source))
	}
	source = strings.NewReplacer("\r\n", "\n", "\r", "\n").Replace(source)
	l := &templateLexer{src: strings.TrimSuffix(source, "\n"), lineStart: true}
	for l.at < len(l.src) {
		open := l.opener()
		if open < 0 {
			l.add(templateItem{kind: 't', text: l.src[l.at:]})
			break
		}
		text := l.src[l.at:open]
		kind := l.src[open+1]
		sign := byte(0)
		l.at = open + 2
		if l.at < len(l.src) && (l.src[l.at] == '-' || l.src[l.at] == '+') {
			sign = l.src[l.at]
			l.at++
		}
		l.add(templateItem{kind: 't', text: l.strip(text, sign, kind)})
		l.lineStart = false
		if err := l.tag(kind); err != nil {
			return nil, fmt.Errorf("line %d: %w", 1+strings.Count(l.src[:open], "\n"), err)
		}
	}
	return l.items, nil
}

func (l *templateLexer) add(item templateItem) {
	if item.kind == 't' && item.text == "" {
		return
	}
	item.line = 1 + strings.Count(l.src[:l.at], "\n")
	l.items = append(l.items, item)
}

// opener returns where the next tag opens, or -1.
func (l *templateLexer) opener() int {
	for i := l.at; i+1 < len(l.src); i++ {
		if l.src[i] == '{' && strings.IndexByte("{%#", l.src[i+1]) >= 0 {
			return i
		}
	}
	return -1
}

// strip trims the text before a tag.
func (l *templateLexer) strip(text string, sign, kind byte) string {
	if sign == '-' {
		return strings.TrimRightFunc(text, isPythonSpace)
	}
	if sign == '+' || kind == '{' {
		return text
	}
	line := strings.LastIndexByte(text, '\n') + 1
	if (line > 0 || l.lineStart) && strings.TrimFunc(text[line:], isPythonSpace) == "" {
		return text[:line]
	}
	return text
}

// tag reads one tag after its opener.
func (l *templateLexer) tag(kind byte) error {
	switch kind {
	case '#':
		return l.comment()
	case '%':
		rest := strings.TrimLeftFunc(l.src[l.at:], isPythonSpace)
		if after, ok := strings.CutPrefix(rest, "raw"); ok {
			after = strings.TrimLeftFunc(after, isPythonSpace)
			if strings.HasPrefix(after, "%}") || strings.HasPrefix(after, "-%}") {
				return l.raw(after)
			}
		}
	}
	closer := "}}"
	if kind == '%' {
		closer = "%}"
	}
	var tokens []templateTok
	depth := 0
	for {
		spaced := l.space()
		if depth == 0 && l.end(closer) {
			l.add(templateItem{kind: kind, tokens: tokens})
			return nil
		}
		tok, err := l.token()
		if err != nil {
			return err
		}
		if tok.kind == 'o' && strings.Contains("([{", tok.text) {
			depth++
		} else if tok.kind == 'o' && strings.Contains(")]}", tok.text) {
			depth--
		}
		if depth < 0 || len(tokens) == maxTagTokens {
			return fmt.Errorf("want balanced brackets and at most %d tokens in a tag", maxTagTokens)
		}
		tok.spaced = spaced
		tokens = append(tokens, tok)
	}
}

// end reads the end of a tag if it is next, with the white space it takes.
func (l *templateLexer) end(closer string) bool {
	rest := l.src[l.at:]
	switch {
	case strings.HasPrefix(rest, "-"+closer):
		l.at += 1 + len(closer)
		before := l.at
		l.space()
		l.lineStart = l.at > before && l.src[l.at-1] == '\n'
	case closer != "}}" && strings.HasPrefix(rest, "+"+closer):
		l.at += 1 + len(closer)
	case strings.HasPrefix(rest, closer):
		l.at += len(closer)
		if closer != "}}" && strings.HasPrefix(l.src[l.at:], "\n") {
			l.at++
			l.lineStart = true
		}
	default:
		return false
	}
	return true
}

func (l *templateLexer) comment() error {
	for l.at < len(l.src) {
		if l.end("#}") {
			return nil
		}
		l.at++
	}
	return fmt.Errorf("want a comment that ends")
}

// raw reads a raw block; after is what follows its name.
func (l *templateLexer) raw(after string) error {
	l.at = len(l.src) - len(after)
	if strings.HasPrefix(after, "-") {
		l.at++
	}
	l.at += len("%}")
	if strings.HasPrefix(after, "-") {
		l.space()
	}
	for open := l.at; open < len(l.src); open++ {
		rest, ok := strings.CutPrefix(l.src[open:], "{%")
		if !ok {
			continue
		}
		sign := byte(0)
		if rest != "" && (rest[0] == '-' || rest[0] == '+') {
			sign, rest = rest[0], rest[1:]
		}
		rest, ok = strings.CutPrefix(strings.TrimLeftFunc(rest, isPythonSpace), "endraw")
		if !ok {
			continue
		}
		text := l.strip(l.src[l.at:open], sign, '%')
		at := l.at
		l.at = len(l.src) - len(strings.TrimLeftFunc(rest, isPythonSpace))
		if l.lineStart = false; l.end("%}") {
			l.add(templateItem{kind: 't', text: text})
			return nil
		}
		l.at = at
	}
	return fmt.Errorf("want a raw block that ends")
}

// space skips white space.
func (l *templateLexer) space() bool {
	before := l.at
	l.at = len(l.src) - len(strings.TrimLeftFunc(l.src[l.at:], isPythonSpace))
	return l.at > before
}

// isPythonSpace is str.isspace: Unicode's white space and the separators of ASCII.
func isPythonSpace(r rune) bool { return unicode.IsSpace(r) || r >= 0x1c && r <= 0x1f }

// token reads one token of a tag.
func (l *templateLexer) token() (templateTok, error) {
	rest := l.src[l.at:]
	if rest == "" {
		return templateTok{}, fmt.Errorf("want a tag that ends")
	}
	n, kind := 0, byte('o')
	switch c := rest[0]; {
	case c == '\'' || c == '"':
		return l.quoted()
	case c >= '0' && c <= '9':
		kind, n = '0', numberLen(rest)
		if n < len(rest) && (isNameByte(rest[n]) || rest[n] >= utf8.RuneSelf) {
			return templateTok{}, fmt.Errorf("want a plain decimal number, have %q", rest[:n+1])
		}
	case isNameByte(c):
		kind = 'n'
		for n < len(rest) && isNameByte(rest[n]) {
			n++
		}
		if strings.HasPrefix(rest, reservedPrefix) {
			return templateTok{}, fmt.Errorf("want a name that does not start with %s, have %q", reservedPrefix, rest[:n])
		}
	default:
		for _, op := range []string{"//", "**", "==", "!=", ">=", "<="} {
			if strings.HasPrefix(rest, op) {
				n = 2
			}
		}
		if n == 0 && strings.IndexByte("+-/*%~[](){}><=.:|,", c) >= 0 {
			n = 1
		}
		if n == 0 {
			return templateTok{}, fmt.Errorf("want a token of an expression, have %q", rest[:1])
		}
	}
	l.at += n
	return templateTok{kind: kind, text: rest[:n]}, nil
}

// numberLen is the length of digits with an optional fraction.
func numberLen(s string) int {
	digits := func(i int) int {
		for i < len(s) && s[i] >= '0' && s[i] <= '9' {
			i++
		}
		return i
	}
	n := digits(0)
	if n+1 < len(s) && s[n] == '.' {
		if end := digits(n + 1); end > n+1 {
			return end
		}
	}
	return n
}

func isNameByte(c byte) bool { return isASCIILetter(c) || c == '_' || c >= '0' && c <= '9' }
