package layers

import (
	"errors"
	"fmt"
	"runtime"
	"slices"

	"gorgonia.org/gorgonia"

	"premlp/layers/internal/kernel"
)

// Machine compiles the graph up to the last wanted point. A graph serves one
// machine: values live on its nodes.
func (g *Graph) Machine(o MachineOptions) (*Machine, error) {
	if err := g.Err(); err != nil {
		return nil, err
	}
	if err := g.verify(); err != nil {
		return nil, err
	}
	if err := o.Cache.check(o.Context); err != nil {
		return nil, err
	}
	k, err := kernelFor(o.FastBF16 && o.Device == nil)
	if err != nil {
		return nil, err
	}
	device, err := o.onDevice()
	if err != nil {
		return nil, err
	}
	m := &Machine{
		pool: kernel.NewPool(o.Threads, k), device: device, options: o, input: g.batch, graph: g,
		taps: map[*Op][]Point{}, kept: map[Point]*Op{},
	}
	if o.Cache.Rows > 0 {
		m.rows = newLedger(o.Cache.Rows)
	}
	roots, err := m.roots(g)
	if err != nil {
		return nil, err
	}
	if err := m.compile(g, roots); err != nil {
		return nil, err
	}
	if m.device != nil {
		if err := checkDevice(m.order); err != nil {
			return nil, errors.Join(err, m.Close())
		}
	}
	return m, m.bind()
}

// roots resolves the wanted and kept points to nodes.
func (m *Machine) roots(g *Graph) (gorgonia.Nodes, error) {
	var roots gorgonia.Nodes
	for _, p := range slices.Concat(m.options.Points, m.options.Keep) {
		n, ok := g.points[p]
		if !ok {
			return nil, fmt.Errorf("%s: no such place in this model", p)
		}
		if !slices.Contains(roots, n) {
			roots = append(roots, n)
		}
	}
	if len(roots) == 0 {
		return nil, errors.New("machine: no point wanted")
	}
	for _, p := range m.options.Points {
		o := opOf(g.points[p])
		if !slices.Contains(m.taps[o], p) {
			m.taps[o] = append(m.taps[o], p)
		}
	}
	for _, p := range m.options.Keep {
		m.kept[p] = opOf(g.points[p])
	}
	return roots, nil
}

// compile makes the tape machine. It is the only place that does, since
// Gorgonia panics on a program it cannot compile.
func (m *Machine) compile(g *Graph, roots gorgonia.Nodes) (err error) {
	defer func() {
		if r := recover(); r != nil {
			err = fmt.Errorf("machine: compile: %v", r)
		}
	}()
	program, locations, err := gorgonia.CompileFunction(g.g, gorgonia.Nodes{g.batch}, roots)
	if err != nil {
		return fmt.Errorf("machine: compile: %w", err)
	}
	m.vm = gorgonia.NewTapeMachine(g.g, gorgonia.WithPrecompiled(program, locations))
	// The tape machine's finalizer does nothing without CUDA, but what has one and
	// can be reached from itself is never freed: its ops lead to m and m to it.
	runtime.SetFinalizer(m.vm, nil)

	sorted, err := gorgonia.Sort(g.g.ExactSubgraphRoots(roots...))
	if err != nil {
		return fmt.Errorf("machine: order: %w", err)
	}
	slices.Reverse(sorted)
	for _, n := range sorted {
		if o := opOf(n); o != nil {
			m.order = append(m.order, o)
		}
	}
	return nil
}

// bind gives the ops to the machine and plans their memory.
func (m *Machine) bind() error {
	for _, o := range m.order {
		if o.m != nil {
			return fmt.Errorf("%s: already belongs to a machine", o)
		}
		o.m = m
		if o.group != nil {
			o.group.ops = append(o.group.ops, o)
		}
	}
	if m.device != nil {
		joinLaunches(m.order)
	}
	kept := map[*Op]bool{}
	for _, o := range m.kept {
		kept[o] = true
	}
	if m.options.KeepAll {
		for _, o := range m.order {
			kept[o] = true
		}
	}
	m.buffers = plan(m.order, kept)
	return nil
}

// sendWeights makes the cache on the device and sends it the weights of the
// machine's ops that it does not have yet.
func (m *Machine) sendWeights() error {
	for _, o := range m.order {
		if o.kept != nil && m.rows != nil {
			if err := o.kept.onDevice(m.device, m.options.Cache.Rows); err != nil {
				return fmt.Errorf("%s: %w", o, err)
			}
		}
		if o.upload == nil {
			continue
		}
		if err := o.upload(m.device); err != nil {
			return fmt.Errorf("%s: %w", o, m.graph.store.explain(err, m.device.Device))
		}
	}
	m.packed = true
	return nil
}

// Pack packs the weights of the machine's ops that were not packed before and
// makes its cache. Run does it when it was not called.
func (m *Machine) Pack() error {
	if m.packed {
		return nil
	}
	if m.device != nil {
		return m.sendWeights()
	}
	for _, o := range m.order {
		if o.kept != nil && m.rows != nil {
			o.kept.keys = m.pool.NewKeys(m.options.Cache.Rows, o.kept.heads, o.kept.width)
		}
		if o.prepare == nil {
			continue
		}
		if err := o.prepare(m.pool); err != nil {
			return fmt.Errorf("%s: %w", o, err)
		}
	}
	m.packed = true
	return nil
}

// Footprint is the memory that a machine takes, in bytes.
type Footprint struct {
	Weights  int64 `json:"weights"`   // packed, whether packed already or not
	PerToken int64 `json:"per_token"` // of a batch, in the arena
	Cache    int64 `json:"cache"`     // keys and values kept from run to run
}

// Footprint returns the memory that the machine takes. Statistics, logits and
// what Gorgonia itself needs are not counted.
func (m *Machine) Footprint() Footprint {
	var f Footprint
	seen := map[*buffer]bool{}
	for _, o := range m.order {
		if o.kept != nil && m.rows != nil {
			f.Cache += m.pool.KeysBytes(m.options.Cache.Rows, o.kept.heads, o.kept.width)
		}
		packs := o.packs
		if o.linear != nil {
			packs = append(packs[:len(packs):len(packs)], o.linear.w)
		}
		for _, w := range packs {
			f.Weights += formatFor(m.pool.Kernel(), w.DType).PackedBytes(w.Rows(), w.Cols())
		}
		if !seen[o.buffer] && !o.selected {
			seen[o.buffer] = true
			f.PerToken += int64(o.buffer.widest) * 4
		}
	}
	return f
}
