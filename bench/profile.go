package bench

import (
	"cmp"
	"context"
	"errors"
	"slices"

	"premlp/layers"
	"premlp/model"
)

// ProfileOptions says what Profile measures; Prompts and Runs must be given.
type ProfileOptions struct {
	Prompts  [][]int32     // token ids, packed into one batch
	Points   []model.Point // whose rows are copied; the pass ends at the last
	Logits   bool          // of each prompt's last token
	Threads  int           // 0: one per processor
	FastBF16 bool          // a lossy arithmetic, see model.SessionOptions
	FastTF32 bool          // another
	Device   model.Device  // where passes are computed; nil: this machine's processor
	Runs     int
	Machine  MachineOptions
	Progress func(row string, done, total int) // may be nil
}

// ProfileReport says where the time of a pass goes.
type ProfileReport struct {
	Measure string   `json:"measure"` // "profile"
	Machine *Machine `json:"machine"`
	Model   Model    `json:"model"`
	Threads int      `json:"threads"`
	Device  string   `json:"device"`
	Prompts int      `json:"prompts"`
	Tokens  int      `json:"tokens"` // of all prompts
	Points  int      `json:"points"` // whose rows were copied
	Logits  bool     `json:"logits"`

	// Passes are those that were recorded beside others, in turn with them, that
	// were not; Passes.With are the times that the rows below are shares of. On a device
	// passes that are recorded wait for each op.
	Passes Cost    `json:"passes"`
	Peak   *Figure `json:"peak_gflops,omitempty"`        // of the processor, in turn with the passes
	Read   *Figure `json:"dram_read_gb_per_s,omitempty"` // of its memory, in turn with the passes; both nil on a device

	Total   ProfileRow   `json:"total"` // of all ops
	Sink    ProfileRow   `json:"sink"`  // copying rows
	Graph   ProfileRow   `json:"graph"` // what is neither: running the graph itself
	Kinds   []ProfileRow `json:"kinds"`
	Modules []ProfileRow `json:"modules"` // the ops of one name in all blocks, * in place of the block
	Ops     []ProfileRow `json:"ops"`     // in the order of execution

	runs []layers.ProfiledRun
}

// ProfileRow is what some ops take in one pass.
type ProfileRow struct {
	Name  string   `json:"name"`
	With  []string `json:"with,omitempty"` // other ops whose values this one computes
	Kind  string   `json:"kind,omitempty"`
	Count int      `json:"count"` // ops that compute
	Times Times    `json:"times"`
	Share float64  `json:"share"` // of the pass, both at the median

	Flop    int64 `json:"flop"`
	Read    int64 `json:"read_bytes"`
	Written int64 `json:"written_bytes"`

	GFLOPS      Figure  `json:"gflops"`
	ShareOfPeak *Figure `json:"share_of_peak,omitempty"`
	Rate        Figure  `json:"gb_per_s"` // read and written
	ShareOfRead *Figure `json:"share_of_read,omitempty"`
}

// Profile measures passes op by op, in turn with passes that are not recorded, and
// with the machine's peak and reads of memory where it computes them.
func Profile(ctx context.Context, m *model.Model, o ProfileOptions) (*ProfileReport, error) {
	o.Threads = threadsOr(o.Threads)
	o.Machine.Threads = o.Threads
	r := &ProfileReport{
		Measure: "profile", Threads: o.Threads, Prompts: len(o.Prompts), Points: len(o.Points), Logits: o.Logits,
	}
	var err error
	if r.Model, err = DescribeModel(ctx, m); err != nil {
		return nil, err
	}
	if r.Machine, err = DescribeMachine(ctx, o.Machine); err != nil {
		return nil, err
	}
	p, err := newProfiled(m, o)
	if err != nil {
		return nil, err
	}
	defer p.session.Close()
	r.Machine.Arithmetic, r.Device, r.Tokens = p.session.Arithmetic(), p.session.Device(), p.batch.Tokens()
	l, err := newLimits(o.Threads, o.Machine.readBytes(r.Machine.LastCache))
	if err != nil {
		return nil, err
	}
	defer l.close()
	both := &rounds{without: p.plain, with: p.recorded}
	turns := both.tasks()
	tasks := []Task{turns[0], turns[1]}
	if o.Device == nil { // the processor's limits are none of a device
		tasks = append(tasks, l.peak, l.read)
	}
	times, err := Interleave(ctx, o.Runs, func(done, total int) {
		if o.Progress != nil {
			o.Progress("passes", done, total)
		}
	}, tasks...)
	if err != nil {
		return nil, err
	}
	r.Passes = both.cost(times[0], times[1])
	if o.Device == nil {
		if peak := l.peakOf(times[2]); peak.Best > 0 {
			r.Peak = &peak
		}
		read := l.readOf(times[3])
		r.Read = &read
	}
	r.runs = p.profile.Runs()[1:] // the first is not counted
	r.fill()
	return r, nil
}

