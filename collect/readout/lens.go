package readout

import (
	"context"
	"math"

	"premlp/collect"
	"premlp/model"
)

// Lens is a direction in the vocabulary: the logit lens of a vector. nostalgebraist,
// "interpreting GPT: the logit lens", 2020.
//
//	score[v] = U[v] · (g ⊙ r)
//
// U is the vocabulary head, g the weight of the norm behind the last block, and r
// the direction as a change of the residual stream, its mean taken off where that
// norm is a LayerNorm. It is the change of the logits that adding r to the stream
// before that norm makes, if the norm's divisor, blocks between, biases, and
// scaling or capping of logits are left aside.
//
// At a residual site r is the direction. At mlp_in it is direction ⊘ w, with w the
// weight of the norm before the MLP: the change of the normalised stream that this
// norm maps to the direction. What the MLP makes of it is not linear and no part
// of the lens; coordinates with w = 0 have no such change and are left out.
type Lens struct {
	Map     string  `json:"map"`
	LeftOut int     `json:"left_out"` // coordinates
	Mean    float64 `json:"mean"`     // of the scores of the whole vocabulary
	SD      float64 `json:"sd"`
	Highest []Word  `json:"highest"`
	Lowest  []Word  `json:"lowest"`
	// RandomHigh and RandomLow are how many SD above and below the mean the highest
	// and lowest token of 1 in 20 random directions lie.
	RandomHigh float64 `json:"random_high_sd"`
	RandomLow  float64 `json:"random_low_sd"`
}

// Word is a token of the vocabulary.
type Word struct {
	ID    int32   `json:"id"`
	Text  string  `json:"text"`
	Score float64 `json:"score"`
	SDs   float64 `json:"sd"` // the score less the mean, over the standard deviation
}

// The maps.
const (
	streamMap = "direction, through the final norm's weight and the vocabulary head"
	mlpMap    = "direction with the weight of the norm before the MLP undone, through the final norm's weight and the vocabulary head; nothing of the MLP"
)

// toStream returns what a vector at a point is in the stream: per coordinate a
// factor, 0 for those left out; or why there is none.
func (p *probe) toStream(r *model.Reading) (factor []float64, leftOut int, reason string) {
	factor = make([]float64, len(p.direction))
	for i := range factor {
		factor[i] = 1
	}
	switch p.Site {
	case "resid_pre", "resid_mid", "resid_post":
	case "mlp_in":
		if r.Norms[p.Layer] == nil {
			break // it is the stream
		}
		for i, g := range r.Norms[p.Layer].Gain {
			if g == 0 {
				factor[i] = 0
				leftOut++
				continue
			}
			factor[i] = 1 / float64(g)
		}
	default:
		return nil, 0, "what the MLP returns may pass a norm before it is added to the stream; take resid_post"
	}
	return factor, leftOut, ""
}

// toHead turns a vector at a point into what the vocabulary's rows are multiplied
// with.
func toHead(d, factor []float64, final model.Scaling) []float64 {
	r := make([]float64, len(d))
	var mean float64
	for i := range d {
		r[i] = d[i] * factor[i]
		mean += r[i] / float64(len(d))
	}
	for i, g := range final.Gain {
		if final.Center {
			r[i] -= mean
		}
		r[i] *= float64(g)
	}
	return r
}

// lens is a lens in the making: of a direction, and of random ones beside it.
type lens struct {
	*probe
	vectors [][]float64 // the direction's first
	sums    []moments
}

// moments are what is kept of a vector's scores.
type moments struct {
	n, sum, square, low, high float64
}

// with joins the moments of two parts.
func (a moments) with(b moments) moments {
	if a.n == 0 {
		return b
	}
	return moments{a.n + b.n, a.sum + b.sum, a.square + b.square, min(a.low, b.low), max(a.high, b.high)}
}

// spread returns mean and standard deviation.
func (a moments) spread() (mean, sd float64) {
	mean = a.sum / a.n
	return mean, math.Sqrt(max(a.square/a.n-mean*mean, 0))
}

// wordRows is how many rows of the vocabulary are one piece of work; sums are
// taken within pieces and added in order.
const wordRows = 512

