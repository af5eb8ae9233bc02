package related

import (
	"context"
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"strings"
	"sync"

	"premlp/model"
	"premlp/tokenizer"
)

// How far a list is followed where a model has nothing more to say.
const (
	maxRefusals    = 8  // in a row
	maxAllRefusals = 30 // of a list
	maxWorn        = 2  // items of a list that begin or end with the same word
)

// item is a line of a list.
type item struct {
	name    string
	logProb float64 // of its tokens and its end, given what stands before it
}

// list is a list in the making, behind the lines that are given.
type list struct {
	items   []item
	own     []int32   // tokens behind the prompt, up to where the next item begins
	root    *branch   // what the next item may be
	path    []*branch // to where the model must be asked what follows
	refused int       // in a row
	all     int       // refused
	done    bool      // nothing can be added
	chance  *rand.Rand
}

// lister draws lists side by side.
type lister struct {
	e    *engine
	tok  *tokenizer.Tokenizer
	ends map[int32]bool // tokens known to end an item, or not to
	lines
	Settings
}

// lines say what the lines of a list are.
type lines struct {
	given  int // lines that the prompt ends with
	tokens int // most of an item
	// minEnd is the least probability of an item's end behind its words. Where the
	// rest of a name was taken out of what may be drawn, what remains is cut off.
	minEnd float64
	cut    func(text string) (item string, ended bool)
	refuse func(text string) bool
	stale  func(text string, before []item) bool // it says nothing new
}

// numberTokens is how many tokens the number before an item takes at most.
const numberTokens = 5

// newLister makes a lister. ends are the tokens with which the model ends a text.
func newLister(e *engine, t *tokenizer.Tokenizer, ls lines, s Settings, ends []int32) *lister {
	l := &lister{e: e, tok: t, ends: map[int32]bool{}, lines: ls, Settings: s}
	for _, id := range ends {
		l.ends[id] = true
	}
	return l
}

// begin begins n lists. What list i draws comes from PCG(seed, i) of
// math/rand/v2, whatever is drawn beside it.
func (l *lister) begin(n int, seed uint64) ([]*list, error) {
	var lists []*list
	for i := range n {
		s := &list{chance: rand.New(rand.NewPCG(seed, uint64(i)))}
		if err := l.number(s); err != nil {
			return nil, err
		}
		lists = append(lists, s)
	}
	return lists, nil
}

// extend goes on with the lists until each has n items or is done. from is the
// place of the first of them in the engine.
func (l *lister) extend(ctx context.Context, lists []*list, from, n int, progress func()) error {
	for {
		texts := map[int][]int32{}
		for i, s := range lists {
			if err := l.walk(s, n); err != nil {
				return err
			}
			if !s.done && len(s.items) < n {
				texts[from+i] = s.text()
			}
		}
		if len(texts) == 0 {
			return nil
		}
		if err := l.ask(ctx, lists, from, texts); err != nil {
			return err
		}
		progress()
	}
}

// ask grows the trees of the lists that wait for the model.
func (l *lister) ask(ctx context.Context, lists []*list, from int, texts map[int][]int32) error {
	choices, errs := make([][]model.Choice, len(lists)), make([]error, len(lists))
	err := l.e.next(ctx, texts, func(logits map[int][]float32) error {
		var wait sync.WaitGroup
		for place, row := range logits {
			i := place - from
			wait.Go(func() { choices[i], errs[i] = model.Likely(row, l.TopK, l.Temperature) })
		}
		wait.Wait()
		return errors.Join(errs...)
	})
	if err != nil {
		return err
	}
	for place := range texts {
		s := lists[place-from]
		s.path[len(s.path)-1].grow(choices[place-from], l.endsItem)
	}
	return nil
}

// text is the tokens behind the prompt up to where the model must be asked.
func (s *list) text() []int32 {
	text := append([]int32{}, s.own...)
	for _, b := range s.path[1:] {
		text = append(text, b.token)
	}
	return text
}

// number writes the next item's number.
func (l *lister) number(s *list) error {
	ids, err := encodeBehind(l.tok, fmt.Sprintf("\n%d.", l.given+len(s.items)+1))
	s.own = append(s.own, ids...)
	s.root, s.refused = &branch{left: 1}, 0
	return err
}

// walk adds items until the list has n, the model must be asked, or nothing can
// be added.
func (l *lister) walk(s *list, n int) error {
	for !s.done && len(s.items) < n {
		s.path = draw(s.root, s.chance)
		if s.path == nil || s.refused >= maxRefusals || s.all >= maxAllRefusals {
			s.done = true
			return nil
		}
		last := s.path[len(s.path)-1]
		if long := len(s.path) > l.tokens; !long && last.token != end {
			s.done = len(s.own)+len(s.path)-1 > l.e.room
			return nil
		}
		it, err := l.item(s.path)
		if err != nil {
			return err
		}
		if last.token != end || last.logProb < math.Log(l.minEnd) || l.refuse(it.name) || l.stale(it.name, s.items) {
			s.refused, s.all = s.refused+1, s.all+1
			takeOut(s.path)
			continue
		}
		for _, b := range s.path[1 : len(s.path)-1] {
			s.own = append(s.own, b.token)
		}
		s.items = append(s.items, it)
		if err := l.number(s); err != nil {
			return err
		}
	}
	return nil
}

// item is what a path spells.
func (l *lister) item(path []*branch) (item, error) {
	var ids []int32
	var it item
	for _, b := range path[1:] {
		if b.token != end {
			ids = append(ids, b.token)
		}
		it.logProb += b.logProb
	}
	text, err := l.tok.Decode(ids, false)
	it.name, _ = l.cut(text)
	return it, err
}

// staleName reports whether a name repeats one before it, or the list goes on by
// changing one word: a model that has run dry does so.
func staleName(name string, items []item) bool {
	words := strings.Fields(key(name))
	worn := 0
	for _, before := range items {
		other := strings.Fields(key(before.name))
		if overlap(key(name), key(before.name)) || acronym(name, before.name) {
			return true
		}
		if sameWord(words[0], other[0]) || sameWord(words[len(words)-1], other[len(other)-1]) {
			worn++
		}
	}
	return worn >= maxWorn
}

// endsItem reports whether a token ends an item.
func (l *lister) endsItem(id int32) bool {
	ends, known := l.ends[id]
	if !known {
		text, err := l.tok.Decode([]int32{id}, false)
		_, ends = l.cut(text)
		ends = ends && err == nil
		l.ends[id] = ends
	}
	return ends
}
