package dataset

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"hash"
	"hash/crc32"
	"iter"
	"slices"
)

// Source walks over questions in order and ends after the first error. It gives
// the same questions every time it is walked.
type Source = iter.Seq2[*Question, error]

// Slice is the Source of questions that are in memory.
func Slice(questions []Question) Source {
	return func(yield func(*Question, error) bool) {
		for i := range questions {
			if !yield(&questions[i], nil) {
				return
			}
		}
	}
}

// Collect walks over a source and returns all its questions.
func Collect(s Source) ([]Question, error) {
	var questions []Question
	for q, err := range s {
		if err != nil {
			return nil, err
		}
		questions = append(questions, *q)
	}
	return questions, nil
}

// List is what is kept in memory of a dataset's questions, so that there may be
// any number of them: of each its id, how many rows it has and where its line of
// questions.jsonl ends, about 50 bytes.
type List struct {
	source    Source // nil for those of a file
	ids       []string
	rows      []int32
	ends      []int64  // the offset behind each line of questions.jsonl
	sums      []uint32 // crc32c of each line
	positions int64    // token positions of all questions
	digest    string   // sha256 of questions.jsonl
}

// NewList walks over a source once and checks each question, by checks of the
// caller's too. What writes the questions walks over the source again.
func NewList(source Source, checks ...func(*Question) error) (*List, error) {
	l := newLister()
	var e lineEncoder
	for q, err := range source {
		if err != nil {
			return nil, err
		}
		if err := q.Validate(); err != nil {
			return nil, fmt.Errorf("dataset: %w", err)
		}
		for _, check := range checks {
			if err := check(q); err != nil {
				return nil, err
			}
		}
		line, err := e.encode(q)
		if err == nil {
			err = l.add(q, line)
		}
		if err != nil {
			return nil, fmt.Errorf("dataset: question %q: %w", q.ID, err)
		}
	}
	if len(l.list.ids) == 0 {
		return nil, errors.New("dataset: questions: want at least 1, have 0")
	}
	l.list.source = source
	return l.done(), nil
}

// Len is the number of questions.
func (l *List) Len() int { return len(l.ids) }

// ID is the id of question i.
func (l *List) ID(i int) string { return l.ids[i] }

// Find is the index of the question with an id, -1 where there is none.
func (l *List) Find(id string) int { return slices.Index(l.ids, id) }

// Digest is the sha256 of questions.jsonl in hex.
func (l *List) Digest() string { return l.digest }

// line is the place of question i's line, with its line feed.
func (l *List) line(i int) (from, to int64) {
	if i > 0 {
		from = l.ends[i-1]
	}
	return from, l.ends[i]
}

// lister makes a List from questions and their lines.
type lister struct {
	list *List
	seen map[string]int // id → index
	sum  hash.Hash
	end  int64
}

func newLister() *lister {
	return &lister{list: &List{}, seen: map[string]int{}, sum: sha256.New()}
}

// add takes the next question, which is valid, and its line.
func (l *lister) add(q *Question, line []byte) error {
	if len(line) > maxLine {
		return fmt.Errorf("want a line of at most %d bytes, have %d", maxLine, len(line))
	}
	i := len(l.list.ids)
	if before, ok := l.seen[q.ID]; ok {
		return fmt.Errorf("id: want each once, have %q at %d and %d", q.ID, before, i)
	}
	l.seen[q.ID] = i
	l.sum.Write(line)
	l.end += int64(len(line))
	l.list.ids = append(l.list.ids, q.ID)
	l.list.rows = append(l.list.rows, int32(len(q.Rows)))
	l.list.ends = append(l.list.ends, l.end)
	l.list.sums = append(l.list.sums, crc32.Checksum(line, castagnoli))
	l.list.positions += int64(len(q.Rows))
	return nil
}

// done completes the list.
func (l *lister) done() *List {
	l.list.digest = hex.EncodeToString(l.sum.Sum(nil))
	return l.list
}
