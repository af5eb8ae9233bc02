package study

import (
	"context"
	"math/rand/v2"
	"slices"
	"strings"

	"premlp/collect"
	"premlp/model"
)

// ravelFact is an entity's attribute as one prompt asks for it.
type ravelFact struct {
	entity *RavelEntity
	prompt *RavelPrompt
	value  string
	ids    []int32
	last   int   // position of the entity's last token, where it is edited
	answer int32 // first token of the value
	// candidates are the first tokens of all values that the attribute has.
	candidates []int32
	known      bool // the answer is the most probable of the candidates
	own        bool // and of the whole vocabulary
	// rows are those of the entity's last token and of all behind it, [tokens, D].
	rows map[model.Point][]float32
}

// newRavelFact makes the prompt; nil where the tokens do not allow the question:
// the entity is the prompt's first token, on which models keep what all others lean
// on, or its last token goes on behind it, or the answer has no token of its own.
func newRavelFact(l *collect.Loaded, e *RavelEntity, p *RavelPrompt) (*ravelFact, error) {
	before, after, _ := strings.Cut(p.Text, "%s")
	value := e.Values[p.Attribute]
	if value == "" || strings.TrimSpace(before) == "" {
		return nil, nil
	}
	text := before + e.Name + after
	enc, err := l.Tokenizer.Encode(text, true)
	if err != nil {
		return nil, err
	}
	longer, err := l.Tokenizer.Encode(text+p.answer(value), true)
	if err != nil {
		return nil, err
	}
	n := len(enc.IDs)
	f := &ravelFact{entity: e, prompt: p, value: value, ids: enc.IDs, last: -1}
	for i, s := range enc.Spans {
		if s.End == len(before)+len(e.Name) && s.End > s.Start {
			f.last = i
		}
	}
	if f.last < 1 || f.last >= n-1 || n >= l.Model.Config().Context || len(longer.IDs) <= n || !slices.Equal(enc.IDs, longer.IDs[:n]) {
		return nil, nil
	}
	f.answer = longer.IDs[n]
	return f, nil
}

// ravelSample is what is asked of one split.
type ravelSample struct{ facts []*ravelFact }

// sampleRavel draws entities and prompts of a split by the seed, and makes the
// questions about each of the attributes.
func sampleRavel(l *collect.Loaded, d *Ravel, split string, attributes []string, entities, prompts int, seed uint64) (*ravelSample, error) {
	r := rand.New(rand.NewPCG(seed, uint64(len(split))))
	s := &ravelSample{}
	var of []*RavelEntity
	for _, i := range r.Perm(len(d.Entities)) {
		if e := &d.Entities[i]; e.Split == split && len(of) < entities {
			of = append(of, e)
		}
	}
	for _, a := range attributes {
		var ask []*RavelPrompt
		for _, i := range r.Perm(len(d.Prompts)) {
			p := &d.Prompts[i]
			if p.Split == split && p.Attribute == a && len(ask) < prompts && !strings.HasPrefix(strings.TrimSpace(p.Text), "%s") {
				ask = append(ask, p)
			}
		}
		for _, p := range ask {
			candidates, err := ravelCandidates(l, d, p)
			if err != nil {
				return nil, err
			}
			for _, e := range of {
				f, err := newRavelFact(l, e, p)
				if err != nil {
					return nil, err
				}
				if f != nil {
					f.candidates = candidates
					s.facts = append(s.facts, f)
				}
			}
		}
	}
	return s, nil
}

// ravelCandidates are the first tokens of an attribute's values behind a prompt.
func ravelCandidates(l *collect.Loaded, d *Ravel, p *RavelPrompt) (list []int32, err error) {
	seen := map[string]bool{"": true}
	for i := range d.Entities {
		value := d.Entities[i].Values[p.Attribute]
		if seen[value] {
			continue
		}
		seen[value] = true
		f, err := newRavelFact(l, &d.Entities[i], p)
		if err != nil {
			return nil, err
		}
		if f != nil && !slices.Contains(list, f.answer) {
			list = append(list, f.answer)
		}
	}
	return list, nil
}

