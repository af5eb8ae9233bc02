package collect

import (
	"context"
	"fmt"
	"iter"

	"premlp/collect/dataset"
)

// Unit is a range [First, End) of a dataset's questions, whose rows are computed
// and stored as one piece.
type Unit struct{ First, End int }

// Len is the number of the unit's questions.
func (u Unit) Len() int { return u.End - u.First }

func (u Unit) String() string { return fmt.Sprintf("questions %d to %d", u.First, u.End-1) }

// Made is the rows of a unit. Its memory is used again for the next one.
type Made struct {
	Unit         Unit
	Raw          [][]byte // [questions] in the raw form, see dataset.Raw
	PromptTokens int64    // of the unit's questions
	Tokens       int64    // computed for them; what prompts begin with alike is computed once

	memory []byte // Raw is cut out of it
	seq    int    // see Assemble
	err    error
}

// Reset empties m for a unit whose questions have raw forms of these sizes.
func (m *Made) Reset(u Unit, sizes []int64) {
	m.Unit, m.Tokens, m.PromptTokens, m.err = u, 0, 0, nil
	var total int64
	for _, n := range sizes {
		total += n
	}
	if int64(cap(m.memory)) < total {
		m.memory, m.Raw = nil, nil // first, so that both are never held
		m.memory = make([]byte, total)
	}
	m.Raw = m.Raw[:0]
	rest := m.memory[:total]
	for _, n := range sizes {
		m.Raw = append(m.Raw, rest[:n:n])
		rest = rest[n:]
	}
}

// Maker makes the rows of units, one at a time.
type Maker interface {
	// Make fills m with the rows of u. share is told of how many of the unit's
	// questions are about done.
	Make(ctx context.Context, u Unit, m *Made, share func(questions float64)) error
}

// Questions gives a dataset's question i. It may be called by many goroutines.
type Questions func(i int) (*dataset.Question, error)

// Limits bounds what is computed, or stored, as one piece, if it is more than
// one question.
type Limits struct {
	Tokens int   // of prompts; 0: any number
	Bytes  int64 // of raw forms
}

// Cut cuts the questions [first, end) into units: each has as many questions as
// the limits allow, at least one. The cuts follow from the questions alone.
func Cut(first, end int, questions Questions, raw *dataset.Raw, l Limits) iter.Seq2[Unit, error] {
	return func(yield func(Unit, error) bool) {
		for first < end {
			u, err := l.next(first, end, questions, raw)
			if !yield(u, err) || err != nil {
				return
			}
			first = u.End
		}
	}
}

// next is the unit that begins at question first.
func (l Limits) next(first, end int, questions Questions, raw *dataset.Raw) (Unit, error) {
	u := Unit{first, first}
	tokens, size := 0, int64(0)
	for ; u.End < end; u.End++ {
		q, err := questions(u.End)
		if err != nil {
			return u, err
		}
		tokens += len(q.IDs)
		size += raw.Size(len(q.Rows))
		if u.End > first && (l.Tokens > 0 && tokens > l.Tokens || size > l.Bytes) {
			break
		}
	}
	return u, nil
}
