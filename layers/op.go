package layers

import (
	"fmt"
	"hash"
	"hash/fnv"
	"runtime/debug"

	"github.com/chewxy/hm"
	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"premlp/layers/internal/kernel"
	"premlp/weights"
)

// Op is the project's only gorgonia.Op. Its inputs are the batch, or matrices;
// its output is a matrix of cols columns.
type Op struct {
	key    string // module path, unique in the graph: "model.layers.3.mlp.up_proj"
	kind   string // "linear", "rmsnorm", …
	cols   int
	layer  int // of the block it is in; 0 outside of blocks
	inputs []*gorgonia.Node
	// selected says that the output has a row per selected row, not per token.
	selected bool

	// run computes the output from the inputs.
	run func(c *Call) error
	// prepare packs the op's weights; nil if it has none. It runs once, when a
	// machine that contains the op is built.
	prepare func(pool *Pool) error
	// counted returns the cost of a call; nil where it follows from kind and shapes.
	counted func(c *Call) Cost
	// statsPerRow is the number of statistics run leaves per row in Call.Stats.
	statsPerRow int
	// group and linear are set on products: ops whose outputs one of them
	// computes for all, and this op's weights.
	group  *group
	linear *linear
	packs  []*weights.Tensor // other weights that prepare packs
	gain   func() []float32  // of a norm: reads what it multiplies by
	// kept is set on attention: the keys and values of earlier runs.
	kept *keptKeys
	// device computes the output on a device; upload sends what it needs there
	// before the first run, nil for nothing.
	device func(c *deviceCall) error
	upload func(d *onDevice) error

	// joint is set where another op's launch can compute this one's output too; leader
	// is that op and follower the other way round. joinedIn is the machine's run in
	// which the leader did.
	joint            *joint
	rotates          rotates
	leader, follower *Op
	joinedIn         int

	m *Machine // the machine that runs the op; nil until one is built
	slot
	place      matAt        // of the output, where it is on a device
	statsPlace deviceMemory // of the statistics there
}

// Call is what an op's run sees: the batch, its inputs and where to write.
type Call struct {
	Batch *Batch
	In    []Mat     // the matrix inputs, in order
	Out   Mat       // to be filled
	Stats []float32 // [rows, statsPerRow], to be filled
	Pool  *Pool

	selected bool // rows are the batch's selected ones
}

// positions returns the position of each row.
func (c *Call) positions() []int32 {
	if c.selected {
		return c.Batch.selectedPos
	}
	return c.Batch.Pos
}

// queries returns the rows as segments that attend.
func (c *Call) queries() []kernel.Segment {
	if c.selected {
		return c.Batch.selected
	}
	return c.Batch.segments
}

var _ gorgonia.Op = (*Op)(nil)

// Key returns the op's module path, unique in its graph.
func (o *Op) Key() string { return o.key }

// Kind returns what the op computes: "linear", "rmsnorm", "attention" ….
func (o *Op) Kind() string { return o.kind }

// Layer returns the block the op is in; 0 too for ops outside of blocks, which
// their keys tell apart.
func (o *Op) Layer() int { return o.layer }

// Cols returns D, the columns of the op's value.
func (o *Op) Cols() int { return o.cols }

// Arity implements gorgonia.Op.
func (o *Op) Arity() int { return len(o.inputs) }

// Type implements gorgonia.Op. Gorgonia returns the result to a pool, so each
// call makes a new one.
func (o *Op) Type() hm.Type {
	types := make([]hm.Type, 0, len(o.inputs)+1)
	for _, n := range o.inputs {
		types = append(types, n.Type())
	}
	return hm.NewFnType(append(types, matrix)...)
}

// InferShape implements gorgonia.Op: the static shape is (maxTokens, columns).
func (o *Op) InferShape(...gorgonia.DimSizer) (tensor.Shape, error) {
	return tensor.Shape{maxTokens, o.cols}, nil
}

// ReturnsPtr implements gorgonia.Op.
func (o *Op) ReturnsPtr() bool { return true }

// CallsExtern implements gorgonia.Op. True would make Gorgonia allocate the
// static shape at every run.
func (o *Op) CallsExtern() bool { return false }

// OverwritesInput implements gorgonia.Op: no op writes into an input.
func (o *Op) OverwritesInput() int { return -1 }

// WriteHash implements gorgonia.Op. Gorgonia merges nodes whose hashes are
// equal, so the key, unique in the graph, is part of it.
func (o *Op) WriteHash(h hash.Hash) {
	fmt.Fprintf(h, "%s\x00%s\x00%d", o.kind, o.key, len(o.inputs))
}

// Hashcode implements gorgonia.Op.
func (o *Op) Hashcode() uint32 {
	h := fnv.New32a()
	o.WriteHash(h)
	return h.Sum32()
}

// String names the op in Gorgonia's errors and program listings.
func (o *Op) String() string { return o.kind + " " + o.key }

// Do implements gorgonia.Op. It never panics: Gorgonia calls it in a goroutine
// of its own, where a panic could not be recovered.
func (o *Op) Do(values ...gorgonia.Value) (v gorgonia.Value, err error) {
	defer func() {
		if r := recover(); r != nil {
			v, err = nil, fmt.Errorf("%s: panic: %v\n%s", o, r, debug.Stack())
		}
	}()
	if err := o.m.before(o); err != nil {
		return nil, err
	}
	if o.m.device != nil {
		return o.doOnDevice()
	}
	c, err := o.call(values)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", o, err)
	}
	start := o.m.profile.now()
	if o.group == nil || o.group.claim(o) {
		if err := o.run(c); err != nil {
			return nil, fmt.Errorf("%s: %w", o, err)
		}
	}
	o.m.edit(o, c)
	o.m.profile.record(o, c, start)
	computed(o, c.In, c.Out)
	if err := o.m.after(o, c); err != nil {
		return nil, err
	}
	o.m.profile.handed()
	if o.m.stop != nil {
		o.m.paused = o.m.stop(o, c.Out)
	}
	return o.dense, nil
}

// call gathers the inputs and sizes the output.
func (o *Op) call(values []gorgonia.Value) (*Call, error) {
	c := &Call{Batch: o.m.batch, Pool: o.m.pool, selected: o.selected}
	for i, v := range values {
		if _, ok := v.(batchValue); ok {
			continue
		}
		m, err := matOf(v)
		if err != nil {
			return nil, fmt.Errorf("input %d: %w", i, err)
		}
		c.In = append(c.In, m)
	}
	c.Out, c.Stats = o.output(o.rows(c.Batch))
	return c, nil
}

// rows returns how many rows the op's output has for a batch.
func (o *Op) rows(b *Batch) int {
	if o.selected {
		return len(b.Sel)
	}
	return b.Tokens()
}
