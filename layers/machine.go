package layers

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"gorgonia.org/gorgonia"
)

// Rows are the values of one point in one run: a row for each selected token,
// in the order of Batch.Sel. They are valid only during the call that hands
// them over.
type Rows struct {
	Data []float32 // [R, Dim]
	Dim  int
	// Stats [R, StatsPerRow] holds, for mlp_in, the statistics of the norm that
	// made each row. RMSNorm: the scale sqrt(mean(x²)+eps) that x was divided by.
	// LayerNorm: the mean that was subtracted and the scale sqrt(var(x)+eps).
	Stats       []float32
	StatsPerRow int
}

// Len returns R, the number of rows.
func (r Rows) Len() int { return len(r.Data) / max(r.Dim, 1) }

// Row returns row i, [Dim].
func (r Rows) Row(i int) []float32 { return r.Data[i*r.Dim : (i+1)*r.Dim] }

// Sink receives the selected rows of each wanted point, in order, as its node is
// computed; of a device they come later, while it computes the next nodes, but
// before the run ends. An error stops the run.
type Sink func(p Point, rows Rows) error

// MachineOptions says what a machine has to compute, and with what.
type MachineOptions struct {
	Points  []Point // places whose rows a Sink gets; the pass ends at the last
	Keep    []Point // places whose values stay readable after a run
	Threads int
	// KeepAll gives every op memory of its own, so that all values stay readable to
	// the end of a run.
	KeepAll bool
	Vocab   int // token ids are below it
	Context int // positions are below it
	Cache   Cache
	Device  Device // nil: this machine's own processor
	// FastBF16 rounds both factors of products with weights to bf16: the lossy
	// arithmetics "bf16dot-…", which processors without AVX512-BF16 refuse, and on a
	// device "bf16-…", from compute capability 8.0 on.
	FastBF16 bool
	// FastTF32 rounds them to tf32, "tf32-…": such devices alone.
	FastTF32 bool
}

// Machine runs the part of a graph that its points need, over and over, on
// batches of any size. It is used by one caller at a time.
type Machine struct {
	vm      gorgonia.VM
	pool    *Pool
	device  *onDevice // nil: this machine's own processor
	options MachineOptions
	order   []*Op // in order of execution
	taps    map[*Op][]Point
	kept    map[Point]*Op
	buffers int // shared ones of the arena
	packed  bool
	rows    *ledger // of the cache; nil if there is none
	graph   *Graph
	editOps map[Point]*Op // points found to be editable

	ctx     context.Context
	batch   *Batch
	input   *gorgonia.Node
	sink    Sink
	at      int // position in order of the op that is due
	gather  []float32
	edits   map[*Op][]Edit // of the batch
	stop    Stop           // of a stepped run; nil in others
	paused  bool           // the op that is due is not to be computed yet
	stepped bool           // by Begin and Continue
	run     int            // counts the runs that were begun

	profile *Profile // nil: none is recorded
}

// Run computes the wanted points of a batch and hands their selected rows to
// sink. A cancelled context stops it within one op.
func (m *Machine) Run(ctx context.Context, b *Batch, sink Sink) error {
	if err := m.begin(b, sink); err != nil {
		return err
	}
	m.ctx = ctx
	if err := m.vm.RunAll(); err != nil {
		return cause(err)
	}
	return m.finish()
}

// begin checks a batch and makes it what the tape machine runs on next.
func (m *Machine) begin(b *Batch, sink Sink) error {
	if err := b.check(m.options.Vocab, m.options.Context, m.rows); err != nil {
		return err
	}
	if err := m.checkGiven(b); err != nil {
		return err
	}
	if err := m.setEdits(b); err != nil {
		return err
	}
	if err := m.Pack(); err != nil {
		return err
	}
	if b.Keys != nil {
		m.rows.begin()
	}
	m.profile.begin(m)
	m.batch, m.sink, m.at, m.stepped = b, sink, 0, false
	m.run++
	if m.device != nil {
		m.device.taps.drop()
		if err := m.device.send(b); err != nil {
			return fmt.Errorf("machine: batch to the device: %w", err)
		}
	}
	m.vm.Reset() // without it a second RunAll does nothing
	if err := gorgonia.Let(m.input, batchValue{b}); err != nil {
		return fmt.Errorf("machine: bind the batch: %w", err)
	}
	return nil
}

