package model

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"slices"
	"strings"

	"premlp/layers"
)

// The vocabulary of the layers package that callers of a session need.
type (
	// Site names a place in a block; see package layers for the list.
	Site = layers.Site
	// Point is a site of one layer.
	Point = layers.Point
	// Batch is a run's input: prompts packed one after another.
	Batch = layers.Batch
	// Rows are one point's values at the selected tokens.
	Rows = layers.Rows
	// Sink receives rows as they are computed.
	Sink = layers.Sink
	// Mat is a matrix in row-major order.
	Mat = layers.Mat
	// Footprint is the memory that a session takes.
	Footprint = layers.Footprint
	// Cache is how many keys and values a session keeps from run to run.
	Cache = layers.Cache
	// Device computes a session's pass in its own memory.
	Device = layers.Device
)

// ErrWeights is the error of a session on a device that is too small for the weights.
var ErrWeights = layers.ErrWeights

// Pack joins prompts into one batch. sel[i] lists the positions within prompt i
// that are read, ascending; a nil sel reads all.
func Pack(prompts, sel [][]int32) *Batch { return layers.Pack(prompts, sel) }

// SessionOptions says what a session computes.
type SessionOptions struct {
	Points  []Point // where activations are taken
	Logits  bool    // compute the vocabulary scores of the selected tokens
	Keep    []Point // places readable by Session.Value after a run
	KeepAll bool    // every op's value stays readable by Session.ValueOf to a run's end
	Threads int     // 0: one per processor
	Cache   Cache   // for batches that continue earlier ones; see Batch.Keys
	Device  Device  // where the pass is computed; nil: this machine's processor
	// First, if it is above 0, is the block the pass begins at: a batch then has the
	// residual stream before it, resid_pre as another run gave it (Batch.Given). The
	// number of blocks begins behind the last.
	First int
	// FastBF16 rounds both factors of products with weights to bf16, for speed:
	// another arithmetic, lossy, and only on processors with AVX512-BF16, see
	// layers.CheckFastBF16, and devices with tensor cores, see layers.CheckFastDevice.
	// Model.FastError tells the loss.
	FastBF16 bool
	FastTF32 bool // the same with tf32, which has 3 bits more: such devices alone
}

// Session runs the model up to the last place that is wanted. It serves one
// caller at a time; sessions of one model share its packed weights.
type Session struct {
	machine *layers.Machine
	threads int
	device  Device
}

// Session builds the graph, checks the checkpoint against it, and packs the
// weights that the wanted part needs. All tensors that are missing, of a wrong
// shape, or unused are reported in one error.
func (m *Model) Session(o SessionOptions) (*Session, error) {
	s, err := m.plan(o)
	if err != nil {
		return nil, err
	}
	if err := s.machine.Pack(); err != nil {
		return nil, errors.Join(fmt.Errorf("%s: %w", m.path, err), s.Close())
	}
	return s, nil
}

// Footprint returns the memory that a session of these options takes, without
// packing any weight.
func (m *Model) Footprint(o SessionOptions) (Footprint, error) {
	s, err := m.plan(o)
	if err != nil {
		return Footprint{}, err
	}
	return s.machine.Footprint(), s.Close()
}

// plan builds the graph and compiles the part of it that is wanted.
func (m *Model) plan(o SessionOptions) (*Session, error) {
	points := slices.Clone(o.Points)
	if o.Logits {
		points = append(points, Point{Site: layers.Logits})
	}
	if err := m.checkPoints(slices.Concat(points, o.Keep)); err != nil {
		return nil, err
	}
	if o.First < 0 || o.First > m.config.Layers {
		return nil, fmt.Errorf("session: want a first block from 0 to %d, have %d", m.config.Layers, o.First)
	}
	last := m.lastBlock(points)
	if o.KeepAll || len(o.Keep) > 0 { // of all rows
		last = m.config.Layers
	}
	g, err := m.build(o.First, last)
	if err != nil {
		return nil, err
	}
	threads := o.Threads
	if threads == 0 {
		threads = runtime.GOMAXPROCS(0)
	}
	machine, err := g.Machine(layers.MachineOptions{
		Points: points, Keep: o.Keep, KeepAll: o.KeepAll, Threads: threads, Vocab: m.config.Vocab, Context: m.config.Context,
		Cache: o.Cache, Device: o.Device, FastBF16: o.FastBF16, FastTF32: o.FastTF32,
	})
	if err != nil {
		return nil, fmt.Errorf("%s: %w", m.path, err)
	}
	return &Session{machine: machine, threads: threads, device: o.Device}, nil
}

