package tokenizer

import (
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"

	"github.com/ardanlabs/jinja"
)

// arithmetic is Python's, for numbers, and for texts and lists what it knows.
func arithmetic(sign string, a, b jinja.Value) (jinja.Value, error) {
	if sign == "~" {
		return jinja.NewString(pythonStr(a) + pythonStr(b)), nil
	}
	switch {
	case a.IsInt() && b.IsInt():
		return integers(sign, a.AsInt(), b.AsInt())
	case a.IsNumber() && b.IsNumber():
		x, _ := number(a)
		y, _ := number(b)
		return floats(sign, x, y)
	case sign == "+" && a.IsString() && b.IsString():
		return jinja.NewString(a.AsString() + b.AsString()), nil
	case sign == "+" && a.IsList() && b.IsList():
		return jinja.NewList(slices.Concat(a.AsList().Items, b.AsList().Items)), nil
	case sign == "*" && a.IsInt() && (b.IsString() || b.IsList()):
		return repeat(b, a.AsInt())
	case sign == "*" && b.IsInt() && (a.IsString() || a.IsList()):
		return repeat(a, b.AsInt())
	}
	return a, fmt.Errorf("%s: want two numbers (or what Python can add or repeat), have %s and %s", sign, kindName(a), kindName(b))
}

// repeat is a text or list n times.
func repeat(v jinja.Value, n int64) (jinja.Value, error) {
	size := 1
	if v.IsString() {
		size += len(v.AsString())
	} else {
		size += 64 * v.AsList().Len()
	}
	if n = max(n, 0); n > int64(maxValueSize/size) {
		return jinja.Undefined(), fmt.Errorf("*: want a value of at most %d bytes", maxValueSize)
	}
	if v.IsString() {
		return jinja.NewString(strings.Repeat(v.AsString(), int(n))), nil
	}
	return jinja.NewList(slices.Repeat(v.AsList().Items, int(n))), nil
}

func integers(sign string, a, b int64) (jinja.Value, error) {
	switch {
	case (sign == "//" || sign == "%") && b == 0:
		return jinja.Undefined(), fmt.Errorf("%s: want a divisor that is not 0", sign)
	case sign == "/" || sign == "**" && b < 0:
		return floats(sign, float64(a), float64(b))
	}
	// Python's integers have no bounds; ours must not wrap round.
	if x, err := floats(sign, float64(a), float64(b)); err != nil || math.Abs(x.AsFloat()) > 1<<62 {
		return jinja.Undefined(), fmt.Errorf("%s: want a result of at most 62 bits", sign)
	}
	switch sign {
	case "+":
		a += b
	case "-":
		a -= b
	case "*":
		a *= b
	case "//", "%":
		quotient, rest := a/b, a%b
		if rest != 0 && (rest < 0) != (b < 0) { // rounded down
			quotient, rest = quotient-1, rest+b
		}
		if a = quotient; sign == "%" {
			a = rest
		}
	case "**":
		base := a
		for a = 1; b > 0; b-- {
			if a *= base; a == 0 || a == 1 && base == 1 {
				break
			}
		}
	}
	return jinja.NewInt(a), nil
}

func floats(sign string, a, b float64) (jinja.Value, error) {
	if b == 0 && (sign == "/" || sign == "//" || sign == "%") {
		return jinja.Undefined(), fmt.Errorf("%s: want a divisor that is not 0", sign)
	}
	switch sign {
	case "+":
		a += b
	case "-":
		a -= b
	case "*":
		a *= b
	case "/":
		a /= b
	case "//":
		a = math.Floor(a / b)
	case "%":
		if a = math.Mod(a, b); a != 0 && (a < 0) != (b < 0) {
			a += b
		}
	case "**":
		a = math.Pow(a, b)
	}
	if math.IsNaN(a) || math.IsInf(a, 0) {
		return jinja.Undefined(), fmt.Errorf("%s: want a finite result", sign)
	}
	return jinja.NewFloat(a), nil
}

