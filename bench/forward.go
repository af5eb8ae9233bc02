package bench

import (
	"context"
	"errors"
	"fmt"

	"premlp/model"
)

// Model says which model was measured.
type Model struct {
	Architecture string `json:"architecture"`
	Digest       string `json:"digest"` // SHA-256 of the weights, in hex
	Layers       int    `json:"layers"`
	Dim          int    `json:"dim"`
	FileBytes    int64  `json:"file_bytes"`
}

// DescribeModel returns a model's facts. It reads every byte of its files once.
func DescribeModel(ctx context.Context, m *model.Model) (Model, error) {
	c := m.Config()
	digest, err := m.Digest(ctx)
	return Model{Architecture: c.Architecture, Digest: digest, Layers: c.Layers, Dim: c.Dim, FileBytes: m.Bytes()}, err
}

// ForwardOptions says which passes Forward measures: every length with every number
// of prompts. Lengths, Prompts and Runs must be given.
type ForwardOptions struct {
	Lengths  []int        // tokens of each prompt
	Prompts  []int        // packed into one batch
	Threads  int          // 0: one per processor
	FastBF16 bool         // a lossy arithmetic, see model.SessionOptions
	FastTF32 bool         // another
	Device   model.Device // where passes are computed; nil: this machine's processor
	Runs     int
	// Sites are taken at every layer and copied, and the pass ends at the last; none:
	// a pass through all blocks.
	Sites    []model.Site
	Machine  MachineOptions
	Progress func(row string, done, total int) // may be nil
}

// ForwardReport is what Forward measured.
type ForwardReport struct {
	Measure      string       `json:"measure"` // "forward"
	Machine      *Machine     `json:"machine"`
	Model        Model        `json:"model"`
	Threads      int          `json:"threads"`
	Device       string       `json:"device"`
	Products     string       `json:"products,omitempty"` // what computed lossy products on a device
	Sites        []model.Site `json:"sites"`              // taken at every layer
	FlopPerToken int64        `json:"flop_per_token"`     // of the products with weights
	Rows         []ForwardRow `json:"rows"`
}

// ForwardRow is one batch.
type ForwardRow struct {
	Prompts int `json:"prompts"`
	Length  int `json:"length"` // tokens of each

	Times           Times   `json:"times"` // of one pass
	TokensPerSecond Figure  `json:"tokens_per_s"`
	GFLOPS          Figure  `json:"gflops"`                  // of the products with weights
	Peak            *Figure `json:"peak_gflops,omitempty"`   // of the processor, in turn with the passes
	Share           *Figure `json:"share_of_peak,omitempty"` // of Peak's best
	// Capture is what copying the rows of the sites costs, by passes without it in
	// turn with those of Times; nil where no site is taken.
	Capture *Cost `json:"capture,omitempty"`
}

// name says which row it is, for progress and comparisons.
func (r *ForwardRow) name() string { return fmt.Sprintf("%d × %d tokens", r.Prompts, r.Length) }

// Forward measures passes without the vocabulary head, each in turn with the
// machine's peak.
func Forward(ctx context.Context, m *model.Model, o ForwardOptions) (*ForwardReport, error) {
	o.Threads = threadsOr(o.Threads)
	o.Machine.Threads = o.Threads
	report := &ForwardReport{Measure: "forward", Threads: o.Threads, Sites: append([]model.Site{}, o.Sites...), Rows: []ForwardRow{}}
	var err error
	if report.Model, err = DescribeModel(ctx, m); err != nil {
		return nil, err
	}
	if report.Machine, err = DescribeMachine(ctx, o.Machine); err != nil {
		return nil, err
	}
	p, err := newPrefill(m, o.Sites, model.SessionOptions{Threads: o.Threads, FastBF16: o.FastBF16, FastTF32: o.FastTF32, Device: o.Device})
	if err != nil {
		return nil, err
	}
	defer p.Close()
	report.Machine.Arithmetic, report.Device = p.session.Arithmetic(), p.session.Device()
	report.Products = p.session.Products()
	l, err := newLimits(o.Threads, 0)
	if err != nil {
		return nil, err
	}
	defer l.close()
	report.FlopPerToken = p.session.ProductFlop()
	for _, prompts := range o.Prompts {
		for _, length := range o.Lengths {
			row := ForwardRow{Prompts: prompts, Length: length}
			if err := row.measure(ctx, p, l, o); err != nil {
				return nil, fmt.Errorf("%s: %w", row.name(), err)
			}
			report.Rows = append(report.Rows, row)
		}
	}
	return report, nil
}

