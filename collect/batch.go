package collect

import (
	"context"
	"fmt"
	"slices"

	"premlp/collect/dataset"
	"premlp/model"
)

// maxBatchBytes bounds the rows of one batch, which are held until they are
// written. A question that is larger is computed alone.
const maxBatchBytes = 256 << 20

// runner is what batches need of a model.Session.
type runner interface {
	Run(ctx context.Context, b *model.Batch, sink model.Sink) error
}

// batch computes questions together and holds their rows. Its memory is used
// again for the next ones.
type batch struct {
	run    runner
	layers []int
	sites  []string
	dim    int
	stats  map[string]int // site → statistics per row
	pack   func(prompts, sel [][]int32) *packed

	blocks []map[string]dataset.Block // per question: site → [layers, rows, D]
	tokens int                        // computed for the last questions
}

// newBatch makes the batch of a plan.
func newBatch(p *Plan) *batch {
	m := &p.Manifest
	b := &batch{run: p.runner, layers: m.Layers, sites: m.Sites, dim: m.Dim, stats: m.StatsPerRow, pack: packEach}
	if !p.options.NoSharing {
		kind := p.loaded.Model.Config().PromptKind
		b.pack = func(prompts, sel [][]int32) *packed { return packTree(prompts, sel, kind) }
	}
	return b
}

// fit returns how many of the questions are computed at once: as many as have
// no more than budget tokens and maxBatchBytes of rows, at least one.
func (b *batch) fit(questions []dataset.Question, budget int) int {
	tokens, bytes := 0, 0
	for i, q := range questions {
		tokens += len(q.IDs)
		bytes += len(q.Rows) * len(b.layers) * len(b.sites) * b.dim * 4
		if i > 0 && (tokens > budget || bytes > maxBatchBytes) {
			return i
		}
	}
	return len(questions)
}

// compute fills b.blocks with the questions' rows. done is told which share of
// them is computed.
func (b *batch) compute(ctx context.Context, questions []dataset.Question, done func(share float64)) error {
	b.reset(questions)
	prompts, sel := make([][]int32, len(questions)), make([][]int32, len(questions))
	for i, q := range questions {
		prompts[i], sel[i] = q.IDs, q.Rows
	}
	packed := b.pack(prompts, sel)
	b.tokens = packed.Tokens()
	points := 0
	err := b.run.Run(ctx, packed.Batch, func(at model.Point, rows model.Rows) error {
		points++
		done(float64(points) / float64(len(b.layers)*len(b.sites)))
		return b.take(questions, packed.rows, at, rows)
	})
	if want := len(b.layers) * len(b.sites); err == nil && points != want {
		return fmt.Errorf("model: want rows of %d sites and layers, have %d", want, points)
	}
	return err
}

// take copies one point's rows to their questions and checks them. index[i]
// says where in rows those of question i are.
func (b *batch) take(questions []dataset.Question, index [][]int32, at model.Point, rows model.Rows) error {
	site := string(at.Site)
	layer := slices.Index(b.layers, at.Layer)
	if d, s := rows.Dim, rows.StatsPerRow; layer < 0 || !slices.Contains(b.sites, site) || d != b.dim || s != b.stats[site] {
		return fmt.Errorf("model: %s: not asked for, or want rows of %d values and %d statistics, have %d and %d", at, b.dim, b.stats[site], d, s)
	}
	for i, q := range questions {
		n, d, s := len(q.Rows), rows.Dim, rows.StatsPerRow
		data := b.blocks[i][site].Data[layer*n*d : (layer+1)*n*d]
		stats := b.blocks[i][site].Stats[layer*n*s : (layer+1)*n*s]
		for r, k := range index[i] {
			copy(data[r*d:(r+1)*d], rows.Data[int(k)*d:])
			copy(stats[r*s:(r+1)*s], rows.Stats[int(k)*s:])
		}
		if err := CheckRows(q, site, at.Layer, data, d); err != nil {
			return err
		}
	}
	return nil
}

// reset sizes the blocks for questions.
func (b *batch) reset(questions []dataset.Question) {
	for len(b.blocks) < len(questions) {
		b.blocks = append(b.blocks, map[string]dataset.Block{})
	}
	for i, q := range questions {
		for _, s := range b.sites {
			old, n := b.blocks[i][s], len(b.layers)*len(q.Rows)
			b.blocks[i][s] = dataset.Block{Data: sized(old.Data, n*b.dim), Stats: sized(old.Stats, n*b.stats[s])}
		}
	}
}

// sized returns n values, in old's memory if it is large enough.
func sized(old []float32, n int) []float32 { return slices.Grow(old[:0], n)[:n] }
