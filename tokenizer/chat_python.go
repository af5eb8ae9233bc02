package tokenizer

import (
	"fmt"
	"math"
	"strconv"
	"strings"
	"unicode"

	"github.com/ardanlabs/jinja"
)

// pythonStr is Python's str of a value.
func pythonStr(v jinja.Value) string {
	switch {
	case v.IsUndefined():
		return ""
	case v.IsString():
		return v.AsString()
	}
	return pythonRepr(v)
}

// pythonRepr is Python's repr.
func pythonRepr(v jinja.Value) string {
	var parts []string
	switch {
	case v.IsString():
		return pythonQuote(v.AsString())
	case v.IsFloat():
		return pythonFloat(v.AsFloat())
	case v.IsList():
		for _, item := range v.AsList().Items {
			parts = append(parts, pythonRepr(item))
		}
		if !isTuple(v.AsList()) {
			return "[" + strings.Join(parts, ", ") + "]"
		}
		if len(parts) == 1 {
			parts[0] += ","
		}
		return "(" + strings.Join(parts, ", ") + ")"
	case v.IsDict():
		for _, key := range v.AsDict().OrderedKeys() {
			parts = append(parts, pythonRepr(keyValue(key))+": "+pythonRepr(v.AsDict().Data[key]))
		}
		return "{" + strings.Join(parts, ", ") + "}"
	}
	return v.String()
}

// pythonFloat is the shortest text of a number, with a point or an exponent.
func pythonFloat(f float64) string {
	if size := math.Abs(f); size != 0 && (size < 1e-4 || size >= 1e16) {
		return strconv.FormatFloat(f, 'e', -1, 64)
	}
	text := strconv.FormatFloat(f, 'f', -1, 64)
	if !strings.Contains(text, ".") {
		text += ".0"
	}
	return text
}

func pythonQuote(s string) string {
	quote := `'`
	if strings.Contains(s, `'`) && !strings.Contains(s, `"`) {
		quote = `"`
	}
	var b strings.Builder
	b.WriteString(quote)
	for _, r := range s {
		switch {
		case string(r) == quote || r == '\\':
			b.WriteString(`\` + string(r))
		case r == '\n':
			b.WriteString(`\n`)
		case r == '\r':
			b.WriteString(`\r`)
		case r == '\t':
			b.WriteString(`\t`)
		case unicode.IsPrint(r):
			b.WriteRune(r)
		case r < 0x100:
			fmt.Fprintf(&b, `\x%02x`, r)
		case r < 0x10000:
			fmt.Fprintf(&b, `\u%04x`, r)
		default:
			fmt.Fprintf(&b, `\U%08x`, r)
		}
	}
	b.WriteString(quote)
	return b.String()
}