// Check builds the whole graph and reports every fault of the checkpoint.
func (m *Model) Check() error {
	_, err := m.build(0, m.config.Layers)
	return err
}

// lastBlock returns the last block that points need.
func (m *Model) lastBlock(points []Point) int {
	last := 0
	for _, p := range points {
		if p.Site == layers.Logits {
			return m.config.Layers - 1
		}
		last = max(last, p.Layer)
	}
	return last
}

// build makes the graph from block first on and checks that every tensor is
// there and, of a whole model, used. In block last only the rows that are read
// are computed.
func (m *Model) build(first, last int) (*layers.Graph, error) {
	g := layers.NewGraph(m.source, m.store)
	g.StartAt(first)
	g.SelectAfter(last)
	m.arch.build(g, m.config)
	err := g.Err()
	for _, name := range g.Unused() {
		if first == 0 && !g.Failed() && !m.arch.isIgnored(m.config, name) {
			err = errors.Join(err, fmt.Errorf("weight %s: not used by %s", name, m.config.Architecture))
		}
	}
	if err != nil {
		return nil, fmt.Errorf("%s: %w", m.path, err)
	}
	return g, nil
}

// checkPoints refuses sites and layers that the model does not have.
func (m *Model) checkPoints(points []Point) error {
	for _, p := range points {
		switch {
		case p.Site == layers.Logits:
		case m.Absent(p.Site) != "":
			return fmt.Errorf("site %s: %s has none, since %s; it has %s", p.Site, m.config.Architecture, m.Absent(p.Site), joinSites(m.Sites()))
		case p.Site == layers.Router: // the graph knows which blocks have one
		case !slices.Contains(layers.BlockSites, p.Site):
			return fmt.Errorf("site %s: %s has none; it has %s", p.Site, m.config.Architecture, joinSites(m.Sites()))
		case p.Layer < 0 || p.Layer >= m.config.Layers:
			return fmt.Errorf("%s: want a layer from 0 to %d", p, m.config.Layers-1)
		}
	}
	return nil
}

// joinSites lists sites for a message.
func joinSites(sites []Site) string {
	names := make([]string, len(sites))
	for i, s := range sites {
		names[i] = string(s)
	}
	return strings.Join(names, ", ")
}

// Run computes a batch. sink gets the selected rows of every wanted point, in
// the order of computation; it must copy what it keeps. Cancelling ctx stops
// the run within one op.
func (s *Session) Run(ctx context.Context, b *Batch, sink Sink) error {
	return s.machine.Run(ctx, b, sink)
}

// Value returns the matrix [T, D] that a kept point held in the last run.
func (s *Session) Value(p Point) (Mat, error) { return s.machine.Value(p) }

// StatsPerRow returns how many statistics of its norm a row of p carries: for
// mlp_in 1 behind an RMSNorm and 2 behind a LayerNorm, elsewhere 0.
func (s *Session) StatsPerRow(p Point) int { return s.machine.StatsPerRow(p) }

// Threads returns the number of threads the session uses.
func (s *Session) Threads() int { return s.threads }

// Arithmetic names the numeric contract. The bits of two runs may be compared
// only if their arithmetics are equal.
func (s *Session) Arithmetic() string { return s.machine.Arithmetic() }

// Kernel names the implementation of the products; on a device it is "ptx".
func (s *Session) Kernel() string {
	if s.device != nil {
		return "ptx"
	}
	return layers.Kernel()
}

// Products says by what lossy products on a device are computed, as "cuBLAS 12.4.5":
// "" of exact ones, and of this machine's processor.
func (s *Session) Products() string { return s.machine.Products() }

// Device names what the session computes on: "cpu", or the device it was given.
func (s *Session) Device() string { return layers.DeviceName(s.device) }

// Close frees the session. The model stays open.
func (s *Session) Close() error { return s.machine.Close() }