// profiled is a session whose runs can be recorded.
type profiled struct {
	session *model.Session
	profile *layers.Profile
	batch   *model.Batch
	rows    []float32 // copied of the last pass
}

func newProfiled(m *model.Model, o ProfileOptions) (*profiled, error) {
	if len(o.Prompts) == 0 {
		return nil, errors.New("profile: want at least one prompt")
	}
	s, err := m.Session(model.SessionOptions{Points: o.Points, Logits: o.Logits, Threads: o.Threads, FastBF16: o.FastBF16, FastTF32: o.FastTF32, Device: o.Device})
	if err != nil {
		return nil, err
	}
	var read [][]int32 // of each prompt: all tokens, or the last
	if len(o.Points) == 0 {
		for _, ids := range o.Prompts {
			read = append(read, []int32{int32(len(ids) - 1)})
		}
	}
	return &profiled{session: s, profile: layers.NewProfile(), batch: model.Pack(o.Prompts, read)}, nil
}

// plain is a pass that is not recorded.
func (p *profiled) plain(ctx context.Context) error {
	p.session.Profile(nil)
	return p.run(ctx)
}

// recorded is a pass that is.
func (p *profiled) recorded(ctx context.Context) error {
	p.session.Profile(p.profile)
	return p.run(ctx)
}

func (p *profiled) run(ctx context.Context) error {
	p.rows = p.rows[:0]
	return p.session.Run(ctx, p.batch, func(_ model.Point, rows model.Rows) error {
		p.rows = append(p.rows, rows.Data...)
		return nil
	})
}

// fill sums up the runs.
func (r *ProfileReport) fill() {
	passes := Times{Median: r.Passes.With.Median}
	ops, kinds, modules := newRowSums(), newRowSums(), newRowSums()
	total, sink, graph := &rowSum{}, &rowSum{}, &rowSum{}
	for _, run := range r.runs {
		for _, s := range []*rowSums{ops, kinds, modules} {
			s.run()
		}
		total.run()
		sink.run()
		graph.run()
		graph.add(run.Time, layers.Cost{})
		for _, o := range run.Ops {
			by := o.By
			ops.add(by.Key(), by, o)
			kinds.add(by.Kind(), by, o)
			modules.add(moduleName(by), by, o)
			total.addOp(o)
			sink.add(o.Sink, layers.Cost{})
			graph.add(-o.Time-o.Sink, layers.Cost{})
		}
	}
	finish := func(name string, s *rowSum) ProfileRow { return s.row(name, passes, r.Peak, r.Read) }
	r.Total, r.Sink, r.Graph = finish("all ops", total), finish("copying rows", sink), finish("the graph", graph)
	r.Ops, r.Kinds, r.Modules = ops.rows(finish), kinds.rows(finish), modules.rows(finish)
	for i := range r.Kinds {
		r.Kinds[i].With = nil
	}
	slices.SortStableFunc(r.Kinds, func(a, b ProfileRow) int { return -cmp.Compare(a.Times.Median, b.Times.Median) })
}
