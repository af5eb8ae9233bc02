package quality

import (
	"context"
	"fmt"
	"maps"
	"slices"

	"premlp/collect/dataset"
)

// index says of every row what it is, whatever site and layer.
type index struct {
	questions []question
	rows      []rowPlace
	templates []string // as they first appear
	groups    [][]int  // rows of one token, and those of rare tokens together
}

// question is what the measures need of one.
type question struct {
	id       string
	target   bool
	template int // place in templates
	rows     int
}

// rowPlace is one token position.
type rowPlace struct {
	question int
	position int32
	after    int32 // tokens since the concept, from 0
	token    int32
	text     string // the token, decoded
}

func readIndex(ctx context.Context, r *dataset.Reader) (*index, error) {
	ix, templates := &index{}, map[string]int{}
	for i := range r.Len() {
		q, err := r.Question(i)
		if err != nil {
			return nil, err
		}
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		t, ok := templates[q.Template]
		if !ok {
			t = len(ix.templates)
			templates[q.Template] = t
			ix.templates = append(ix.templates, q.Template)
		}
		ix.questions = append(ix.questions, question{q.ID, q.Set == dataset.Target, t, len(q.Rows)})
		for k, p := range q.Rows {
			ix.rows = append(ix.rows, rowPlace{i, p, p - int32(q.TokenSpan[1]), q.IDs[p], q.Tokens[k]})
		}
	}
	for _, set := range []string{dataset.Target, dataset.Control} {
		if ix.count(set) == 0 {
			return nil, fmt.Errorf("quality: %s: want rows of both sets, have none of %s", r.Dir(), set)
		}
	}
	ix.group()
	return ix, nil
}

// group puts rows of one token together.
func (ix *index) group() {
	byToken := map[int32][]int{}
	for k, p := range ix.rows {
		byToken[p.token] = append(byToken[p.token], k)
	}
	var rare []int
	for _, token := range slices.Sorted(maps.Keys(byToken)) {
		if rows := byToken[token]; len(rows) >= fewRows {
			ix.groups = append(ix.groups, rows)
		} else {
			rare = append(rare, rows...)
		}
	}
	if len(rare) >= fewRows {
		ix.groups = append(ix.groups, rare)
	}
}

// count is the number of rows of a set.
func (ix *index) count(set string) int {
	n := 0
	for _, q := range ix.questions {
		if q.target == (set == dataset.Target) {
			n += q.rows
		}
	}
	return n
}

// pick is the rows of a set.
func (ix *index) pick(target bool) []int {
	var list []int
	for k, p := range ix.rows {
		if ix.questions[p.question].target == target {
			list = append(list, k)
		}
	}
	return list
}
