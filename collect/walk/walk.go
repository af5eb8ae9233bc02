package walk

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"premlp/collect"
	"premlp/model"
)

// The ends of a block, and of the pass.
const residPre, residPost, logits model.Site = "resid_pre", "resid_post", "logits"

// Options says what is walked through.
type Options struct {
	Text    string
	Threads int // 0: one per processor
	// Device computes the walk and the runs of its model that it is compared with; nil:
	// this machine's processor, which computes the lens and other models in any case.
	Device model.Device
	// Prompt makes a model's tokens of a text; nil: of the text itself.
	Prompt func(l *collect.Loaded, text string) ([]int32, error)
}

// Walk is a forward pass that is under way. It serves one caller at a time.
type Walk struct {
	loaded  *collect.Loaded
	ids     []int32
	tokens  []string // each decoded
	threads int
	device  model.Device
	text    string
	prompt  func(l *collect.Loaded, text string) ([]int32, error)

	session *model.Session
	ops     []*model.Op
	points  map[*model.Op][]model.Point
	at      map[*model.Op]int // in ops
	inside  [2]int            // the first and the last op of the blocks, in ops
	ends    []*model.Op       // whose value is a block's resid_post, by layer
	sites   []string          // that the model has, in the order of a block
	lens    *model.Session    // nil until it is asked for

	watch     func(done int)
	breaks    []*stop // where the walk stops
	numbered  int     // the last stop's number
	reference reference
	changes   []Change               // patches of this run
	norms     map[*model.Op][]number // of this run's values, as far as they were asked for
}

// Change is a patch that was made.
type Change struct {
	Op   string `json:"op"`
	Text string `json:"what"`
}

// New loads the model's whole pass and stands before its first op. The caller
// closes it; the model stays open.
func New(l *collect.Loaded, o Options) (*Walk, error) {
	w := &Walk{loaded: l, threads: o.Threads, device: o.Device, text: o.Text, prompt: o.Prompt}
	if w.prompt == nil {
		w.prompt = (*collect.Loaded).RawPrompt
	}
	var err error
	if w.ids, err = w.prompt(l, o.Text); err != nil {
		return nil, err
	}
	if len(w.ids) == 0 {
		return nil, errors.New("walk: want a prompt of at least one token, have none")
	}
	if have, most := len(w.ids), l.Model.Config().Context; have > most {
		return nil, fmt.Errorf("walk: want a prompt of at most %d tokens, have %d", most, have)
	}
	if w.tokens, err = decoded(l, w.ids); err != nil {
		return nil, err
	}
	w.session, err = l.Model.Session(model.SessionOptions{Logits: true, KeepAll: true, Threads: o.Threads, Device: o.Device})
	if err != nil {
		return nil, err
	}
	w.index()
	if err := w.Restart(); err != nil {
		return nil, errors.Join(err, w.Close())
	}
	return w, nil
}

// index lists the ops and what is asked of them often.
func (w *Walk) index() {
	w.ops = w.session.Ops()
	w.points, w.at = map[*model.Op][]model.Point{}, map[*model.Op]int{}
	last := w.Layers() - 1
	w.ends = make([]*model.Op, w.Layers())
	for i, o := range w.ops {
		w.at[o], w.points[o] = i, w.session.PointsOf(o)
		for _, p := range w.points[o] {
			if site := string(p.Site); p.Site != logits && !slices.Contains(w.sites, site) {
				w.sites = append(w.sites, site)
			}
			if p.Site == residPost {
				w.ends[p.Layer] = o
			}
			switch p {
			case model.Point{Site: residPre}:
				w.inside[0] = i + 1
			case model.Point{Site: residPost, Layer: last}:
				w.inside[1] = i
			}
		}
	}
}

// decoded returns the text of each token by itself.
func decoded(l *collect.Loaded, ids []int32) ([]string, error) {
	tokens := make([]string, len(ids))
	for i, id := range ids {
		var err error
		if tokens[i], err = l.Tokenizer.Decode([]int32{id}, false); err != nil {
			return nil, err
		}
	}
	return tokens, nil
}

// Close frees the walk's sessions.
func (w *Walk) Close() error {
	var err error
	for _, s := range []*model.Session{w.session, w.lens} {
		if s != nil {
			err = errors.Join(err, s.Close())
		}
	}
	return errors.Join(err, w.reference.close())
}

// Restart goes back to before the first op; patches are forgotten, stops stay.
func (w *Walk) Restart() error {
	w.changes, w.norms = nil, map[*model.Op][]number{}
	return w.session.Begin(model.Pack([][]int32{w.ids}, nil))
}

// Tokens returns the prompt's tokens, each decoded by itself.
func (w *Walk) Tokens() []string { return slices.Clone(w.tokens) }

// Ops returns how many ops are computed and how many there are.
func (w *Walk) Ops() (done, all int) { return w.session.Done(), len(w.ops) }

// Sites lists the sites of the model's blocks in the order of computation.
func (w *Walk) Sites() []string { return slices.Clone(w.sites) }

// Watch has every op reported that a command computes: how many are done. Nil ends
// it. The call is from where Do runs.
func (w *Walk) Watch(report func(done int)) { w.watch = report }

// Layers returns how many blocks the model has.
func (w *Walk) Layers() int { return w.loaded.Model.Config().Layers }

// last returns the op the walk stands behind; nil before the first.
func (w *Walk) last() *model.Op {
	if n := w.session.Done(); n > 0 {
		return w.ops[n-1]
	}
	return nil
}

// advance goes on until a place is reached, a stop holds, or the pass ends. It
// returns the stop that held, nil where it was none.
func (w *Walk) advance(ctx context.Context, reached func(*model.Op) bool) (*stop, error) {
	var held *stop
	var failed error
	_, err := w.session.Continue(ctx, func(o *model.Op, value model.Mat) bool {
		if w.watch != nil {
			w.watch(w.session.Done())
		}
		for _, s := range w.breaks {
			holds, err := s.holds(ctx, w, o, value)
			if err != nil {
				failed = err
				return true
			}
			if holds {
				held = s
				return true
			}
		}
		return reached(o)
	})
	return held, errors.Join(failed, err)
}
