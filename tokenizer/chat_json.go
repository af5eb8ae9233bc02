package tokenizer

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"github.com/ardanlabs/jinja"
)

// filterJSON is Python's json.dumps, as transformers sets it up.
func filterJSON(v jinja.Value, a filterArgs) (jinja.Value, error) {
	w := jsonWriter{item: ", ", key: ": "}
	indent, ok := a.get(1, "indent")
	switch {
	case !ok || indent.IsNone():
	case indent.IsInt() && indent.AsInt() >= 0 && indent.AsInt() <= maxValueDepth:
		w.item, w.indent, w.lines = ",", strings.Repeat(" ", int(indent.AsInt())), true
	default:
		return v, fmt.Errorf("want an indent of at most %d", maxValueDepth)
	}
	if separators, ok := a.get(2, "separators"); ok && !separators.IsNone() {
		if !separators.IsList() || separators.AsList().Len() != 2 {
			return v, fmt.Errorf("want two separators")
		}
		w.item, w.key = pythonStr(separators.AsList().Get(0)), pythonStr(separators.AsList().Get(1))
	}
	ascii, _ := a.get(0, "ensure_ascii")
	sorted, _ := a.get(3, "sort_keys")
	w.ascii, w.sorted = ascii.IsTruthy(), sorted.IsTruthy()
	err := w.write(v, 0)
	return jinja.NewString(w.out.String()), orError(err, a.only("ensure_ascii", "indent", "separators", "sort_keys"))
}

// jsonWriter writes values as Python's json module does.
type jsonWriter struct {
	out           strings.Builder
	item, key     string
	indent        string
	lines         bool
	ascii, sorted bool
}

func (w *jsonWriter) write(v jinja.Value, depth int) error {
	switch {
	case depth > maxValueDepth:
		return fmt.Errorf("want values at most %d deep", maxValueDepth)
	case v.IsNone():
		w.out.WriteString("null")
	case v.IsBool():
		fmt.Fprint(&w.out, v.AsBool())
	case v.IsNumber():
		w.out.WriteString(pythonRepr(v))
	case v.IsString():
		w.text(v.AsString())
	case v.IsList():
		items := v.AsList().Items
		return w.all('[', ']', len(items), depth, func(i int) error { return w.write(items[i], depth+1) })
	case v.IsDict():
		keys := slices.Clone(v.AsDict().OrderedKeys())
		if w.sorted {
			slices.Sort(keys)
		}
		return w.all('{', '}', len(keys), depth, func(i int) error {
			w.text(pythonStr(keyValue(keys[i])))
			w.out.WriteString(w.key)
			return w.write(v.AsDict().Data[keys[i]], depth+1)
		})
	default:
		return fmt.Errorf("want a value of JSON, have %s", kindName(v))
	}
	return nil
}

// all writes n items in brackets.
func (w *jsonWriter) all(open, closer byte, n, depth int, item func(int) error) error {
	w.out.WriteByte(open)
	for i := range n {
		if i > 0 {
			w.out.WriteString(w.item)
		}
		w.line(depth + 1)
		if err := item(i); err != nil {
			return err
		}
	}
	if n > 0 {
		w.line(depth)
	}
	w.out.WriteByte(closer)
	return nil
}

func (w *jsonWriter) line(depth int) {
	if w.lines {
		w.out.WriteString("\n" + strings.Repeat(w.indent, depth))
	}
}

func (w *jsonWriter) text(s string) {
	w.out.WriteByte('"')
	for _, r := range s {
		switch {
		case r == '"' || r == '\\':
			w.out.WriteString(`\` + string(r))
		case r < ' ':
			short, _ := json.Marshal(string(r)) // \n, \u001f and so on
			w.out.Write(short[1 : len(short)-1])
		case w.ascii && r > 0xFFFF:
			fmt.Fprintf(&w.out, `\u%04x\u%04x`, 0xD800+(r-0x10000)>>10, 0xDC00+(r-0x10000)&0x3FF)
		case w.ascii && r > '~':
			fmt.Fprintf(&w.out, `\u%04x`, r)
		default:
			w.out.WriteRune(r)
		}
	}
	w.out.WriteByte('"')
}
