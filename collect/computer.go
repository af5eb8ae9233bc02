package collect

import (
	"context"
	"errors"
	"fmt"

	"premlp/collect/dataset"
	"premlp/model"
)

// ErrArithmetic says that a machine computes other bits than a dataset has.
var ErrArithmetic = errors.New("another arithmetic")

// ComputeOptions says how a Computer computes. No bit of its rows depends on them.
type ComputeOptions struct {
	Threads     int
	BatchTokens int          // of prompts computed at once; 0: DefaultBatchTokens
	BatchBytes  int          // of rows computed at once; 0: see DefaultBatchBytes
	Device      model.Device // nil: this machine's processor
	NoSharing   bool         // compute what prompts begin with alike for each of them
}

// Computer is a Maker that computes rows with a session of its own.
type Computer struct {
	*batch
	session   *model.Session // nil where another owns it
	limits    Limits
	asked     Questions
	questions []*dataset.Question // of the unit
	sizes     []int64
}

// NewComputer opens a session that computes units of the dataset of a manifest,
// whose questions are asked for. A model or an arithmetic (ErrArithmetic) that is
// not the manifest's is an error. The computer is to be closed.
func NewComputer(ctx context.Context, l *Loaded, m dataset.Manifest, questions Questions, o ComputeOptions) (*Computer, error) {
	if err := checkModel(ctx, m, l); err != nil {
		return nil, err
	}
	s, err := l.Model.Session(model.SessionOptions{
		Points: pointsOf(&m), Threads: o.Threads, FastBF16: model.IsFastBF16(m.Arithmetic), Device: o.Device, // no job has lossy products of a device
	})
	if err != nil {
		return nil, err
	}
	if have := s.Arithmetic(); have != m.Arithmetic {
		err := fmt.Errorf("%w: want %q, this machine computes in %q", ErrArithmetic, m.Arithmetic, have)
		return nil, errors.Join(err, s.Close())
	}
	c := newComputer(l, &m, s, questions, o)
	c.session = s
	return c, nil
}

func newComputer(l *Loaded, m *dataset.Manifest, run runner, questions Questions, o ComputeOptions) *Computer {
	return &Computer{batch: newBatch(m, run, l.Model.Config().PromptKind, !o.NoSharing), limits: o.limits(l), asked: questions}
}

// limits bounds a batch.
func (o ComputeOptions) limits(l *Loaded) Limits {
	limits := Limits{Tokens: o.BatchTokens, Bytes: int64(o.BatchBytes)}
	if limits.Tokens <= 0 {
		limits.Tokens = DefaultBatchTokens
	}
	if limits.Bytes <= 0 {
		limits.Bytes = max(DefaultBatchBytes, l.Model.PackedBytes()/8)
	}
	return limits
}

// Session is the computer's session.
func (c *Computer) Session() *model.Session { return c.session }

// Close frees the session.
func (c *Computer) Close() error { return c.session.Close() }

// Make computes the rows of a unit, in batches.
func (c *Computer) Make(ctx context.Context, u Unit, m *Made, share func(questions float64)) error {
	c.questions, c.sizes = c.questions[:0], c.sizes[:0]
	for i := u.First; i < u.End; i++ {
		q, err := c.asked(i)
		if err != nil {
			return err
		}
		c.questions, c.sizes = append(c.questions, q), append(c.sizes, c.raw.Size(len(q.Rows)))
	}
	m.Reset(u, c.sizes)
	within := func(i int) (*dataset.Question, error) { return c.questions[i], nil }
	for part, err := range Cut(0, u.Len(), within, c.raw, c.limits) {
		if err != nil {
			return err
		}
		b := c.batch
		b.questions, b.out = c.questions[part.First:part.End], m.Raw[part.First:part.End]
		if err := b.compute(ctx, func(s float64) { share(float64(part.First) + s*float64(part.Len())) }); err != nil {
			return err
		}
		m.Tokens += int64(b.tokens)
	}
	for _, q := range c.questions {
		m.PromptTokens += int64(len(q.IDs))
	}
	return nil
}

// pointsOf are the points of a manifest, by layer.
func pointsOf(m *dataset.Manifest) []model.Point {
	var points []model.Point
	for _, layer := range m.Layers {
		for _, s := range m.Sites {
			points = append(points, model.Point{Site: model.Site(s), Layer: layer})
		}
	}
	return points
}
