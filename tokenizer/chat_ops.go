package tokenizer

import (
	"fmt"
	"math"
	"strings"

	"github.com/ardanlabs/jinja"
)

// Functions that expressions are written with; a template cannot name them.
const (
	opDefined = "__defined" // of a value whose attribute is taken
	opItem    = "__item"
	opSlice   = "__slice"
	opCall    = "__call" // of a method
	opIn      = "__in"
	opNotIn   = "__notin"
	opNegate  = "__negate"
	opIterate = "__iterate" // of what a loop or a filter walks
	opList    = "__list"    // the same as a list
	opPairs   = "__pairs"   // of what a loop with two names walks
	opTuple   = "__tuple"
	opKey     = "__key"     // of a mapping
	opUnknown = "__unknown" // in place of a filter or test that is not known

	filterPrefix = "__filter_"
	testPrefix   = "__is_"
)

// operations and comparisons are the functions of the operators. Equality of
// any two values is known.
var (
	operations  = map[string]string{"+": "__add", "-": "__sub", "*": "__mul", "/": "__div", "//": "__floordiv", "%": "__mod", "**": "__pow", "~": "__concat"}
	comparisons = map[string]string{"==": "__eq", "!=": "__ne", "<": "__lt", ">": "__gt", "<=": "__le", ">=": "__ge"}
)

// expressionFunctions are all of these functions.
func expressionFunctions() map[string]templateFunc {
	all := map[string]templateFunc{
		opDefined: opDefinedFunc, opItem: opItemFunc, opSlice: opSliceFunc, opNegate: opNegateFunc, opCall: opCallFunc,
		opIterate: opIterateFunc, opList: opListFunc, opPairs: opPairsFunc,
		opTuple: func(args []jinja.Value, _ map[string]jinja.Value) (jinja.Value, error) { return newTuple(args...), nil },
		opKey:   opKeyFunc,
		opUnknown: func(args []jinja.Value, _ map[string]jinja.Value) (jinja.Value, error) {
			return args[0], fmt.Errorf("want a %s of chat templates, have %q", args[0].AsString(), args[1].AsString())
		},
		opIn: func(args []jinja.Value, _ map[string]jinja.Value) (jinja.Value, error) { return contains(args, true) },
		opNotIn: func(args []jinja.Value, _ map[string]jinja.Value) (jinja.Value, error) {
			return contains(args, false)
		},
	}
	for sign, name := range operations {
		all[name] = func(args []jinja.Value, _ map[string]jinja.Value) (jinja.Value, error) {
			return arithmetic(sign, args[0], args[1])
		}
	}
	for sign, name := range comparisons {
		all[name] = func(args []jinja.Value, _ map[string]jinja.Value) (jinja.Value, error) {
			return compare(sign, args[0], args[1])
		}
	}
	for name, f := range ownFilters {
		if name == "map" {
			f = filterMap // which calls the others
		}
		all[filterPrefix+name] = func(args []jinja.Value, named map[string]jinja.Value) (jinja.Value, error) {
			v, err := f(args[0], filterArgs{name, args[1:], named})
			if err != nil {
				err = fmt.Errorf("%s: %w", name, err)
			}
			return v, err
		}
	}
	for name, f := range tests {
		all[testPrefix+name] = func(args []jinja.Value, named map[string]jinja.Value) (jinja.Value, error) {
			if len(args) != 1+f.args || len(named) > 0 {
				return args[0], fmt.Errorf("is %s: want %d arguments, have %d", name, f.args, len(args)-1+len(named))
			}
			yes, err := f.test(args)
			if err != nil {
				err = fmt.Errorf("is %s: %w", name, err)
			}
			return jinja.NewBool(yes), err
		}
	}
	return all
}

// kindName names a value's kind in errors.
func kindName(v jinja.Value) string {
	switch {
	case v.IsUndefined():
		return "an undefined value"
	case v.IsNone():
		return "none"
	case v.IsBool():
		return "a truth value"
	case v.IsNumber():
		return "a number"
	case v.IsString():
		return "a text"
	case v.IsList():
		return "a list"
	case v.IsDict():
		return "a mapping"
	}
	return "a function"
}

func opDefinedFunc(args []jinja.Value, _ map[string]jinja.Value) (jinja.Value, error) {
	if args[0].IsUndefined() {
		return args[0], fmt.Errorf("want a defined value before %s, have an undefined one", args[1].AsString())
	}
	return args[0], nil
}

// opItemFunc is x[key] with what Python knows as a key; anything else is undefined.
func opItemFunc(args []jinja.Value, _ map[string]jinja.Value) (jinja.Value, error) {
	v, key := args[0], args[1]
	index := func(n int) (int, bool) {
		if !key.IsInt() {
			return 0, false
		}
		i := key.AsInt()
		if i < 0 {
			i += int64(n)
		}
		return int(i), i >= 0 && i < int64(n)
	}
	switch {
	case v.IsUndefined():
		return v, fmt.Errorf("want a defined value before [...], have an undefined one")
	case v.IsDict():
		if name, ok := keyName(key); ok {
			if item, ok := v.AsDict().Get(name); ok {
				return item, nil
			}
		}
	case v.IsList():
		if i, ok := index(v.AsList().Len()); ok {
			return v.AsList().Get(i), nil
		}
	case v.IsString():
		runes := []rune(v.AsString())
		if i, ok := index(len(runes)); ok {
			return jinja.NewString(string(runes[i])), nil
		}
	}
	return jinja.Undefined(), nil
}

