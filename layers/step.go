package layers

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"premlp/layers/internal/gpu"
)

// errPaused is what an op returns that is not to be computed yet. Gorgonia's tape
// machine then stays where it is and begins with that op when it runs again.
var errPaused = errors.New("paused")

// Stop says, of an op that was just computed and its value, whether a stepped run
// pauses behind it. The value is [T, D], or [R, D] behind the selection of rows.
type Stop func(o *Op, value Mat) bool

// Begin starts a run that Continue takes on. An earlier one that was not finished
// is given up.
func (m *Machine) Begin(b *Batch) error {
	err := m.begin(b, nil)
	m.stepped = true
	return err
}

// Continue computes ops until stop pauses behind one, which it returns, or until
// the pass ends, when it returns nil. A nil stop pauses nowhere. An op's value can
// be read and changed while the run is paused; the run goes on with what it is
// then. The bits are those of a run in one go.
func (m *Machine) Continue(ctx context.Context, stop Stop) (*Op, error) {
	if m.batch == nil {
		return nil, errors.New("machine: no run was begun")
	}
	if m.at == len(m.order) {
		return nil, nil
	}
	m.ctx, m.stop = ctx, stop
	defer func() { m.stop, m.paused = nil, false }()
	err := m.vm.RunAll()
	if err == nil {
		err = m.finish()
	} else if err = cause(err); errors.Is(err, errPaused) {
		err = nil
	}
	if err != nil || !m.paused {
		return nil, err
	}
	return m.order[m.at-1], nil
}

// Ops lists the machine's ops in the order of execution.
func (m *Machine) Ops() []*Op { return slices.Clone(m.order) }

// Done returns how many of Ops the current run has computed.
func (m *Machine) Done() int { return m.at }

// PointsOf lists the sites that an op's value is.
func (m *Machine) PointsOf(o *Op) []Point {
	var points []Point
	for p, n := range m.graph.points {
		if opOf(n) == o {
			points = append(points, p)
		}
	}
	slices.SortFunc(points, inOrder)
	return points
}

// ValueOf returns the value of an op that the current run has computed. Without
// MachineOptions.KeepAll only that of the last one is still there.
func (m *Machine) ValueOf(o *Op) (Mat, error) {
	at, err := m.position(o)
	switch {
	case err != nil:
		return Mat{}, err
	case at >= m.at:
		return Mat{}, fmt.Errorf("%s: not computed yet", o.key)
	case at < m.at-1 && !m.options.KeepAll:
		return Mat{}, fmt.Errorf("%s: its value was not kept", o.key)
	}
	if m.device != nil {
		return m.device.fetch(o.place)
	}
	return matOf(o.dense)
}

// Patch changes rows of the value of an op that the current run has computed and
// no other op has read yet. Rows are of the value, ascending.
func (m *Machine) Patch(o *Op, rows []int32, change Change) error {
	value, err := m.ValueOf(o)
	if err != nil {
		return err
	}
	for _, reader := range m.order[:m.at] {
		for _, n := range reader.inputs {
			if opOf(n) == o {
				return fmt.Errorf("%s: want it changed before it is read, but %s has read it", o.key, reader.key)
			}
		}
	}
	if err := (Edit{Rows: rows, Change: change}).check(value.Rows, value.Cols); err != nil {
		return fmt.Errorf("%s: %w", o.key, err)
	}
	for i, row := range rows {
		change.apply(i, value.Row(int(row)))
	}
	if m.device != nil {
		return m.device.Upload(o.place.at, gpu.BytesOf(value.Data))
	}
	return nil
}

// position returns where in the order an op stands.
func (m *Machine) position(o *Op) (int, error) {
	at := slices.Index(m.order, o)
	if at < 0 {
		return 0, fmt.Errorf("%s: the pass ends before it", o.key)
	}
	return at, nil
}