// best is the most probable of the candidates.
func (f *ravelFact) best(logits []float32) int32 {
	best := f.candidates[0]
	for _, c := range f.candidates {
		if logits[c] > logits[best] {
			best = c
		}
	}
	return best
}

// askRavel runs the questions without edits: it finds what the model knows, and
// gives take every fact with its rows at the points, [points][tokens, D], of its
// entity's last token and all behind it. Neighbours of one prompt are a batch, in
// which what all begin with is computed once.
func askRavel(ctx context.Context, l *collect.Loaded, o Options, title string, facts []*ravelFact, points []model.Point, take func(f *ravelFact, rows [][]float32)) error {
	s, err := l.Model.Session(model.SessionOptions{Points: points, Logits: true, Threads: o.Threads})
	if err != nil {
		return err
	}
	defer s.Close()
	stage := o.Watch.Stage(title, "prompts")
	defer stage.Close()
	for n := 0; n < len(facts); {
		from, tokens := n, 0
		for n < len(facts) && (n == from || facts[n].prompt == facts[from].prompt && tokens+len(facts[n].ids) <= collect.DefaultBatchTokens) {
			tokens += len(facts[n].ids)
			n++
		}
		batch := facts[from:n]
		b := packFacts(batch, l.Model.Config().PromptKind, points != nil)
		rows := make([][][]float32, len(batch)) // [questions][points], which come in the order of computation
		for i := range rows {
			rows[i] = make([][]float32, len(points))
		}
		err := s.Run(ctx, b, func(p model.Point, r model.Rows) error {
			at := 0
			for i, f := range batch {
				end := at + 1
				if points != nil {
					end = at + len(f.ids) - f.last
				}
				if p.Site == "logits" {
					f.judge(r.Data[(end-1)*r.Dim : end*r.Dim])
				} else {
					rows[i][slices.Index(points, p)] = slices.Clone(r.Data[at*r.Dim : end*r.Dim])
				}
				at = end
			}
			return nil
		})
		if err != nil {
			return err
		}
		for i, f := range batch {
			if take != nil {
				take(f, rows[i])
			}
		}
		stage.Set(int64(n), int64(len(facts)))
	}
	return nil
}

// judge says whether the model knows the fact.
func (f *ravelFact) judge(logits []float32) {
	f.known, f.own = f.best(logits) == f.answer, int32(argmax(logits)) == f.answer
}

// packFacts packs questions: what all begin with once, then of each the rest, at
// the latest from its entity's last token on. Of each the last token is read, or
// all from that one on.
func packFacts(facts []*ravelFact, kind func(length int) int, all bool) *model.Batch {
	first := facts[0]
	common := first.last
	for _, f := range facts {
		common = min(common, f.last)
		if kind(len(f.ids)) != kind(len(first.ids)) {
			common = 0
		}
		for k := range common {
			if f.ids[k] != first.ids[k] {
				common = k
				break
			}
		}
	}
	b := &model.Batch{Cu: []int32{0}}
	add := func(parent int32, ids []int32, from int) {
		for i, id := range ids {
			b.IDs, b.Pos = append(b.IDs, id), append(b.Pos, int32(from+i))
		}
		b.Cu, b.Parent = append(b.Cu, int32(len(b.IDs))), append(b.Parent, parent)
	}
	root := int32(-1)
	if common > 0 {
		add(-1, first.ids[:common], 0)
		root = 0
	}
	for _, f := range facts {
		from := len(f.ids) - 1
		if all {
			from = f.last
		}
		for at := from; at < len(f.ids); at++ {
			b.Sel = append(b.Sel, int32(len(b.IDs)-common+at))
		}
		add(root, f.ids[common:], common)
	}
	return b
}

// argmax is the index of the largest value, the first of several.
func argmax(x []float32) int {
	best := 0
	for i, v := range x {
		if v > x[best] {
			best = i
		}
	}
	return best
}