// opIterateFunc passes on what Python can walk.
func opIterateFunc(args []jinja.Value, _ map[string]jinja.Value) (jinja.Value, error) {
	if v := args[0]; v.IsNone() || v.IsBool() || v.IsNumber() || v.IsCallable() {
		return v, fmt.Errorf("want a list, mapping or text to walk, have %s", kindName(v))
	}
	return args[0], nil
}

// opListFunc is what Python walks, as a list.
func opListFunc(args []jinja.Value, named map[string]jinja.Value) (jinja.Value, error) {
	v, err := opIterateFunc(args, named)
	if err != nil {
		return v, err
	}
	var items []jinja.Value
	switch {
	case v.IsList():
		return v, nil
	case v.IsDict():
		for _, key := range v.AsDict().OrderedKeys() {
			items = append(items, keyValue(key))
		}
	case v.IsString():
		for _, r := range v.AsString() {
			items = append(items, jinja.NewString(string(r)))
		}
	}
	return jinja.NewList(items), nil
}

func opPairsFunc(args []jinja.Value, named map[string]jinja.Value) (jinja.Value, error) {
	v, err := opListFunc(args, named)
	if err != nil {
		return v, err
	}
	pairs := make([]jinja.Value, v.AsList().Len())
	for i, item := range v.AsList().Items {
		if pairs[i], err = opListFunc([]jinja.Value{item}, nil); err != nil || pairs[i].AsList().Len() != 2 {
			return v, fmt.Errorf("for: want pairs for two names, have %s", kindName(item))
		}
	}
	return jinja.NewList(pairs), nil
}

// opItemsFunc is opListFunc for filters that take nothing for what is not true.
func opItemsFunc(args []jinja.Value, named map[string]jinja.Value) (jinja.Value, error) {
	if !args[0].IsTruthy() {
		return jinja.NewList(nil), nil
	}
	return opListFunc(args, named)
}

// tupleMark stands behind the items of a tuple, which is a list but for how it
// is printed.
const tupleMark = "__tuple"

func newTuple(items ...jinja.Value) jinja.Value {
	marked := append(slices.Clone(items), jinja.NewCallable(tupleMark, nil))
	return jinja.NewList(marked[:len(items)])
}

func isTuple(l *jinja.List) bool {
	n := len(l.Items)
	if cap(l.Items) == n {
		return false
	}
	mark := l.Items[:n+1][n]
	return mark.IsCallable() && mark.AsCallable().Name == tupleMark
}

// intKey marks the names of a mapping's keys that are integers: the engine's
// mappings have texts as keys.
const intKey = "\x00int "

// keyName is the name of a key.
func keyName(v jinja.Value) (string, bool) {
	switch {
	case v.IsString():
		return v.AsString(), true
	case v.IsInt():
		return intKey + strconv.FormatInt(v.AsInt(), 10), true
	}
	return "", false
}

// keyValue is the key of a name.
func keyValue(name string) jinja.Value {
	if digits, ok := strings.CutPrefix(name, intKey); ok {
		if n, err := strconv.ParseInt(digits, 10, 64); err == nil {
			return jinja.NewInt(n)
		}
	}
	return jinja.NewString(name)
}

func opKeyFunc(args []jinja.Value, _ map[string]jinja.Value) (jinja.Value, error) {
	name, ok := keyName(args[0])
	if !ok {
		return args[0], fmt.Errorf("want texts and integers as keys of a mapping, have %s", kindName(args[0]))
	}
	return jinja.NewString(name), nil
}

// pairsOf are the keys and values of a mapping.
func pairsOf(d *jinja.Dict) []jinja.Value {
	var pairs []jinja.Value
	for _, name := range d.OrderedKeys() {
		pairs = append(pairs, newTuple(keyValue(name), d.Data[name]))
	}
	return pairs
}