// opSliceFunc is x[from:to:step] of a list or text.
func opSliceFunc(args []jinja.Value, _ map[string]jinja.Value) (jinja.Value, error) {
	v := args[0]
	for _, bound := range args[1:] {
		if !bound.IsNone() && !bound.IsInt() {
			return v, fmt.Errorf("want integers in x[from:to:step], have %s", kindName(bound))
		}
	}
	switch {
	case v.IsUndefined():
		return v, fmt.Errorf("want a defined value before [from:to], have an undefined one")
	case v.IsList():
		var items []jinja.Value
		err := sliced(v.AsList().Len(), args[1:], func(i int) { items = append(items, v.AsList().Get(i)) })
		return jinja.NewList(items), err
	case v.IsString():
		var out []rune
		runes := []rune(v.AsString())
		err := sliced(len(runes), args[1:], func(i int) { out = append(out, runes[i]) })
		return jinja.NewString(string(out)), err
	}
	return jinja.Undefined(), nil
}

// sliced calls take for the places of a part, as Python counts them.
func sliced(n int, bounds []jinja.Value, take func(int)) error {
	step := 1
	if bounds[2].IsInt() {
		step = int(max(min(bounds[2].AsInt(), int64(n)+1), -int64(n)-1))
	}
	if step == 0 {
		return fmt.Errorf("want a step that is not 0")
	}
	low, high := 0, n // where places may be
	from, to := 0, n
	if step < 0 {
		low, high = -1, n-1
		from, to = n-1, -1
	}
	for i, place := range []*int{&from, &to} {
		if !bounds[i].IsInt() {
			continue
		}
		b := max(min(bounds[i].AsInt(), int64(n)), -int64(n)-1)
		if b < 0 {
			b += int64(n)
		}
		*place = max(low, min(int(b), high))
	}
	for i := from; step > 0 && i < to || step < 0 && i > to; i += step {
		take(i)
	}
	return nil
}

func opNegateFunc(args []jinja.Value, _ map[string]jinja.Value) (jinja.Value, error) {
	switch v := args[0]; {
	case v.IsInt():
		return jinja.NewInt(-v.AsInt()), nil
	case v.IsFloat():
		return jinja.NewFloat(-v.AsFloat()), nil
	default:
		return v, fmt.Errorf("want a number behind a minus sign, have %s", kindName(v))
	}
}

// contains is x in y: a part of a text, an item of a list, a key of a mapping.
func contains(args []jinja.Value, want bool) (jinja.Value, error) {
	item, in := args[0], args[1]
	found := false
	switch {
	case in.IsUndefined():
	case in.IsString() && item.IsString():
		found = strings.Contains(in.AsString(), item.AsString())
	case in.IsList():
		for _, v := range in.AsList().Items {
			found = found || equal(v, item)
		}
	case in.IsDict():
		name, ok := keyName(item)
		found = ok && in.AsDict().Has(name)
	default:
		return in, fmt.Errorf("in: want a text in a text, or something in a list or mapping, have %s in %s", kindName(item), kindName(in))
	}
	return jinja.NewBool(found == want), nil
}

// equal is Python's: numbers by value, also true and false.
func equal(a, b jinja.Value) bool {
	x, okX := number(a)
	y, okY := number(b)
	if okX && okY {
		return x == y
	}
	return a.Equals(b)
}

// number is the value of a number or truth value.
func number(v jinja.Value) (float64, bool) {
	switch {
	case v.IsInt():
		return float64(v.AsInt()), true
	case v.IsFloat():
		return v.AsFloat(), true
	case v.IsBool() && v.AsBool():
		return 1, true
	}
	return 0, v.IsBool()
}

func compare(sign string, a, b jinja.Value) (jinja.Value, error) {
	switch sign {
	case "==":
		return jinja.NewBool(equal(a, b)), nil
	case "!=":
		return jinja.NewBool(!equal(a, b)), nil
	}
	order := 0.0
	x, okX := number(a)
	y, okY := number(b)
	switch {
	case okX && okY:
		order = x - y
		if math.IsNaN(order) {
			return a, fmt.Errorf("%s: want finite numbers", sign)
		}
	case a.IsString() && b.IsString():
		order = float64(strings.Compare(a.AsString(), b.AsString()))
	default:
		return a, fmt.Errorf("%s: want two numbers or two texts, have %s and %s", sign, kindName(a), kindName(b))
	}
	return jinja.NewBool(map[string]bool{"<": order < 0, ">": order > 0, "<=": order <= 0, ">=": order >= 0}[sign]), nil
}