// readLenses reads the vocabulary's rows once for all points.
func readLenses(ctx context.Context, l *collect.Loaded, r *model.Reading, probes []*probe, o Options) error {
	var lenses []*lens
	for _, p := range probes {
		factor, leftOut, reason := p.toStream(r)
		if reason != "" {
			p.result.LensReason = reason
			continue
		}
		x := &lens{probe: p}
		for _, d := range append([][]float64{p.direction}, p.random...) {
			x.vectors = append(x.vectors, toHead(d, factor, r.Final))
		}
		x.sums = make([]moments, len(x.vectors))
		lenses = append(lenses, x)
		x.result.Lens = &Lens{Map: streamMap, LeftOut: leftOut}
		if p.Site == "mlp_in" && r.Norms[p.Layer] != nil {
			x.result.Lens.Map = mlpMap
		}
	}
	if len(lenses) == 0 {
		return nil
	}
	vocab := r.Unembed.Rows()
	scores := make([][]float64, len(lenses)) // of the directions
	for i := range scores {
		scores[i] = make([]float64, vocab)
	}
	pieces := (vocab + wordRows - 1) / wordRows
	parts := make([][][]moments, pieces)
	err := each(ctx, pieces, o.Threads, func(piece int) error {
		parts[piece] = scorePiece(r, lenses, scores, piece*wordRows, min((piece+1)*wordRows, vocab))
		return nil
	}, func(done int) { o.tell("vocabulary", done, pieces) })
	if err != nil {
		return err
	}
	for _, part := range parts {
		for i, x := range lenses {
			for k := range x.sums {
				x.sums[k] = x.sums[k].with(part[i][k])
			}
		}
	}
	for i, x := range lenses {
		if err := x.finish(l, scores[i], o.Top); err != nil {
			return err
		}
	}
	return nil
}

// scorePiece scores the tokens [from, to).
func scorePiece(r *model.Reading, lenses []*lens, scores [][]float64, from, to int) [][]moments {
	dim := r.Unembed.Cols()
	row32, row := make([]float32, dim), make([]float64, dim)
	part := make([][]moments, len(lenses))
	for i, x := range lenses {
		part[i] = make([]moments, len(x.vectors))
	}
	for id := from; id < to; id++ {
		r.Unembed.Row(row32, id)
		widen(row, row32)
		for i, x := range lenses {
			for k, d := range x.vectors {
				s := dot(row, d)
				if k == 0 {
					scores[i][id] = s
				}
				part[i][k] = part[i][k].with(moments{1, s, s * s, s, s})
			}
		}
	}
	return part
}

// finish turns scores into a result.
func (x *lens) finish(l *collect.Loaded, scores []float64, most int) error {
	out := x.result.Lens
	out.Mean, out.SD = x.sums[0].spread()
	var highs, lows []float64
	for _, m := range x.sums[1:] {
		mean, sd := m.spread()
		if sd > 0 {
			highs, lows = append(highs, (m.high-mean)/sd), append(lows, (mean-m.low)/sd)
		}
	}
	if len(highs) > 0 {
		out.RandomHigh, out.RandomLow = level(highs), level(lows)
	}
	high, low := top[int]{n: most}, top[int]{n: most}
	for id, s := range scores {
		high.add(s, id)
		low.add(-s, id)
	}
	word := func(id int) (Word, error) {
		w := Word{ID: int32(id), Score: scores[id]}
		if out.SD > 0 {
			w.SDs = (w.Score - out.Mean) / out.SD
		}
		var err error
		if _, ok := l.Tokenizer.Token(w.ID); ok { // the table may have rows that no token uses
			w.Text, err = l.Tokenizer.Decode([]int32{w.ID}, false)
		}
		return w, err
	}
	for _, list := range []struct {
		ids   []int
		words *[]Word
	}{{high.items, &out.Highest}, {low.items, &out.Lowest}} {
		for _, id := range list.ids {
			w, err := word(id)
			if err != nil {
				return err
			}
			*list.words = append(*list.words, w)
		}
	}
	return nil
}
