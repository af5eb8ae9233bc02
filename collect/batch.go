package collect

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"premlp/collect/dataset"
	"premlp/model"
)

// DefaultBatchBytes is how many bytes of rows are held until they are written,
// or an eighth of the packed weights where that is more. Fewer make smaller
// batches, which compute more often what prompts begin with alike.
const DefaultBatchBytes = 64 << 20

// ErrRows marks errors of rows that cannot be stored, such as values that are not
// finite: computing them again gives the same.
var ErrRows = errors.New("rows that cannot be stored")

// rowsError is an error that is ErrRows and says no more than it did.
type rowsError struct{ error }

func (e rowsError) Is(target error) bool { return target == ErrRows }

func (e rowsError) Unwrap() error { return e.error }

// runner is what batches need of a model.Session.
type runner interface {
	Run(ctx context.Context, b *model.Batch, sink model.Sink) error
}

// batch computes questions together, and hands their rows on in the raw form.
type batch struct {
	run    runner
	layers []int
	sites  []string
	dim    int
	stats  map[string]int // site → statistics per row
	raw    *dataset.Raw
	pack   func(prompts, sel [][]int32) *packed

	questions []*dataset.Question
	out       [][]byte // per question: its raw form, to be filled in
	tokens    int      // computed for the questions

	data, norms []float32 // one question's rows and statistics of one point
}

// newBatch makes the batch of a manifest.
func newBatch(m *dataset.Manifest, run runner, kind promptKind, sharing bool) *batch {
	b := &batch{
		run: run, layers: m.Layers, sites: m.Sites, dim: m.Dim, stats: m.StatsPerRow, raw: dataset.NewRaw(m), pack: packEach,
	}
	if sharing {
		b.pack = func(prompts, sel [][]int32) *packed { return packTree(prompts, sel, kind) }
	}
	return b
}

// compute fills b.out with the questions' rows. done is told which share of them
// is computed.
func (b *batch) compute(ctx context.Context, done func(share float64)) error {
	packed := b.packed()
	b.tokens = packed.Tokens()
	points := 0
	err := b.run.Run(ctx, packed.Batch, func(at model.Point, rows model.Rows) error {
		points++
		done(float64(points) / float64(len(b.layers)*len(b.sites)))
		return b.take(packed.rows, at, rows)
	})
	if want := len(b.layers) * len(b.sites); err == nil && points != want {
		return fmt.Errorf("model: want rows of %d sites and layers, have %d", want, points)
	}
	return err
}

// packed packs the questions.
func (b *batch) packed() *packed {
	prompts, sel := make([][]int32, len(b.questions)), make([][]int32, len(b.questions))
	for i, q := range b.questions {
		prompts[i], sel[i] = q.IDs, q.Rows
	}
	return b.pack(prompts, sel)
}

// take puts one point's rows into their questions' raw forms and checks them.
// index[i] says where in rows those of question i are.
func (b *batch) take(index [][]int32, at model.Point, rows model.Rows) error {
	site := string(at.Site)
	layer := slices.Index(b.layers, at.Layer)
	d, s := rows.Dim, rows.StatsPerRow
	if layer < 0 || !slices.Contains(b.sites, site) || d != b.dim || s != b.stats[site] {
		return fmt.Errorf("model: %s: not asked for, or want rows of %d values and %d statistics, have %d and %d", at, b.dim, b.stats[site], d, s)
	}
	for i, q := range b.questions {
		b.data, b.norms = b.data[:0], b.norms[:0]
		for _, k := range index[i] {
			b.data = append(b.data, rows.Data[int(k)*d:int(k+1)*d]...)
			b.norms = append(b.norms, rows.Stats[int(k)*s:int(k+1)*s]...)
		}
		if err := CheckRows(q, site, at.Layer, b.data, d); err != nil {
			return rowsError{err}
		}
		if err := b.raw.Put(b.out[i], len(q.Rows), site, layer, b.data, b.norms); err != nil {
			return rowsError{fmt.Errorf("question %s: %w", q.ID, err)}
		}
	}
	return nil
}
