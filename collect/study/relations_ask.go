package study

import (
	"context"
	"fmt"
	"slices"

	"premlp/collect"
	"premlp/model"
)

// relationQuestion is a subject in one template, as a raw prompt.
type relationQuestion struct {
	fact     int // of the relation's
	template int
	asked    collect.Asked
	answer   int32 // first token of the object
	best     bool  // the object's first token is the most probable of all objects'
	own      bool  // and of the whole vocabulary
	// rows are the means over the tokens after the subject, [points][D].
	rows [][]float32
}

// askRelation asks for every fact in every template and takes the mean rows.
func askRelation(ctx context.Context, l *collect.Loaded, o Options, r Relation, points []model.Point) ([]*relationQuestion, error) {
	var list []*relationQuestion
	var candidates []int32
	for k, template := range r.Templates {
		for i, f := range r.Facts {
			text := collect.Template{Text: template}.Question(f.Subject)
			asked, err := l.Ask(collect.Job{}, text, f.Subject, "")
			if err != nil {
				return nil, err
			}
			q := &relationQuestion{fact: i, template: k, asked: asked}
			if asked.Concept[1] >= len(asked.IDs) {
				return nil, fmt.Errorf("question %q: want tokens after the subject, have none", text)
			}
			if q.answer, err = l.NextToken(collect.Job{}, text, f.Subject, "", f.Object); err != nil {
				return nil, err
			}
			if !slices.Contains(candidates, q.answer) {
				candidates = append(candidates, q.answer)
			}
			list = append(list, q)
		}
	}
	s, err := l.Model.Session(model.SessionOptions{Points: points, Logits: true, Threads: o.Threads})
	if err != nil {
		return nil, err
	}
	defer s.Close()
	stage := o.Watch.Stage(r.Name, "prompts")
	defer stage.Close()
	for n := 0; n < len(list); {
		from, tokens := n, 0
		for n < len(list) && (n == from || tokens+len(list[n].asked.IDs) <= relationTokens) {
			tokens += len(list[n].asked.IDs)
			n++
		}
		if err := runRelation(ctx, s, list[from:n], points, candidates); err != nil {
			return nil, err
		}
		stage.Set(int64(n), int64(len(list)))
	}
	return list, nil
}

// relationTokens bounds a batch: logits of several tokens of each prompt are
// computed.
const relationTokens = 1024

// runRelation computes a batch of questions.
func runRelation(ctx context.Context, s *model.Session, batch []*relationQuestion, points []model.Point, candidates []int32) error {
	var prompts, read [][]int32
	for _, q := range batch {
		var after []int32
		for at := q.asked.Concept[1]; at < len(q.asked.IDs); at++ {
			after = append(after, int32(at))
		}
		prompts, read = append(prompts, q.asked.IDs), append(read, after)
		q.rows = make([][]float32, len(points))
	}
	return s.Run(ctx, model.Pack(prompts, read), func(p model.Point, r model.Rows) error {
		row := 0
		for i, q := range batch {
			n := len(read[i])
			if p.Site == "logits" {
				q.judge(r.Data[(row+n-1)*r.Dim:(row+n)*r.Dim], candidates)
			} else {
				q.rows[slices.Index(points, p)] = meanRow(r.Data[row*r.Dim:(row+n)*r.Dim], r.Dim)
			}
			row += n
		}
		return nil
	})
}

// judge says whether the model knows the answer.
func (q *relationQuestion) judge(logits []float32, candidates []int32) {
	q.own = int32(argmax(logits)) == q.answer
	q.best = true
	for _, c := range candidates {
		if logits[c] > logits[q.answer] {
			q.best = false
		}
	}
}

// meanRow is the mean of rows [n, D], summed in float64.
func meanRow(rows []float32, dim int) []float32 {
	sum := make([]float64, dim)
	for i, x := range rows {
		sum[i%dim] += float64(x)
	}
	mean := make([]float32, dim)
	for k, x := range sum {
		mean[k] = float32(x / float64(len(rows)/dim))
	}
	return mean
}
