package readout

import (
	"context"
	"errors"
	"math"

	"premlp/collect"
	"premlp/model"
)

// Tokens is how strong a direction is at the tokens of texts: the projection of
// their rows on the unit direction. The first token of a text is left out, since
// many models keep large values in it that all others lean on.
type Tokens struct {
	Mean    float64    `json:"mean"` // of the projections of all tokens
	SD      float64    `json:"sd"`
	Highest []Activity `json:"highest"`
	Lowest  []Activity `json:"lowest"`
}

// Activity is a token and what it gives.
type Activity struct {
	Text     string `json:"text"` // its text's name
	Position int    `json:"position"`
	ID       int32  `json:"id"`
	Before   string `json:"before"` // some tokens before it
	Token    string `json:"token"`
	After    string `json:"after"`

	Projection float64 `json:"projection"`
	SDs        float64 `json:"sd"` // the projection less the mean, over the standard deviation
	Cosine     float64 `json:"cosine"`
	Times      int     `json:"times"` // how often this token gave this very value: texts that begin alike share it
}

// activation is a token of a text that may come on a list.
type activation struct {
	text, position     int
	projection, cosine float64
	times              *int
}

// activity gathers a point's tokens.
type activity struct {
	*probe
	unit      []float64
	sum       moments
	high, low top[activation]
	row       []float64
}

// readTokens runs the texts and returns how many tokens were looked at.
func readTokens(ctx context.Context, l *collect.Loaded, probes []*probe, o Options) (total int, err error) {
	all := map[model.Point]*activity{}
	var points []model.Point
	for _, p := range probes {
		a := &activity{probe: p, high: top[activation]{n: o.Top}, low: top[activation]{n: o.Top}, row: make([]float64, len(p.direction))}
		for _, x := range p.direction {
			a.unit = append(a.unit, x/p.length)
		}
		all[p.Point], points = a, append(points, p.Point)
	}
	s, err := l.Model.Session(model.SessionOptions{Points: points, Threads: o.Threads, Device: o.Device})
	if err != nil {
		return 0, err
	}
	defer func() { err = errors.Join(err, s.Close()) }()
	budget := o.BatchTokens
	if budget == 0 {
		budget = collect.DefaultBatchTokens
	}
	for from := 0; from < len(o.Texts); {
		to, tokens := from, 0
		for to < len(o.Texts) && (to == from || tokens+len(o.Texts[to].IDs) <= budget) {
			tokens += len(o.Texts[to].IDs)
			to++
		}
		b := packTexts(o.Texts[from:to])
		err := s.Run(ctx, b, func(p model.Point, r model.Rows) error {
			all[p].take(o.Texts, from, b, r)
			return nil
		})
		if err != nil {
			return 0, err
		}
		total += len(b.Sel)
		from = to
		o.tell("texts", to, len(o.Texts))
	}
	for _, p := range probes {
		if err := all[p.Point].finish(l, o.Texts); err != nil {
			return 0, err
		}
	}
	return total, nil
}

// packTexts makes a batch of texts of which all tokens but the first are read.
func packTexts(texts []Text) *model.Batch {
	var prompts, read [][]int32
	for _, t := range texts {
		positions := make([]int32, 0, len(t.IDs))
		for at := 1; at < len(t.IDs); at++ {
			positions = append(positions, int32(at))
		}
		prompts, read = append(prompts, t.IDs), append(read, positions)
	}
	return model.Pack(prompts, read)
}

// take looks at the rows of a batch whose first text is number from.
func (a *activity) take(texts []Text, from int, b *model.Batch, r model.Rows) {
	segment := 0
	for i, at := range b.Sel {
		for at >= b.Cu[segment+1] {
			segment++
		}
		row := widen(a.row, r.Data[i*r.Dim:(i+1)*r.Dim])
		x := dot(row, a.unit)
		t := activation{text: from + segment, position: int(at - b.Cu[segment]), projection: x}
		if length := norm(row); length > 0 {
			t.cosine = x / length
		}
		a.sum = a.sum.with(moments{1, x, x * x, x, x})
		a.offer(&a.high, x, t, texts)
		a.offer(&a.low, -x, t, texts)
	}
}

// offer puts a token on a list, or counts it where the list has the same token
// with the same value.
func (a *activity) offer(list *top[activation], key float64, t activation, texts []Text) {
	for i, k := range list.keys {
		if k == key && texts[list.items[i].text].IDs[list.items[i].position] == texts[t.text].IDs[t.position] {
			*list.items[i].times++
			return
		}
	}
	times := 1
	t.times = &times
	list.add(key, t)
}

// contextTokens is how many tokens are shown on each side of one.
const contextTokens = 8

// finish writes the lists for a reader.
func (a *activity) finish(l *collect.Loaded, texts []Text) error {
	out := &Tokens{}
	out.Mean, out.SD = a.sum.spread()
	a.result.Tokens = out
	show := func(t activation) (Activity, error) {
		ids, at := texts[t.text].IDs, t.position
		y := Activity{Text: texts[t.text].Name, Position: at, ID: ids[at], Projection: t.projection, Cosine: t.cosine, Times: *t.times}
		if out.SD > 0 {
			y.SDs = (t.projection - out.Mean) / out.SD
		}
		var errs [3]error
		y.Before, errs[0] = l.Tokenizer.Decode(ids[max(at-contextTokens, 0):at], false)
		y.Token, errs[1] = l.Tokenizer.Decode(ids[at:at+1], false)
		y.After, errs[2] = l.Tokenizer.Decode(ids[at+1:min(at+1+contextTokens, len(ids))], false)
		return y, errors.Join(errs[:]...)
	}
	for _, list := range []struct {
		from []activation
		to   *[]Activity
	}{{a.high.items, &out.Highest}, {a.low.items, &out.Lowest}} {
		for _, t := range list.from {
			y, err := show(t)
			if err != nil {
				return err
			}
			*list.to = append(*list.to, y)
		}
	}
	if math.IsNaN(out.Mean) || math.IsInf(out.Mean, 0) {
		return errors.New(a.String() + ": want rows of finite values, have others")
	}
	return nil
}
