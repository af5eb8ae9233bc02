package model

import (
	"context"

	"premlp/layers"
)

// The vocabulary of stepping.
type (
	// Op is one operation of the forward pass.
	Op = layers.Op
	// Stop says whether a stepped run pauses behind an op.
	Stop = layers.Stop
)

// Begin starts a run of a batch that Continue and Step take on. Nothing is
// computed yet.
func (s *Session) Begin(b *Batch) error { return s.machine.Begin(b) }

// Continue computes ops until stop pauses behind one, which it returns, or until
// the pass ends, when it returns nil; a nil stop pauses nowhere. Values can be
// read and changed meanwhile. A run in pieces has the bits of one in one go.
func (s *Session) Continue(ctx context.Context, stop Stop) (*Op, error) {
	return s.machine.Continue(ctx, stop)
}

// Step computes the next op and returns it, or nil at the end of the pass.
func (s *Session) Step(ctx context.Context) (*Op, error) {
	return s.machine.Continue(ctx, func(*Op, Mat) bool { return true })
}

// Ops lists the ops of the session's pass in the order of computation.
func (s *Session) Ops() []*Op { return s.machine.Ops() }

// Done returns how many of Ops the current run has computed.
func (s *Session) Done() int { return s.machine.Done() }

// PointsOf lists the sites that an op's value is; most ops are none.
func (s *Session) PointsOf(o *Op) []Point { return s.machine.PointsOf(o) }

// ValueOf returns the value of an op that the current run has computed: [T, D], or
// a row for each selected token behind the last block. It is the memory that the
// next ops read. Without SessionOptions.KeepAll only the last op's is there.
func (s *Session) ValueOf(o *Op) (Mat, error) { return s.machine.ValueOf(o) }

// Patch changes rows of the value of an op that no other op has read yet. What
// follows has the bits of a run into which the change is built.
func (s *Session) Patch(o *Op, rows []int32, change Change) error {
	return s.machine.Patch(o, rows, change)
}

// Lens returns the session of a logit lens: the final norm and the vocabulary
// head alone. Its batches have a residual stream (Batch.Given), of whatever
// layer, and its runs give Logits: what the model would say if it ended there.
// (nostalgebraist, "interpreting GPT: the logit lens", 2020.)
func (m *Model) Lens(threads int) (*Session, error) {
	return m.Session(SessionOptions{Logits: true, First: m.config.Layers, Threads: threads})
}
