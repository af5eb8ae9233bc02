package layers

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Profile records what the runs of a machine take, op by op. A machine writes to it
// between [Machine.Profile] and its end; it is read when no run is on its way.
type Profile struct {
	start time.Time
	runs  []ProfiledRun
	open  bool          // the last of runs is on its way
	sink  time.Duration // when that of the last op began; 0: it has none
}

// ProfiledRun is one run. Times are since the profile was made.
type ProfiledRun struct {
	Start, Time      time.Duration // of the whole run; what is neither in Ops nor in their Sink is the graph's own
	Tokens, Selected int           // T and R of the batch
	Ops              []ProfiledOp  // in the order of execution
}

// ProfiledOp is an op in one run.
type ProfiledOp struct {
	Op *Op
	// By is the op that computed the value: Op itself, or the first of the products
	// of one input, which has computed those of all; on a device, the first of ops that
	// share a launch.
	By    *Op
	Start time.Duration
	Time  time.Duration // that computing took
	Sink  time.Duration // that copying rows and handing them to the sink took
	Cost  Cost          // of the values it computed; on a device, of its own value
}

// NewProfile returns an empty profile, whose time begins now.
func NewProfile() *Profile { return &Profile{start: time.Now()} }

// Runs returns the runs that were recorded, but for those that failed.
func (p *Profile) Runs() []ProfiledRun {
	if p.open {
		return p.runs[:len(p.runs)-1]
	}
	return p.runs
}

// Profile makes the machine record its runs in p; nil ends it.
func (m *Machine) Profile(p *Profile) { m.profile = p }

// now returns the profile's time; every method does nothing without a profile.
func (p *Profile) now() time.Duration {
	if p == nil {
		return 0
	}
	return time.Since(p.start)
}

// begin starts the record of a run. That of a run that failed is given up.
func (p *Profile) begin(m *Machine) {
	if p == nil {
		return
	}
	p.runs = append(p.Runs(), ProfiledRun{Start: p.now(), Ops: make([]ProfiledOp, 0, len(m.order))})
	p.open = true
}

// end ends the record of a run.
func (p *Profile) end(b *Batch) {
	if p == nil {
		return
	}
	r := &p.runs[len(p.runs)-1]
	r.Time, r.Tokens, r.Selected = p.now()-r.Start, b.Tokens(), len(b.Sel)
	p.open = false
}

// recording reports whether a run is being recorded.
func (p *Profile) recording() bool { return p != nil && p.open }

// record notes an op that has just been computed.
func (p *Profile) record(o *Op, c *Call, start time.Duration) {
	if !p.recording() {
		return
	}
	r := &p.runs[len(p.runs)-1]
	op := ProfiledOp{Op: o, By: o, Start: start, Time: p.now() - start}
	if o.group != nil {
		op.By = o.group.ops[0]
	}
	if op.By == o {
		op.Cost = o.cost(c)
	}
	r.Ops = append(r.Ops, op)
	if p.sink = 0; o.m.sink != nil && len(o.m.taps[o]) > 0 { // reading the clock is what recording costs
		p.sink = p.now()
	}
}

// recordOnDevice waits for an op that a device computes and notes it. A run that is
// recorded waits for each op, so that its time is its own.
func (p *Profile) recordOnDevice(o *Op, c *deviceCall, start time.Duration) error {
	if !p.recording() {
		return nil
	}
	if err := c.d.Sync(); err != nil {
		return err
	}
	op := ProfiledOp{Op: o, By: o, Start: start, Time: p.now() - start}
	if o.leader != nil && o.joinedIn == o.m.run {
		op.By = o.leader
	}
	call, err := c.shapes()
	if err != nil {
		return err
	}
	op.Cost = o.costOnDevice(call, op.By)
	r := &p.runs[len(p.runs)-1]
	r.Ops = append(r.Ops, op)
	if p.sink = 0; o.m.sink != nil && len(o.m.taps[o]) > 0 {
		p.sink = p.now()
	}
	return nil
}

// shapes is the call with matrices that have no values but those that a cost follows
// from, an experts' choice.
func (c *deviceCall) shapes() (*Call, error) {
	call := &Call{Batch: c.Batch, Out: Mat{Rows: c.Out.rows, Cols: c.Out.cols}, selected: c.selected}
	for i, m := range c.In {
		in := Mat{Rows: m.rows, Cols: m.cols}
		if c.o.kind == "experts" && i == 1 {
			var err error
			if in, err = c.d.fetch(m); err != nil {
				return nil, err
			}
		}
		call.In = append(call.In, in)
	}
	return call, nil
}

// handed notes the end of an op's sink.
func (p *Profile) handed() {
	if !p.recording() || p.sink == 0 {
		return
	}
	r := &p.runs[len(p.runs)-1]
	r.Ops[len(r.Ops)-1].Sink = p.now() - p.sink
}

// Block returns the path of the block that an op is in, as "model.layers.3"; ""
// outside of blocks.
func (o *Op) Block() string {
	parts := strings.Split(o.key, ".")
	if i := slices.Index(parts, strconv.Itoa(o.layer)); i >= 0 {
		return strings.Join(parts[:i+1], ".")
	}
	return ""
}

// Name returns the op's key below its block, or all of it outside of blocks.
func (o *Op) Name() string { return strings.TrimPrefix(o.key, o.Block()+".") }

// Shape describes the op's value: [T, D], or [R, D] where it has the selected rows.
func (o *Op) Shape() string {
	if o.selected {
		return fmt.Sprintf("[R, %d]", o.cols)
	}
	return fmt.Sprintf("[T, %d]", o.cols)
}
