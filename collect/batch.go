package collect

import (
	"context"
	"fmt"
	"slices"

	"premlp/collect/dataset"
	"premlp/model"
)

// DefaultBatchBytes is how many bytes of rows are held until they are written,
// or an eighth of the packed weights where that is more. Fewer make smaller
// batches, which compute more often what prompts begin with alike.
const DefaultBatchBytes = 64 << 20

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

	maxTokens, maxBytes int // of the questions of a batch, if it is more than one

	questions []*dataset.Question
	blocks    []map[string]dataset.Block // per question: site → [layers, rows, D]
	values    []float32                  // of all blocks
	tokens    int                        // computed for the questions
}

// newBatch makes the batch of a plan.
func newBatch(p *Plan) *batch {
	m := &p.Manifest
	b := &batch{run: p.runner, layers: m.Layers, sites: m.Sites, dim: m.Dim, stats: m.StatsPerRow, pack: packEach}
	if b.maxTokens = p.options.BatchTokens; b.maxTokens <= 0 {
		b.maxTokens = DefaultBatchTokens
	}
	if b.maxBytes = p.options.BatchBytes; b.maxBytes <= 0 {
		b.maxBytes = max(DefaultBatchBytes, int(p.loaded.Model.PackedBytes()/8))
	}
	if !p.options.NoSharing {
		kind := p.loaded.Model.Config().PromptKind
		b.pack = func(prompts, sel [][]int32) *packed { return packTree(prompts, sel, kind) }
	}
	return b
}

// fill takes questions from first on and before end: as many as have no more
// than maxTokens tokens and maxBytes of rows, at least one.
func (b *batch) fill(first, end int, question func(i int) (*dataset.Question, error)) error {
	b.questions = b.questions[:0]
	tokens, bytes := 0, 0
	for i := first; i < end; i++ {
		q, err := question(i)
		if err != nil {
			return err
		}
		tokens += len(q.IDs)
		bytes += 4 * b.size(q)
		if i > first && (tokens > b.maxTokens || bytes > b.maxBytes) {
			break
		}
		b.questions = append(b.questions, q)
	}
	return nil
}

// size is the number of values that a question's blocks have.
func (b *batch) size(q *dataset.Question) int {
	n := 0
	for _, site := range b.sites {
		n += len(b.layers) * len(q.Rows) * (b.dim + b.stats[site])
	}
	return n
}

// compute fills b.blocks with the questions' rows. done is told which share of
// them is computed.
func (b *batch) compute(ctx context.Context, done func(share float64)) error {
	b.reset()
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

// take copies one point's rows to their questions and checks them. index[i]
// says where in rows those of question i are.
func (b *batch) take(index [][]int32, at model.Point, rows model.Rows) error {
	site := string(at.Site)
	layer := slices.Index(b.layers, at.Layer)
	if d, s := rows.Dim, rows.StatsPerRow; layer < 0 || !slices.Contains(b.sites, site) || d != b.dim || s != b.stats[site] {
		return fmt.Errorf("model: %s: not asked for, or want rows of %d values and %d statistics, have %d and %d", at, b.dim, b.stats[site], d, s)
	}
	for i, q := range b.questions {
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

// reset cuts the questions' blocks out of one array, which is used again: so
// never more than the largest batch's values are held.
func (b *batch) reset() {
	total := 0
	for _, q := range b.questions {
		total += b.size(q)
	}
	if cap(b.values) < total {
		b.values = nil // first, so that both are never held
		b.values = make([]float32, total)
	}
	rest := b.values[:total]
	cut := func(n int) []float32 {
		piece := rest[:n:n]
		rest = rest[n:]
		return piece
	}
	for len(b.blocks) < len(b.questions) {
		b.blocks = append(b.blocks, map[string]dataset.Block{})
	}
	for i, q := range b.questions {
		for _, s := range b.sites {
			n := len(b.layers) * len(q.Rows)
			b.blocks[i][s] = dataset.Block{Data: cut(n * b.dim), Stats: cut(n * b.stats[s])}
		}
	}
}
