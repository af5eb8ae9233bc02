package layers

import (
	"errors"
	"testing"

	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"
)

// The tests of this file state the behaviour of Gorgonia that this package
// works around. When one fails after an update of Gorgonia, the rule it stands
// behind may be relaxed, or needs another guard.

// matrixInput adds a bound input of shape (2, 2).
func matrixInput(g *gorgonia.ExprGraph, name string) *gorgonia.Node {
	v := tensor.New(tensor.WithShape(2, 2), tensor.WithBacking([]float32{1, 2, 3, 4}))
	return gorgonia.NewMatrix(g, tensor.Float32, gorgonia.WithShape(2, 2), gorgonia.WithName(name), gorgonia.WithValue(v))
}

// plain is an op outside any machine, for use in foreign graphs.
func plain(key string, do func() error, inputs ...*gorgonia.Node) *Op {
	o := &Op{key: key, kind: "test", cols: 2, inputs: inputs, run: func(*Call) error { return do() }}
	o.m = &Machine{ctx: nil}
	return o
}

func TestGorgoniaMergesNodesOfOneHash(t *testing.T) {
	g := gorgonia.NewGraph()
	x := matrixInput(g, "x")
	a := gorgonia.Must(gorgonia.ApplyOp(plain("same", nil, x), x))
	b := gorgonia.Must(gorgonia.ApplyOp(plain("same", nil, x), x))
	c := gorgonia.Must(gorgonia.ApplyOp(plain("other", nil, x), x))
	if a != b || a == c {
		t.Error("ops of one key no longer give one node")
	}
}

func TestGorgoniaOverwritesValuesOfItsOwnOps(t *testing.T) {
	g := gorgonia.NewGraph()
	x := matrixInput(g, "x")
	y := gorgonia.Must(gorgonia.Square(x))
	z := gorgonia.Must(gorgonia.Add(y, matrixInput(g, "b")))
	vm := gorgonia.NewTapeMachine(g)
	defer vm.Close()
	if err := vm.RunAll(); err != nil {
		t.Fatal(err)
	}
	if y.Value().Data().([]float32)[3] == 16 && z.Value().Data().([]float32)[3] == 20 {
		t.Error("interior values of built-in ops are no longer overwritten")
	}
}

func TestGorgoniaRunsNothingWithoutReset(t *testing.T) {
	m := machine(t, small(checkpoint().open(t)), []Point{{MLPIn, 0}}, nil)
	if err := m.Run(t.Context(), Pack([][]int32{tokens(3)}, nil), nil); err != nil {
		t.Fatal(err)
	}
	m.at = 0
	if err := m.vm.RunAll(); err != nil || m.at != 0 {
		t.Errorf("a second RunAll ran %d ops, error %v; it used to do nothing", m.at, err)
	}
}

func TestGorgoniaErrorsHideTheirCause(t *testing.T) {
	m := machine(t, small(checkpoint().open(t)), []Point{{MLPIn, 0}}, nil)
	broken := errors.New("broken")
	m.ctx, m.batch, m.sink, m.at = t.Context(), Pack([][]int32{tokens(3)}, nil), func(Point, Rows) error { return broken }, 0
	if err := m.batch.check(testVocab, 256, nil); err != nil {
		t.Fatal(err)
	}
	if err := gorgonia.Let(m.input, batchValue{m.batch}); err != nil {
		t.Fatal(err)
	}
	err := m.vm.RunAll()
	if err == nil || errors.Is(err, broken) {
		t.Errorf("errors.Is now sees through %T; cause may be dropped", err)
	}
	if !errors.Is(cause(err), broken) {
		t.Errorf("want the sink's error, have %v", cause(err))
	}
}
