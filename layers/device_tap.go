package layers

import (
	"errors"
	"fmt"
	"unsafe"

	"premlp/layers/internal/gpu"
)

// stagings is how many ops' rows may be on their way to the sink while the device
// computes what comes next.
const stagings = 2

// staging is the rows of an op on their way: gathered on the device, copied to the
// host, handed to the sink.
type staging struct {
	device deviceMemory
	host   []byte
	op     *Op
	rows   int
	wait   func() error // for the copy; nil: nothing is on its way
}

// deviceTaps are a machine's stagings, in turn.
type deviceTaps struct {
	all  [stagings]staging
	next int // the one whose turn it is: if rows are on their way in it, the oldest
}

// afterOnDevice sends the op's selected rows on their way to the sink. The sink gets
// those of an earlier op, if it has to make room.
func (m *Machine) afterOnDevice(o *Op, c *deviceCall) error {
	if m.sink == nil || len(m.taps[o]) == 0 {
		return nil
	}
	t := &m.device.taps
	s := &t.all[t.next]
	if err := m.deliver(s); err != nil {
		return err
	}
	if err := c.stage(s, o); err != nil {
		return fmt.Errorf("%s: %w", o, err)
	}
	t.next = (t.next + 1) % stagings
	if m.profile.recording() {
		return m.deliverAll()
	}
	return nil
}

// stage gathers an op's selected rows, and its statistics, and begins to copy them.
func (c *deviceCall) stage(s *staging, o *Op) error {
	rows, sel := c.Out.rows, gpu.Pointer(0)
	if !o.selected && len(c.Batch.Sel) < rows {
		rows, sel = len(c.Batch.Sel), c.d.batch.sel
	}
	s.op, s.rows = o, rows
	n, n2 := rows*o.cols, rows*o.statsPerRow
	if n == 0 {
		s.wait = func() error { return nil }
		return nil
	}
	at, err := c.d.room(&s.device, n+n2)
	if err != nil {
		return err
	}
	if bytes := 4 * (n + n2); len(s.host) < bytes {
		if err := s.freeHost(c.d); err != nil {
			return err
		}
		if s.host, err = c.d.AllocHost(bytes); err != nil {
			return err
		}
	}
	if err := c.each("pick", n+n2, at, c.Out.at, c.Stats, sel, count(n), count(n2), number(o.cols), number(max(o.statsPerRow, 1))); err != nil {
		return err
	}
	s.wait, err = c.d.DownloadLater(s.host[:4*(n+n2)], at)
	return err
}

// deliver waits for rows that are on their way and hands them to the sink, for every
// point that their op is.
func (m *Machine) deliver(s *staging) error {
	if s.wait == nil {
		return nil
	}
	wait, o := s.wait, s.op
	s.wait = nil
	if err := wait(); err != nil {
		return fmt.Errorf("%s: %w", o, err)
	}
	n := s.rows * o.cols
	values := floatsOf(s.host, n+s.rows*o.statsPerRow)
	for _, p := range m.taps[o] {
		rows := Rows{Dim: o.cols, Data: values[:n:n], Stats: values[n:], StatsPerRow: o.statsPerRow}
		if p.Site != MLPIn {
			rows.Stats, rows.StatsPerRow = nil, 0
		}
		if err := m.sink(p, rows); err != nil {
			return fmt.Errorf("%s: %w", p, err)
		}
	}
	return nil
}

// deliverAll hands the sink all that is on its way, the oldest first.
func (m *Machine) deliverAll() error {
	t := &m.device.taps
	for i := range stagings {
		if err := m.deliver(&t.all[(t.next+i)%stagings]); err != nil {
			return err
		}
	}
	return nil
}

// drop waits for what is on its way of a run that has failed; nobody gets it.
func (t *deviceTaps) drop() {
	for i := range t.all {
		if s := &t.all[i]; s.wait != nil {
			_ = s.wait() // the run's error was another
			s.wait = nil
		}
	}
}

// freeHost frees the host's memory of stagings; the device's is freed with the machine.
func (t *deviceTaps) freeHost(d *onDevice) error {
	t.drop()
	var err error
	for i := range t.all {
		err = errors.Join(err, t.all[i].freeHost(d))
	}
	return err
}

func (s *staging) freeHost(d *onDevice) error {
	if s.host == nil {
		return nil
	}
	host := s.host
	s.host = nil
	return d.FreeHost(host)
}

// floatsOf are the first n float32 of some bytes.
func floatsOf(b []byte, n int) []float32 {
	if n == 0 {
		return nil
	}
	return unsafe.Slice((*float32)(unsafe.Pointer(&b[0])), n)
}
