package tokenizer

import (
	"fmt"
	"slices"
	"strings"

	"github.com/ardanlabs/jinja"
	"golang.org/x/text/cases"
	"golang.org/x/text/language"
)

// opCallFunc calls a method: of Python's that templates use, or a function that
// a mapping holds.
func opCallFunc(args []jinja.Value, named map[string]jinja.Value) (jinja.Value, error) {
	v, name, args := args[0], args[1].AsString(), args[2:]
	if isMutator(name) {
		return v, fmt.Errorf(".%s(): want no change of a value, as the sandbox of transformers forbids it", name)
	}
	if v.IsDict() {
		if f, ok := v.AsDict().Get(name); ok && f.IsCallable() {
			return f.AsCallable().Fn(args, named)
		}
	}
	if len(named) > 0 {
		return v, fmt.Errorf(".%s(): want arguments without names", name)
	}
	var out jinja.Value
	err := errNoMethod
	switch {
	case v.IsString():
		out, err = textMethod(v.AsString(), name, args)
	case v.IsDict():
		out, err = mappingMethod(v.AsDict(), name, args)
	}
	if err != nil {
		err = fmt.Errorf(".%s() of %s: %w", name, kindName(v), err)
	}
	return out, err
}

var errNoMethod = fmt.Errorf("want a method of chat templates with its arguments")

func mappingMethod(d *jinja.Dict, name string, args []jinja.Value) (jinja.Value, error) {
	var items []jinja.Value
	switch {
	case name == "get" && (len(args) == 1 || len(args) == 2):
		if key, ok := keyName(args[0]); ok {
			if v, ok := d.Get(key); ok {
				return v, nil
			}
		}
		return append(args, jinja.None())[1], nil
	case len(args) > 0 || name != "items" && name != "keys" && name != "values":
		return jinja.Undefined(), errNoMethod
	}
	for _, key := range d.OrderedKeys() {
		switch name {
		case "items":
			return jinja.NewList(pairsOf(d)), nil
		case "keys":
			items = append(items, keyValue(key))
		case "values":
			items = append(items, d.Data[key])
		}
	}
	return jinja.NewList(items), nil
}

// textMethod is a method of str.
func textMethod(s, name string, args []jinja.Value) (jinja.Value, error) {
	if name == "join" && len(args) == 1 {
		return joined(s, args[0])
	}
	if name == "format" {
		return formatted(s, args)
	}
	var texts []string
	count := -1
	for i, a := range args {
		switch {
		case a.IsString():
			texts = append(texts, a.AsString())
		case a.IsInt() && i == len(args)-1 && i > 0 && (name == "split" || name == "rsplit" || name == "replace"):
			count = int(max(-1, min(a.AsInt(), int64(len(s)))))
		case a.IsNone() && i == 0 && len(args) == 1: // no argument
		case a.IsList() && i == 0 && len(args) == 1:
			return affixes(s, name, a)
		default:
			return jinja.Undefined(), errNoMethod
		}
	}
	switch {
	case len(texts) == 0 && len(args) <= 1:
		return plainMethod(s, name)
	case len(texts) == 1:
		return methodOfOne(s, name, texts[0], count)
	case len(texts) == 2 && name == "replace":
		return jinja.NewString(strings.Replace(s, texts[0], texts[1], count)), nil
	}
	return jinja.Undefined(), errNoMethod
}

// affixes is startswith and endswith of any of several texts.
func affixes(s, name string, any jinja.Value) (jinja.Value, error) {
	has := map[string]func(string, string) bool{"startswith": strings.HasPrefix, "endswith": strings.HasSuffix}[name]
	if has == nil {
		return jinja.Undefined(), errNoMethod
	}
	for _, item := range any.AsList().Items {
		if item.IsString() && has(s, item.AsString()) {
			return jinja.NewBool(true), nil
		}
	}
	return jinja.NewBool(false), nil
}

func joined(between string, v jinja.Value) (jinja.Value, error) {
	list, err := opListFunc([]jinja.Value{v}, nil)
	if err != nil {
		return v, err
	}
	var texts []string
	for _, item := range list.AsList().Items {
		if !item.IsString() {
			return v, fmt.Errorf("want texts, have %s", kindName(item))
		}
		texts = append(texts, item.AsString())
	}
	return jinja.NewString(strings.Join(texts, between)), nil
}

