package model

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"math"
	"slices"
)

// keys reads a config's values by name. It remembers which were asked for and
// gathers every problem, so that one error tells all that is wrong.
type keys struct {
	where  string // the file, or "rope_parameters" within it
	values map[string]any
	own    map[string]string // usual name → the family's; see rename
	shown  map[string]string // usual name → what errors call it, where that is another
	used   map[string]bool
	errs   []error
}

// newKeys returns a reader of values.
func newKeys(where string, values map[string]any) *keys {
	return &keys{where: where, values: values, own: map[string]string{}, used: map[string]bool{}}
}

// parseKeys reads one JSON object.
func parseKeys(where string, data []byte) (*keys, error) {
	d := json.NewDecoder(bytes.NewReader(data))
	d.UseNumber()
	var values map[string]any
	if err := d.Decode(&values); err != nil {
		return nil, fmt.Errorf("%s: %w", where, err)
	}
	if _, err := d.Token(); err != io.EOF {
		return nil, fmt.Errorf("%s: want one JSON object, have more behind it", where)
	}
	if values == nil {
		return nil, fmt.Errorf("%s: want a JSON object, have null", where)
	}
	return newKeys(where, values), nil
}

// rename says how a family calls keys: usual name → its own. The usual name then
// reads the family's key, unless the config has the usual one alone.
func (k *keys) rename(own map[string]string) { maps.Copy(k.own, own) }

// name returns what the config calls a key.
func (k *keys) name(usual string) string {
	own, ok := k.own[usual]
	if !ok {
		return usual
	}
	_, hasOwn := k.values[own]
	if _, hasUsual := k.values[usual]; hasUsual && !hasOwn {
		return usual
	}
	return own
}

// assume gives a key a value where the config has none.
func (k *keys) assume(name string, value any) {
	if _, ok := k.take(name); !ok {
		k.values[k.name(name)] = value
	}
}

// take returns the value of a key; null counts as absent.
func (k *keys) take(name string) (any, bool) {
	name = k.name(name)
	k.used[name] = true
	v, ok := k.values[name]
	return v, ok && v != nil
}

// fail records that a key has not the value that is wanted.
func (k *keys) fail(name, want string, args ...any) {
	shown, isShown := k.shown[name]
	name = k.name(name)
	if !isShown {
		shown = name
	}
	have, ok := k.values[name]
	if !ok {
		have = "nothing"
	}
	k.errs = append(k.errs, fmt.Errorf("%s: %s: want %s, have %v", k.where, shown, fmt.Sprintf(want, args...), have))
}

// integer reads a required integer in [low, high].
func (k *keys) integer(name string, low, high int) int {
	if _, ok := k.take(name); !ok {
		k.fail(name, "an integer")
		return low
	}
	return k.integerOr(name, low, low, high)
}

// integerOr reads an integer in [low, high], or returns a default.
func (k *keys) integerOr(name string, absent, low, high int) int {
	v, ok := k.take(name)
	if !ok {
		return absent
	}
	f, ok := number(v)
	if !ok || f != math.Trunc(f) || f < float64(low) || f > float64(high) {
		k.fail(name, "an integer from %d to %d", low, high)
		return low
	}
	return int(f)
}

// float reads a finite number above low, or returns a default.
func (k *keys) float(name string, absent, low float64) float64 {
	v, ok := k.take(name)
	if !ok {
		return absent
	}
	f, ok := number(v)
	if !ok || math.IsInf(f, 0) || !(f > low) {
		k.fail(name, "a number above %g", low)
		return absent
	}
	return f
}

// floats reads a list of n positive numbers; nil after a problem.
func (k *keys) floats(name string, n int) []float64 {
	v, _ := k.take(name)
	list, ok := v.([]any)
	out := make([]float64, len(list))
	for i := range list {
		f, isNumber := number(list[i])
		ok = ok && isNumber && f > 0 && !math.IsInf(f, 0)
		out[i] = f
	}
	if !ok || len(out) != n {
		k.fail(name, "%d positive numbers", n)
		return nil
	}
	return out
}

// integers reads a list of n integers in [low, high]; absent gives nil.
func (k *keys) integers(name string, n, low, high int) []int {
	v, ok := k.take(name)
	if !ok {
		return nil
	}
	list, ok := v.([]any)
	out := make([]int, len(list))
	for i := range list {
		f, isNumber := number(list[i])
		ok = ok && isNumber && f == math.Trunc(f) && f >= float64(low) && f <= float64(high)
		out[i] = int(f)
	}
	if !ok || len(out) != n {
		k.fail(name, "a list of %d integers from %d to %d", n, low, high)
		return nil
	}
	return out
}

// texts reads a list of n strings; absent gives nil.
func (k *keys) texts(name string, n int) []string {
	v, ok := k.take(name)
	if !ok {
		return nil
	}
	list, ok := v.([]any)
	out := make([]string, len(list))
	for i := range list {
		text, isText := list[i].(string)
		ok = ok && isText
		out[i] = text
	}
	if !ok || len(out) != n {
		k.fail(name, "a list of %d strings", n)
		return nil
	}
	return out
}

// flag reads a boolean, or returns a default.
func (k *keys) flag(name string, absent bool) bool {
	v, ok := k.take(name)
	if !ok {
		return absent
	}
	b, ok := v.(bool)
	if !ok {
		k.fail(name, "true or false")
	}
	return b
}

// text reads a string, or returns a default.
func (k *keys) text(name, absent string) string {
	v, ok := k.take(name)
	if !ok {
		return absent
	}
	s, ok := v.(string)
	if !ok {
		k.fail(name, "a string")
		return absent
	}
	return s
}

// object reads a nested object; absent gives nil.
func (k *keys) object(name string) *keys {
	v, ok := k.take(name)
	if !ok {
		return nil
	}
	values, ok := v.(map[string]any)
	if !ok {
		k.fail(name, "an object")
		return nil
	}
	nested := newKeys(k.where+": "+name, values)
	nested.shown = k.shown
	return nested
}

// refuse records an error if a key is set to anything but the neutral values.
func (k *keys) refuse(name string, neutral ...any) {
	v, ok := k.take(name)
	if !ok {
		return
	}
	for _, n := range neutral {
		if f, isNumber := number(v); v == n || isNumber && n == f {
			return
		}
	}
	if len(neutral) == 0 {
		k.fail(name, "no such key: it is not supported")
		return
	}
	k.fail(name, "%v: nothing else is supported", neutral[0])
}

// ignore marks keys that do not matter.
func (k *keys) ignore(names ...string) {
	for _, n := range names {
		k.used[n] = true
	}
}

// unused lists the keys that nobody asked for, sorted.
func (k *keys) unused() []string {
	names := []string{}
	for _, n := range slices.Sorted(maps.Keys(k.values)) {
		if !k.used[n] {
			names = append(names, n)
		}
	}
	return names
}

// join takes over a nested reader's problems and unknown keys.
func (k *keys) join(nested *keys) {
	k.errs = append(k.errs, nested.errs...)
	for _, n := range nested.unused() {
		k.errs = append(k.errs, fmt.Errorf("%s: %s: not supported", nested.where, n))
	}
}

// err returns every problem found.
func (k *keys) err() error { return errors.Join(k.errs...) }

// number converts a JSON number or a Go number.
func number(v any) (float64, bool) {
	switch n := v.(type) {
	case json.Number:
		f, err := n.Float64()
		return f, err == nil
	case float64:
		return n, true
	case float32:
		return float64(n), true
	case int:
		return float64(n), true
	case int64:
		return float64(n), true
	case uint64:
		return float64(n), true
	}
	return 0, false
}
