package related

import (
	"context"
	"time"

	"premlp/collect"
	"premlp/model"
)

// firstItems is how many items lists have before they are gone on with: the
// first ones are a model's best.
const firstItems = 10

// LocalOptions says how a loaded model is asked.
type LocalOptions struct {
	NoChat   bool         // ask in the form of a base model, whatever the model has
	Now      time.Time    // what a chat template that shows the day sees
	Threads  int          // 0: one per processor
	Device   model.Device // where the model computes; nil: this machine's processor
	Progress func(items, most int)
}

// AskModel asks a loaded model. Lists are drawn side by side, DefaultLists of
// ten items; while too few concepts are found they are gone on with to as many
// items as concepts are wanted, and as many lists again are drawn. What is
// returned follows from the model, the request and the options' first two.
func AskModel(ctx context.Context, l *collect.Loaded, r Request, o LocalOptions) (*Result, error) {
	if err := r.Check(); err != nil {
		return nil, err
	}
	r.Settings = r.Settings.withDefaults(DefaultLists)
	a := &asking{l: l, o: o, r: r, result: &Result{Format: Format, Version: Version, Answers: []string{}}}
	if err := a.source(ctx); err != nil {
		return nil, err
	}
	if err := a.category(ctx); err != nil {
		return nil, err
	}
	if err := a.open(); err != nil {
		return nil, err
	}
	defer a.e.Close()
	if err := a.draw(ctx); err != nil {
		return nil, err
	}
	a.result.Request = a.r
	a.result.Concepts, a.result.Candidates = results(a.all)
	return a.result, a.answers()
}

// asking is one call of AskModel.
type asking struct {
	l      *collect.Loaded
	o      LocalOptions
	r      Request
	result *Result
	e      *engine
	lister *lister
	lists  []*list
	all    []*gathered
	known  map[string]membership // by name
}

// source names the model.
func (a *asking) source(ctx context.Context) error {
	digest, err := a.l.Model.Digest(ctx)
	a.result.Source = Source{Kind: "model", Name: a.l.Name, Digest: digest}
	return err
}

// category lets the model choose the category where none was given, and tells
// how the concept itself does in it.
func (a *asking) category(ctx context.Context) error {
	e, err := newEngine(a.l.Model, []int32{0}, 1, 1, a.o)
	if err != nil {
		return err
	}
	defer e.Close()
	s := newScorer(a.l, e.session)
	if a.r.Category == nil {
		best, chosen, err := s.choose(ctx, a.r.Concept)
		if err != nil {
			return err
		}
		a.r.Category, a.result.Chosen = &best, &chosen
	}
	m, err := s.memberships(ctx, *a.r.Category, []string{a.r.Concept})
	if err != nil {
		return err
	}
	own := round(m[0].margin)
	a.result.Membership = &own
	return nil
}

// choose returns the preset that the model takes a concept for.
func (s *scorer) choose(ctx context.Context, concept string) (Category, Chosen, error) {
	var all []float64
	for _, c := range Presets {
		score, err := s.scores(ctx, c, []string{concept})
		if err != nil {
			return Category{}, Chosen{}, err
		}
		all = append(all, score[0])
	}
	best := 0
	for i := range all {
		if all[i] > all[best] {
			best = i
		}
	}
	second := -1
	for i := range all {
		if i != best && (second < 0 || all[i] > all[second]) {
			second = i
		}
	}
	return Presets[best], Chosen{Margin: round(all[best] - all[second]), Second: Presets[second].Singular}, nil
}

// open makes the prompt, up to the end of the list's first line: it is the
// concept, which shows the model the form of a line.
func (a *asking) open() error {
	ids, err := listPrompt(a.l, a.o, a.r.message(), a.r.heading(), "1. "+a.r.Concept)
	if err != nil {
		return err
	}
	if a.result.Prompt, err = a.l.Tokenizer.Decode(ids, false); err != nil {
		return err
	}
	names := a.r.names()
	a.e, err = newEngine(a.l.Model, ids, 2*a.r.Settings.Lists, a.r.N*(names.tokens+numberTokens), a.o)
	if err == nil {
		a.result.Source.Arithmetic = a.e.session.Arithmetic()
		a.lister = newLister(a.e, a.l.Tokenizer, names, a.r.Settings, a.l.Model.EndIDs())
	}
	return err
}

// listPrompt is the tokens of a prompt that ends with a list's first lines: in
// the model's answer to a message, or in a text below a heading.
func listPrompt(l *collect.Loaded, o LocalOptions, message, heading, lines string) ([]int32, error) {
	if l.Chat == nil || o.NoChat {
		return l.RawPrompt(heading + lines)
	}
	ids, err := l.ChatPrompt(message, nil, o.Now)
	if err != nil {
		return nil, err
	}
	begun, err := l.Tokenizer.Encode(lines, false)
	return append(ids, begun.IDs...), err
}

// draw draws lists until there are enough concepts.
func (a *asking) draw(ctx context.Context) error {
	n := a.r.Settings.Lists
	all, err := a.lister.begin(2*n, a.r.Seed)
	if err != nil {
		return err
	}
	first := min(firstItems, a.r.N)
	for _, stage := range []struct{ from, to, items int }{{0, n, first}, {0, n, (first + a.r.N) / 2}, {0, n, a.r.N}, {n, 2 * n, a.r.N}} {
		a.lists = all[:stage.to]
		if err := a.lister.extend(ctx, all[stage.from:stage.to], stage.from, stage.items, a.progress); err != nil {
			return err
		}
		if err := a.judge(ctx); err != nil {
			return err
		}
		if count(a.all) == a.r.N {
			break
		}
	}
	return nil
}

// progress tells how many items there are.
func (a *asking) progress() {
	if a.o.Progress == nil {
		return
	}
	a.o.Progress(itemCount(a.lists), len(a.lists)*a.r.N)
}

// judge merges the lists there are and decides.
func (a *asking) judge(ctx context.Context) error {
	var lists [][]item
	for _, s := range a.lists {
		lists = append(lists, s.items)
	}
	a.all = gather(lists)
	if a.known == nil {
		a.known = map[string]membership{}
	}
	var names []string
	for _, g := range a.all {
		if _, known := a.known[g.Name]; !known && g.Votes >= quorum(g.Lists) {
			names = append(names, g.Name)
		}
	}
	members, err := newScorer(a.l, a.e.session).memberships(ctx, *a.r.Category, names)
	if err != nil {
		return err
	}
	for i, m := range members {
		a.known[names[i]] = m
	}
	for _, g := range a.all {
		if m, known := a.known[g.Name]; known && g.Votes >= quorum(g.Lists) {
			g.member = &m
		}
	}
	decide(a.all, a.r.N)
	return nil
}

// count is how many are taken.
func count(all []*gathered) int {
	n := 0
	for _, g := range all {
		if g.Taken {
			n++
		}
	}
	return n
}

// answers keeps the lists as the model wrote them.
func (a *asking) answers() error {
	for _, s := range a.lists {
		text, err := a.l.Tokenizer.Decode(s.own, false)
		if err != nil {
			return err
		}
		a.result.Answers = append(a.result.Answers, "1. "+a.r.Concept+text)
	}
	return nil
}