// formatted puts the arguments in place of {}, in order.
func formatted(s string, args []jinja.Value) (jinja.Value, error) {
	var b strings.Builder
	for i := 0; i < len(s); i++ {
		switch {
		case s[i] != '{' && s[i] != '}':
			b.WriteByte(s[i])
		case strings.HasPrefix(s[i:], "{{"), strings.HasPrefix(s[i:], "}}"):
			b.WriteByte(s[i])
			i++
		case strings.HasPrefix(s[i:], "{}") && len(args) > 0:
			b.WriteString(pythonStr(args[0]))
			args = args[1:]
			i++
		default:
			return jinja.Undefined(), fmt.Errorf("want {} with an argument for each")
		}
	}
	return jinja.NewString(b.String()), nil
}

// plainMethod is a method without arguments.
func plainMethod(s, name string) (jinja.Value, error) {
	switch name {
	case "strip":
		s = strings.TrimFunc(s, isPythonSpace)
	case "lstrip":
		s = strings.TrimLeftFunc(s, isPythonSpace)
	case "rstrip":
		s = strings.TrimRightFunc(s, isPythonSpace)
	case "upper":
		s = cases.Upper(language.Und).String(s)
	case "lower":
		s = cases.Lower(language.Und).String(s)
	case "capitalize":
		s = capitalized(s)
	case "split":
		return textList(strings.FieldsFunc(s, isPythonSpace)), nil
	default:
		return jinja.Undefined(), errNoMethod
	}
	return jinja.NewString(s), nil
}

// capitalized has a capital letter first and small letters after it.
func capitalized(s string) string {
	for i := range s {
		if i > 0 {
			return cases.Title(language.Und, cases.NoLower).String(s[:i]) + cases.Lower(language.Und).String(s[i:])
		}
	}
	return cases.Title(language.Und, cases.NoLower).String(s)
}

func methodOfOne(s, name, arg string, count int) (jinja.Value, error) {
	switch name {
	case "strip":
		return jinja.NewString(strings.Trim(s, arg)), nil
	case "lstrip":
		return jinja.NewString(strings.TrimLeft(s, arg)), nil
	case "rstrip":
		return jinja.NewString(strings.TrimRight(s, arg)), nil
	case "startswith":
		return jinja.NewBool(strings.HasPrefix(s, arg)), nil
	case "endswith":
		return jinja.NewBool(strings.HasSuffix(s, arg)), nil
	case "removeprefix":
		return jinja.NewString(strings.TrimPrefix(s, arg)), nil
	case "removesuffix":
		return jinja.NewString(strings.TrimSuffix(s, arg)), nil
	case "find":
		at := strings.Index(s, arg)
		if at > 0 {
			at = len([]rune(s[:at]))
		}
		return jinja.NewInt(int64(at)), nil
	case "count":
		return jinja.NewInt(int64(strings.Count(s, arg))), nil
	case "split", "rsplit":
		if arg == "" {
			return jinja.Undefined(), fmt.Errorf("want a separator that is not empty")
		}
		return textList(splitText(s, name, arg, count)), nil
	}
	return jinja.Undefined(), errNoMethod
}

// splitText cuts s at most count times, for rsplit at the last separators.
func splitText(s, name, separator string, count int) []string {
	if count < 0 {
		return strings.Split(s, separator)
	}
	if name == "split" {
		return strings.SplitN(s, separator, count+1)
	}
	var parts []string
	for ; count > 0; count-- {
		at := strings.LastIndex(s, separator)
		if at < 0 {
			break
		}
		parts = append(parts, s[at+len(separator):])
		s = s[:at]
	}
	parts = append(parts, s)
	slices.Reverse(parts)
	return parts
}

func textList(texts []string) jinja.Value {
	items := make([]jinja.Value, len(texts))
	for i, s := range texts {
		items[i] = jinja.NewString(s)
	}
	return jinja.NewList(items)
}