// finish ends a run whose ops were all computed.
func (m *Machine) finish() error {
	if m.at != len(m.order) {
		return fmt.Errorf("machine: %d of %d ops ran", m.at, len(m.order))
	}
	if m.device != nil { // what is queued may fail yet
		if err := m.deliverAll(); err != nil {
			return err
		}
		if err := m.device.Sync(); err != nil {
			return fmt.Errorf("machine: %w", err)
		}
	}
	if m.batch.Keys != nil {
		m.rows.commit()
	}
	m.profile.end(m.batch)
	return nil
}

// cause returns the op's own error. Gorgonia's wrapper has no Unwrap, so
// errors.Is would not see through it.
func cause(err error) error {
	for {
		var wrapper interface{ Err() error }
		if errors.As(err, &wrapper) {
			err = wrapper.Err()
			continue
		}
		var causer interface{ Cause() error }
		if errors.As(err, &causer) && causer.Cause() != err {
			err = causer.Cause()
			continue
		}
		return err
	}
}

// before runs ahead of each op. The order is checked because memory was planned
// for it: another one would read values that were overwritten.
func (m *Machine) before(o *Op) error {
	if err := m.ctx.Err(); err != nil {
		return err
	}
	if m.paused {
		return errPaused
	}
	if m.at >= len(m.order) || m.order[m.at] != o {
		return fmt.Errorf("%s: runs at position %d, which was planned for another op", o, m.at)
	}
	m.at++
	return nil
}

// after hands the op's selected rows to the sink, for every point it is.
func (m *Machine) after(o *Op, c *Call) error {
	if m.sink == nil {
		return nil
	}
	for _, p := range m.taps[o] {
		rows := Rows{Dim: o.cols, Data: c.Out.Data, Stats: c.Stats, StatsPerRow: o.statsPerRow}
		if !o.selected && len(c.Batch.Sel) < c.Out.Rows {
			rows.Data, rows.Stats = m.pick(c.Batch.Sel, c.Out, c.Stats, o.statsPerRow)
		}
		if p.Site != MLPIn {
			rows.Stats, rows.StatsPerRow = nil, 0
		}
		if err := m.sink(p, rows); err != nil {
			return fmt.Errorf("%s: %w", p, err)
		}
	}
	return nil
}

// pick copies the selected rows and their statistics into the machine's own
// memory.
func (m *Machine) pick(sel []int32, x Mat, stats []float32, per int) (data, picked []float32) {
	m.gather = slices.Grow(m.gather[:0], len(sel)*(x.Cols+per))
	for _, row := range sel {
		m.gather = append(m.gather, x.Row(int(row))...)
	}
	for _, row := range sel {
		m.gather = append(m.gather, stats[int(row)*per:(int(row)+1)*per]...)
	}
	return m.gather[:len(sel)*x.Cols], m.gather[len(sel)*x.Cols:]
}

// Value returns the matrix that a kept point held in the last run, one row per
// token. Points that are not kept have no value: their memory is used again
// within the run.
func (m *Machine) Value(p Point) (Mat, error) {
	o, ok := m.kept[p]
	if !ok {
		return Mat{}, fmt.Errorf("%s: its value was not kept", p)
	}
	if o.dense == nil && o.place.at == 0 {
		return Mat{}, fmt.Errorf("%s: nothing was run yet", p)
	}
	if m.device != nil {
		return m.device.fetch(o.place)
	}
	return matOf(o.dense)
}

// StatsPerRow returns how many statistics a row of a point carries.
func (m *Machine) StatsPerRow(p Point) int {
	for o, points := range m.taps {
		if p.Site == MLPIn && slices.Contains(points, p) {
			return o.statsPerRow
		}
	}
	return 0
}

// Same reports whether two wanted points are one value, as mlp_out is resid_post
// where an MLP adds the stream itself.
func (m *Machine) Same(a, b Point) bool {
	for _, points := range m.taps {
		if slices.Contains(points, a) {
			return slices.Contains(points, b)
		}
	}
	return false
}

// Between lists the keys of the ops that run behind that of point a, or from the
// first on, to that of point b, in order. Both are wanted points.
func (m *Machine) Between(a *Point, b Point) []string {
	from, to := 0, -1
	for i, o := range m.order {
		if a != nil && slices.Contains(m.taps[o], *a) {
			from = i + 1
		}
		if slices.Contains(m.taps[o], b) {
			to = i
		}
	}
	keys := []string{}
	for i := from; i <= to; i++ {
		keys = append(keys, m.order[i].key)
	}
	return keys
}

// Close frees the machine's resources and ends its threads.
func (m *Machine) Close() error {
	m.pool.Close()
	err := m.vm.Close()
	if m.device != nil {
		err = errors.Join(err, m.device.release())
	}
	return err
}
