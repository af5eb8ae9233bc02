package tokenizer

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"time"

	"github.com/ardanlabs/jinja"
)

const (
	maxTemplateSteps = 1 << 20 // loop iterations, macro calls and checked values
	maxTemplateTime  = 10 * time.Second
	maxMacroDepth    = 64
	maxRange         = 1 << 16
	maxValueDepth    = 64
	maxValueSize     = 64 << 20 // bytes of one variable's texts
)

// The rewritten template calls these functions; a template cannot, because the
// lexer refuses names that start with two underscores.
const (
	guardStep  = "__step"  // in a loop, with its variables
	guardEnter = "__enter" // in a macro, with its parameters
	guardLeave = "__leave" // at a macro's end
	guardCheck = "__check" // after a set, with what was set
	guardPrint = "__print" // around each expression that is printed

	guardNamespace = "__namespace" // before an attribute is set
)

// templateGuard bounds one rendering.
type templateGuard struct {
	steps, depth int
	deadline     time.Time
	namespaces   map[*jinja.Dict]bool
}

func newTemplateGuard() *templateGuard {
	return &templateGuard{deadline: time.Now().Add(maxTemplateTime), namespaces: map[*jinja.Dict]bool{}}
}

type templateFunc = func(args []jinja.Value, named map[string]jinja.Value) (jinja.Value, error)

func (g *templateGuard) functions() map[string]jinja.Value {
	data := make(map[string]jinja.Value)
	for name, f := range expressionFunctions() {
		data[name] = jinja.NewCallable(name, f)
	}
	for name, f := range map[string]templateFunc{
		guardStep: g.step, guardCheck: g.step, guardEnter: g.enter, guardLeave: g.leave,
		guardPrint: g.print, "range": boundedRange, "namespace": g.namespace, guardNamespace: g.isNamespace,
	} {
		data[name] = jinja.NewCallable(name, f)
	}
	return data
}

// step counts a step and the size of the values it gets.
func (g *templateGuard) step(args []jinja.Value, _ map[string]jinja.Value) (jinja.Value, error) {
	size := 0
	for _, v := range args {
		if err := g.measure(v, 0, &size); err != nil {
			return jinja.Undefined(), err
		}
	}
	return jinja.NewString(""), g.count()
}

func (g *templateGuard) count() error {
	if g.steps++; g.steps > maxTemplateSteps {
		return fmt.Errorf("want at most %d steps", maxTemplateSteps)
	}
	if g.steps%1024 == 0 && time.Now().After(g.deadline) {
		return fmt.Errorf("want to be done in %v", maxTemplateTime)
	}
	return nil
}

// measure walks a value, which may hold itself.
func (g *templateGuard) measure(v jinja.Value, depth int, size *int) error {
	if depth > maxValueDepth {
		return fmt.Errorf("want values at most %d deep", maxValueDepth)
	}
	if err := g.count(); err != nil {
		return err
	}
	switch {
	case v.IsString():
		if *size += len(v.AsString()); *size > maxValueSize {
			return fmt.Errorf("want values of at most %d bytes", maxValueSize)
		}
	case v.IsList():
		for _, item := range v.AsList().Items {
			if err := g.measure(item, depth+1, size); err != nil {
				return err
			}
		}
	case v.IsDict():
		for _, item := range v.AsDict().Data {
			if err := g.measure(item, depth+1, size); err != nil {
				return err
			}
		}
	}
	return nil
}

func (g *templateGuard) enter(args []jinja.Value, named map[string]jinja.Value) (jinja.Value, error) {
	if g.depth++; g.depth > maxMacroDepth {
		return jinja.Undefined(), fmt.Errorf("want macro calls at most %d deep", maxMacroDepth)
	}
	return g.step(args, named)
}

func (g *templateGuard) leave([]jinja.Value, map[string]jinja.Value) (jinja.Value, error) {
	g.depth--
	return jinja.NewString(""), nil
}

// namespace is a mapping whose attributes can be set.
func (g *templateGuard) namespace(args []jinja.Value, named map[string]jinja.Value) (jinja.Value, error) {
	v := jinja.NewDict()
	for _, a := range args {
		if !a.IsDict() || len(args) > 1 {
			return v, fmt.Errorf("namespace: want one mapping or named values, have %s", kindName(a))
		}
		for _, key := range a.AsDict().OrderedKeys() {
			v.AsDict().Set(key, a.AsDict().Data[key])
		}
	}
	for _, key := range slices.Sorted(maps.Keys(named)) {
		v.AsDict().Set(key, named[key])
	}
	g.namespaces[v.AsDict()] = true
	return v, nil
}

func (g *templateGuard) isNamespace(args []jinja.Value, _ map[string]jinja.Value) (jinja.Value, error) {
	if !args[0].IsDict() || !g.namespaces[args[0].AsDict()] {
		return args[0], fmt.Errorf("set: want a namespace to set an attribute of, have %s", kindName(args[0]))
	}
	return jinja.NewString(""), nil
}

// print is the text of a value.
func (g *templateGuard) print(args []jinja.Value, named map[string]jinja.Value) (jinja.Value, error) {
	if len(args) != 1 || len(named) > 0 {
		return jinja.Undefined(), fmt.Errorf("want one value to print, have %d", len(args)+len(named))
	}
	if _, err := g.step(args, nil); err != nil {
		return jinja.Undefined(), err
	}
	return jinja.NewString(pythonStr(args[0])), nil
}

// boundedRange is Python's range as a list.
func boundedRange(args []jinja.Value, _ map[string]jinja.Value) (jinja.Value, error) {
	bounds := []int64{0, 0, 1} // start, stop, step
	for i, a := range args {
		if !a.IsInt() || len(args) > 3 {
			return jinja.Undefined(), fmt.Errorf("range: want one to three integers")
		}
		if len(args) == 1 {
			i = 1
		}
		bounds[i] = a.AsInt()
	}
	start, stop, step := bounds[0], bounds[1], bounds[2]
	if len(args) == 0 || step == 0 {
		return jinja.Undefined(), fmt.Errorf("range: want a stop and a step that is not 0")
	}
	var items []jinja.Value
	for i := start; step > 0 && i < stop || step < 0 && i > stop; i += step {
		if len(items) == maxRange {
			return jinja.Undefined(), fmt.Errorf("range: want at most %d numbers", maxRange)
		}
		items = append(items, jinja.NewInt(i))
	}
	return jinja.NewList(items), nil
}

// literalName is the variable that holds the i-th text of a macro's header.
func literalName(i int) string { return "__text" + strconv.Itoa(i) }
