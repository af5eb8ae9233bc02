package tokenizer

import (
	"fmt"
	"slices"
	"strings"

	"github.com/ardanlabs/jinja"
	"golang.org/x/text/cases"
	"golang.org/x/text/language"
)

// engineFilters are the filters of the engine that give what Jinja's give, and
// the functions that their inputs go through.
var engineFilters = map[string]string{
	"default": "", "d": "", "int": "", "float": "", "abs": "", "reverse": opIterate,
	"sort": opList, "unique": opList, "min": opList, "max": opList, "sum": opList,
}

// filterArgs are the arguments of one filter.
type filterArgs struct {
	filter     string
	positional []jinja.Value
	named      map[string]jinja.Value
}

// get returns the argument at a place or with a name, and whether it is there.
func (a filterArgs) get(i int, name string) (jinja.Value, bool) {
	if i < len(a.positional) {
		return a.positional[i], true
	}
	v, ok := a.named[name]
	return v, ok
}

// only asks that there are no others than these, in their order.
func (a filterArgs) only(names ...string) error {
	for name := range a.named {
		if !slices.Contains(names, name) {
			return fmt.Errorf("want no argument %s", name)
		}
	}
	if len(a.positional) > len(names) {
		return fmt.Errorf("want at most %d arguments, have %d", len(names), len(a.positional))
	}
	return nil
}

// ownFilters are the filters whose engine's form differs from Jinja's.
var ownFilters = map[string]func(v jinja.Value, a filterArgs) (jinja.Value, error){
	"trim": func(v jinja.Value, a filterArgs) (jinja.Value, error) {
		chars, ok := a.get(0, "chars")
		if !ok {
			return jinja.NewString(strings.TrimFunc(pythonStr(v), isPythonSpace)), a.only()
		}
		return jinja.NewString(strings.Trim(pythonStr(v), pythonStr(chars))), a.only("chars")
	},
	"upper": func(v jinja.Value, a filterArgs) (jinja.Value, error) {
		return jinja.NewString(cases.Upper(language.Und).String(pythonStr(v))), a.only()
	},
	"lower": func(v jinja.Value, a filterArgs) (jinja.Value, error) {
		return jinja.NewString(cases.Lower(language.Und).String(pythonStr(v))), a.only()
	},
	"capitalize": func(v jinja.Value, a filterArgs) (jinja.Value, error) {
		return jinja.NewString(capitalized(pythonStr(v))), a.only()
	},
	"string": func(v jinja.Value, a filterArgs) (jinja.Value, error) { return jinja.NewString(pythonStr(v)), a.only() },
	"safe":   func(v jinja.Value, a filterArgs) (jinja.Value, error) { return jinja.NewString(pythonStr(v)), a.only() },
	"replace": func(v jinja.Value, a filterArgs) (jinja.Value, error) {
		old, okOld := a.get(0, "old")
		new, okNew := a.get(1, "new")
		if !okOld || !okNew {
			return v, fmt.Errorf("want what to replace, and with what")
		}
		return jinja.NewString(strings.ReplaceAll(pythonStr(v), pythonStr(old), pythonStr(new))), a.only("old", "new")
	},
	"length": filterLength, "count": filterLength,
	"first": func(v jinja.Value, a filterArgs) (jinja.Value, error) { return filterEnd(v, a, 0) },
	"last":  func(v jinja.Value, a filterArgs) (jinja.Value, error) { return filterEnd(v, a, -1) },
	"list": func(v jinja.Value, a filterArgs) (jinja.Value, error) {
		list, err := opListFunc([]jinja.Value{v}, nil)
		if err == nil {
			list = jinja.NewList(slices.Clone(list.AsList().Items))
		}
		return list, orError(err, a.only())
	},
	"items": func(v jinja.Value, a filterArgs) (jinja.Value, error) {
		if v.IsUndefined() {
			return jinja.NewList(nil), a.only()
		}
		if !v.IsDict() {
			return v, fmt.Errorf("want a mapping, have %s", kindName(v))
		}
		return jinja.NewList(pairsOf(v.AsDict())), a.only()
	},
	"join": filterJoin, "indent": filterIndent, "tojson": filterJSON, "dictsort": filterDictsort,
	"map": nil, "select": chooses(false, true), "reject": chooses(false, false), "selectattr": chooses(true, true), "rejectattr": chooses(true, false),
}

