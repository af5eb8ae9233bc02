package tokenizer

import (
	"fmt"
	"strconv"
	"strings"
	"unicode/utf8"
)

// quoted reads a string of a tag. Its escapes are Python's.
func (l *templateLexer) quoted() (templateTok, error) {
	quote := l.src[l.at]
	i := l.at + 1
	for i < len(l.src) && l.src[i] != quote {
		if l.src[i] == '\\' {
			i++
		}
		i++
	}
	if i >= len(l.src) {
		return templateTok{}, fmt.Errorf("want a string that ends")
	}
	text, err := unescape(l.src[l.at+1 : i])
	l.at = i + 1
	return templateTok{kind: 's', text: text}, err
}

// simpleEscapes are the escapes of one character.
var simpleEscapes = map[byte]string{
	'\n': "", '\\': `\`, '\'': "'", '"': `"`, 'a': "\a", 'b': "\b", 'f': "\f",
	'n': "\n", 'r': "\r", 't': "\t", 'v': "\v",
}

// unescape resolves the escapes of a Python string; an unknown one stays.
func unescape(s string) (string, error) {
	var b strings.Builder
	for i := 0; i < len(s); i++ {
		if s[i] != '\\' || i+1 == len(s) {
			b.WriteByte(s[i])
			continue
		}
		i++
		if text, ok := simpleEscapes[s[i]]; ok {
			b.WriteString(text)
			continue
		}
		digits, base := 0, 16
		switch c := s[i]; {
		case c == 'x':
			digits = 2
		case c == 'u':
			digits = 4
		case c == 'U':
			digits = 8
		case c >= '0' && c <= '7':
			base = 8
			for digits < 3 && i+digits < len(s) && s[i+digits] >= '0' && s[i+digits] <= '7' {
				digits++
			}
			i--
		default:
			b.WriteByte('\\')
			b.WriteByte(c)
			continue
		}
		end := min(i+1+digits, len(s))
		code, err := strconv.ParseUint(s[i+1:end], base, 32)
		if err != nil || end-i-1 < digits || code > utf8.MaxRune || code >= 0xD800 && code < 0xE000 {
			return "", fmt.Errorf("string: want the code of a character, have %q", s[i:end])
		}
		b.WriteRune(rune(code))
		i = end - 1
	}
	return b.String(), nil
}

// quote writes a string with the escapes that the engine knows.
func quote(s string) string {
	return `"` + strings.NewReplacer(`\`, `\\`, `"`, `\"`, "\n", `\n`).Replace(s) + `"`
}
