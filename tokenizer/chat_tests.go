package tokenizer

import (
	"fmt"

	"github.com/ardanlabs/jinja"
)

// templateTest is what stands behind is, with how many arguments.
type templateTest struct {
	args int
	test func(v []jinja.Value) (bool, error)
}

// tests are Jinja's, by name.
var tests = map[string]templateTest{
	"defined":   kindTest(func(v jinja.Value) bool { return !v.IsUndefined() }),
	"undefined": kindTest(jinja.Value.IsUndefined),
	"none":      kindTest(jinja.Value.IsNone),
	"boolean":   kindTest(jinja.Value.IsBool),
	"true":      kindTest(func(v jinja.Value) bool { return v.IsBool() && v.AsBool() }),
	"false":     kindTest(func(v jinja.Value) bool { return v.IsBool() && !v.AsBool() }),
	"integer":   kindTest(jinja.Value.IsInt),
	"float":     kindTest(jinja.Value.IsFloat),
	"number":    kindTest(func(v jinja.Value) bool { return v.IsNumber() || v.IsBool() }),
	"string":    kindTest(jinja.Value.IsString),
	"mapping":   kindTest(jinja.Value.IsDict),
	// An undefined value has a length and can be walked.
	"iterable": kindTest(func(v jinja.Value) bool { return v.IsList() || v.IsDict() || v.IsString() || v.IsUndefined() }),
	"sequence": kindTest(func(v jinja.Value) bool { return v.IsList() || v.IsDict() || v.IsString() || v.IsUndefined() }),
	"callable": kindTest(func(v jinja.Value) bool { return v.IsCallable() }),

	"odd":         {0, func(v []jinja.Value) (bool, error) { return divides(v[0], jinja.NewInt(2), 1) }},
	"even":        {0, func(v []jinja.Value) (bool, error) { return divides(v[0], jinja.NewInt(2), 0) }},
	"divisibleby": {1, func(v []jinja.Value) (bool, error) { return divides(v[0], v[1], 0) }},
	"in": {1, func(v []jinja.Value) (bool, error) {
		found, err := contains(v, true)
		return err == nil && found.AsBool(), err
	}},
	"eq": comparisonTest("=="), "equalto": comparisonTest("=="), "sameas": {1, sameAs}, "ne": comparisonTest("!="),
	"lt": comparisonTest("<"), "lessthan": comparisonTest("<"), "le": comparisonTest("<="),
	"gt": comparisonTest(">"), "greaterthan": comparisonTest(">"), "ge": comparisonTest(">="),
}

func kindTest(is func(jinja.Value) bool) templateTest {
	return templateTest{0, func(v []jinja.Value) (bool, error) { return is(v[0]), nil }}
}

func comparisonTest(sign string) templateTest {
	return templateTest{1, func(v []jinja.Value) (bool, error) {
		yes, err := compare(sign, v[0], v[1])
		return err == nil && yes.AsBool(), err
	}}
}

// divides reports whether a divided by b leaves a rest.
func divides(a, b jinja.Value, rest int64) (bool, error) {
	if !a.IsInt() || !b.IsInt() || b.AsInt() == 0 {
		return false, fmt.Errorf("want integers, and a divisor that is not 0, have %s and %s", kindName(a), kindName(b))
	}
	return (a.AsInt()%b.AsInt()+b.AsInt())%b.AsInt() == rest, nil
}

// sameAs is Python's is, for the values of which there is one.
func sameAs(v []jinja.Value) (bool, error) {
	for _, x := range v {
		if !x.IsNone() && !x.IsBool() {
			return false, fmt.Errorf("want none, true or false, have %s", kindName(x))
		}
	}
	return v[0].Equals(v[1]), nil
}
