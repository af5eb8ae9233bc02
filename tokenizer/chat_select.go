package tokenizer

import (
	"fmt"

	"github.com/ardanlabs/jinja"
)

// chooses returns the filter that keeps the items of which a test is as wanted;
// byAttribute tests an attribute of each.
func chooses(byAttribute, wanted bool) func(v jinja.Value, a filterArgs) (jinja.Value, error) {
	return func(v jinja.Value, a filterArgs) (jinja.Value, error) {
		list, err := opItemsFunc([]jinja.Value{v}, nil)
		if err != nil {
			return v, err
		}
		args := a.positional
		var attribute jinja.Value
		if byAttribute {
			if len(args) == 0 || !args[0].IsString() {
				return v, fmt.Errorf("want the name of an attribute")
			}
			attribute, args = args[0], args[1:]
		}
		var kept []jinja.Value
		for _, item := range list.AsList().Items {
			tested := item
			if byAttribute {
				if tested, err = opItemFunc([]jinja.Value{item, attribute}, nil); err != nil {
					return v, err
				}
			}
			yes, err := passes(tested, args)
			if err != nil {
				return v, err
			}
			if yes == wanted {
				kept = append(kept, item)
			}
		}
		return jinja.NewList(kept), a.only("", "", "")
	}
}

// passes applies the test that the arguments name; without one it is whether a
// value is true.
func passes(v jinja.Value, args []jinja.Value) (bool, error) {
	if len(args) == 0 {
		return v.IsTruthy(), nil
	}
	if !args[0].IsString() {
		return false, fmt.Errorf("want the name of a test, have %s", kindName(args[0]))
	}
	t, ok := tests[args[0].AsString()]
	if !ok || t.args != len(args)-1 {
		return false, fmt.Errorf("want a test of chat templates with its arguments, have %q", args[0].AsString())
	}
	return t.test(append([]jinja.Value{v}, args[1:]...))
}

// filterMap is an attribute of each item, or a filter of it.
func filterMap(v jinja.Value, a filterArgs) (jinja.Value, error) {
	list, err := opItemsFunc([]jinja.Value{v}, nil)
	if err != nil {
		return v, err
	}
	var apply func(jinja.Value) (jinja.Value, error)
	attribute, ok := a.named["attribute"]
	switch {
	case ok:
		other, hasDefault := a.named["default"]
		apply = func(v jinja.Value) (jinja.Value, error) {
			v, err := opItemFunc([]jinja.Value{v, attribute}, nil)
			if v.IsUndefined() && hasDefault {
				v = other
			}
			return v, err
		}
		err = a.only("attribute", "default")
	case len(a.positional) > 0 && a.positional[0].IsString():
		name := a.positional[0].AsString()
		filter, known := ownFilters[name]
		if !known || filter == nil {
			return v, fmt.Errorf("want a filter of chat templates, have %q", name)
		}
		apply = func(v jinja.Value) (jinja.Value, error) {
			return filter(v, filterArgs{name, a.positional[1:], a.named})
		}
	default:
		return v, fmt.Errorf("want an attribute or the name of a filter")
	}
	mapped := make([]jinja.Value, list.AsList().Len())
	for i, item := range list.AsList().Items {
		if mapped[i], err = apply(item); err != nil {
			return v, err
		}
	}
	return jinja.NewList(mapped), err
}