// filterDictsort is the pairs of a mapping by key, texts without regard to case.
func filterDictsort(v jinja.Value, a filterArgs) (jinja.Value, error) {
	if !v.IsDict() {
		return v, fmt.Errorf("want a mapping, have %s", kindName(v))
	}
	pairs := pairsOf(v.AsDict())
	var err error
	key := func(pair jinja.Value) jinja.Value {
		k := pair.AsList().Get(0)
		if k.IsString() {
			k = jinja.NewString(cases.Lower(language.Und).String(k.AsString()))
		}
		return k
	}
	slices.SortStableFunc(pairs, func(x, y jinja.Value) int {
		for sign, order := range map[string]int{"<": -1, ">": 1} {
			yes, failed := compare(sign, key(x), key(y))
			if err = orError(err, failed); failed == nil && yes.AsBool() {
				return order
			}
		}
		return 0
	})
	return jinja.NewList(pairs), orError(err, a.only())
}

// orError returns the first error.
func orError(errs ...error) error {
	for _, err := range errs {
		if err != nil {
			return err
		}
	}
	return nil
}

func filterLength(v jinja.Value, a filterArgs) (jinja.Value, error) {
	list, err := opListFunc([]jinja.Value{v}, nil)
	if err != nil {
		return v, err
	}
	return jinja.NewInt(int64(list.AsList().Len())), a.only()
}

// filterEnd is the first item of a list, or the last.
func filterEnd(v jinja.Value, a filterArgs, at int) (jinja.Value, error) {
	list, err := opListFunc([]jinja.Value{v}, nil)
	if err != nil || list.AsList().Len() == 0 {
		return jinja.Undefined(), err
	}
	items := list.AsList().Items
	return items[(at+len(items))%len(items)], a.only()
}

func filterJoin(v jinja.Value, a filterArgs) (jinja.Value, error) {
	list, err := opListFunc([]jinja.Value{v}, nil)
	if err != nil {
		return v, err
	}
	between := ""
	if d, ok := a.get(0, "d"); ok {
		between = pythonStr(d)
	}
	attribute, byAttribute := a.get(1, "attribute")
	var texts []string
	for _, item := range list.AsList().Items {
		if byAttribute {
			if item, err = opItemFunc([]jinja.Value{item, attribute}, nil); err != nil {
				return v, err
			}
		}
		texts = append(texts, pythonStr(item))
	}
	return jinja.NewString(strings.Join(texts, between)), a.only("d", "attribute")
}

// filterIndent puts spaces, or a text, before the lines after the first.
func filterIndent(v jinja.Value, a filterArgs) (jinja.Value, error) {
	by := strings.Repeat(" ", 4)
	if width, ok := a.get(0, "width"); ok {
		switch {
		case width.IsString():
			by = width.AsString()
		case width.IsInt() && width.AsInt() <= maxRange:
			by = strings.Repeat(" ", int(max(0, width.AsInt())))
		default:
			return v, fmt.Errorf("want a width")
		}
	}
	first, _ := a.get(1, "first")
	blank, _ := a.get(2, "blank")
	lines := strings.Split(pythonStr(v), "\n")
	for i, line := range lines {
		// A last line that is empty is none.
		if i > 0 && (line != "" || blank.IsTruthy() && i < len(lines)-1) || i == 0 && first.IsTruthy() {
			lines[i] = by + line
		}
	}
	return jinja.NewString(strings.Join(lines, "\n")), a.only("width", "first", "blank")
}