// measure fills the row.
func (r *ForwardRow) measure(ctx context.Context, p *Prefill, l *limits, o ForwardOptions) error {
	both := &rounds{
		with:    func(ctx context.Context) error { return p.Run(ctx, r.Prompts, r.Length) },
		without: func(ctx context.Context) error { return p.RunPlain(ctx, r.Prompts, r.Length) },
	}
	peak := l.peak
	if o.Device != nil {
		peak = func(context.Context) error { return nil } // the processor's is no limit
	}
	tasks := []Task{peak, both.with}
	if len(o.Sites) > 0 {
		turns := both.tasks()
		tasks = []Task{peak, turns[0], turns[1]}
	}
	times, err := Interleave(ctx, o.Runs, func(done, total int) {
		if o.Progress != nil {
			o.Progress(r.name(), done, total)
		}
	}, tasks...)
	if err != nil {
		return err
	}
	r.Times = times[1]
	if len(o.Sites) > 0 {
		cost := both.cost(times[1], times[2])
		r.Capture, r.Times = &cost, cost.With
	}
	tokens := float64(r.Prompts * r.Length)
	r.TokensPerSecond = r.Times.per(tokens)
	r.GFLOPS = r.Times.per(tokens * float64(p.session.ProductFlop()) / 1e9)
	if peak := l.peakOf(times[0]); peak.Best > 0 && o.Device == nil {
		r.Peak, r.Share = &peak, r.GFLOPS.of(peak)
	}
	return nil
}

// Prefill is a session that passes prompts through all blocks of a model.
type Prefill struct {
	session *model.Session
	vocab   int
	copies  bool
	rows    []float32 // copied of the last pass
}

// NewPrefill makes the session. With sites, their rows are copied at every layer,
// and the pass ends at the last one's; without, nothing is copied and the pass ends
// behind the last block. fast is SessionOptions.FastBF16.
func NewPrefill(m *model.Model, sites []model.Site, threads int, fast bool) (*Prefill, error) {
	return newPrefill(m, sites, model.SessionOptions{Threads: threads, FastBF16: fast})
}

func newPrefill(m *model.Model, sites []model.Site, o model.SessionOptions) (*Prefill, error) {
	last := m.Config().Layers - 1
	o.Points = []model.Point{{Site: "resid_post", Layer: last}}
	if len(sites) > 0 {
		o.Points = nil
		for i := range last + 1 {
			for _, site := range sites {
				o.Points = append(o.Points, model.Point{Site: site, Layer: i})
			}
		}
	}
	s, err := m.Session(o)
	if err != nil {
		return nil, err
	}
	return &Prefill{session: s, vocab: m.Config().Vocab, copies: len(sites) > 0}, nil
}

// Run passes a batch of MadeUp prompts, and copies the rows of the sites.
func (p *Prefill) Run(ctx context.Context, prompts, length int) error {
	if !p.copies {
		return p.RunPlain(ctx, prompts, length)
	}
	p.rows = p.rows[:0]
	return p.run(ctx, prompts, length, func(_ model.Point, rows model.Rows) error {
		p.rows = append(p.rows, rows.Data...)
		return nil
	})
}

// RunPlain is Run without copying: the same ops on the same batch.
func (p *Prefill) RunPlain(ctx context.Context, prompts, length int) error {
	return p.run(ctx, prompts, length, nil)
}

func (p *Prefill) run(ctx context.Context, prompts, length int, sink model.Sink) error {
	if prompts < 1 || length < 1 {
		return errors.New("want at least one prompt of one token")
	}
	return p.session.Run(ctx, model.Pack(MadeUp(prompts, length, p.vocab), nil), sink)
}

// MadeUp returns that many prompts of token ids that do not repeat early.
func MadeUp(prompts, length, vocab int) [][]int32 {
	ids := make([][]int32, prompts)
	for i := range ids {
		ids[i] = make([]int32, length)
		for j := range ids[i] {
			ids[i][j] = int32((i*7919 + j*104729 + 13) % vocab)
		}
	}
	return ids
}

// Close ends the session.
func (p *Prefill) Close() error { return p.session.Close() }
