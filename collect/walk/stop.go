package walk

import (
	"context"
	"fmt"
	"math"
	"strconv"

	"premlp/model"
)

// stop is where a walk that goes on stops: at ops, where a condition holds.
type stop struct {
	number int
	text   string
	at     *place    // nil: at every op
	when   condition // nil: always
}

// condition reports whether a walk stops behind an op.
type condition func(ctx context.Context, w *Walk, o *model.Op, value model.Mat) (bool, error)

func (s *stop) holds(ctx context.Context, w *Walk, o *model.Op, value model.Mat) (bool, error) {
	if s.at != nil && !s.at.is(o) {
		return false, nil
	}
	if s.when == nil {
		return true, nil
	}
	return s.when(ctx, w, o, value)
}

// addStop remembers a stop and numbers it.
func (w *Walk) addStop(s *stop) {
	w.numbered++
	s.number = w.numbered
	w.breaks = append(w.breaks, s)
}

// condition reads "nan", "norm > X" or "TOKEN overtakes TOKEN".
func (w *Walk) condition(words []string) (condition, error) {
	switch {
	case len(words) == 1 && words[0] == "nan":
		return notFinite, nil
	case len(words) == 3 && words[0] == "norm" && words[1] == ">":
		most, err := strconv.ParseFloat(words[2], 64)
		if err != nil || !(most >= 0) {
			return nil, fmt.Errorf("norm: want a number from 0 up, have %q", words[2])
		}
		return normAbove(most), nil
	case len(words) == 3 && words[1] == "overtakes":
		a, err := w.token(words[0])
		if err != nil {
			return nil, err
		}
		b, err := w.token(words[2])
		if err != nil {
			return nil, err
		}
		return overtakes(a, b), nil
	}
	return nil, fmt.Errorf("want a condition: nan, norm > NUMBER, or TOKEN overtakes TOKEN; have %q", words)
}

// notFinite holds where a value has a NaN or an infinity.
func notFinite(_ context.Context, _ *Walk, _ *model.Op, value model.Mat) (bool, error) {
	for _, v := range value.Data {
		if v-v != 0 {
			return true, nil
		}
	}
	return false, nil
}

// normAbove holds where a token's row is longer than that.
func normAbove(most float64) condition {
	return func(_ context.Context, _ *Walk, _ *model.Op, value model.Mat) (bool, error) {
		for t := range value.Rows {
			if !(norm(value.Row(t)) <= most) {
				return true, nil
			}
		}
		return false, nil
	}
}

// overtakes holds behind a block where the lens gives a the higher logit at the
// last token, and behind the block before gave it to b.
func overtakes(a, b int32) condition {
	return func(ctx context.Context, w *Walk, o *model.Op, value model.Mat) (bool, error) {
		layer, ends := w.endOf(o)
		if !ends || layer == 0 {
			return false, nil
		}
		above := map[int]bool{}
		err := w.lensOf(ctx, len(w.ids)-1, []int{layer - 1, layer}, func(layer int, logits []float32) error {
			above[layer] = logits[a] > logits[b]
			return nil
		})
		return above[layer] && !above[layer-1], err
	}
}

// endOf returns the block that an op ends.
func (w *Walk) endOf(o *model.Op) (layer int, ends bool) {
	for _, p := range w.points[o] {
		if p.Site == residPost {
			return p.Layer, true
		}
	}
	return 0, false
}

// norm is a row's Euclidean length.
func norm(row []float32) float64 {
	var sum float64
	for _, v := range row {
		sum += float64(v) * float64(v)
	}
	return math.Sqrt(sum)
}
