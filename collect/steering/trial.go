package steering

import (
	"context"
	"fmt"
	"slices"

	"premlp/model"
)

// trial is one edit for one target, or a random direction's in its place, tried
// on all questions.
type trial struct {
	Effect
	target *question
	draw   int         // 0: the direction itself; else which random one
	scores [][]float64 // [known][C]; nil where a question is not asked
	kl     []float64   // [neutral texts], sums over their tokens
}

// draws is how many trials an edit of kind k has for a target, random ones
// included.
func (s *study) draws(k Kind, target string) int {
	if k == Swap { // there is no direction in it
		return 1
	}
	if of := s.options.RandomOf; of != nil && !slices.Contains(of, target) {
		return 1
	}
	return 1 + s.options.Random
}

// strengths lists the α of a kind; 1 for those without.
func (s *study) strengths(k Kind) []float64 {
	if k.Scaled() {
		return s.options.Alphas
	}
	return []float64{1}
}

// trials lists the trials of a place, those of one direction together.
func (s *study) trials(p Place) []*trial {
	var list []*trial
	for _, k := range s.options.Kinds {
		for _, alpha := range s.strengths(k) {
			for _, target := range s.targets {
				for draw := range s.draws(k, target.concept) {
					t := &trial{target: target, draw: draw, scores: make([][]float64, len(s.known))}
					t.Effect = Effect{Target: target.concept, Kind: k, Alpha: alpha, Place: p}
					if draw == 0 && k != Swap && k != AddPair { // those know no question of neutral texts
						t.kl = make([]float64, len(s.neutral))
					}
					list = append(list, t)
				}
			}
		}
	}
	return list
}

// asked reports whether a trial asks a question: a target's own cannot be moved
// towards itself.
func (t *trial) asked(q *question) bool {
	return q != t.target || t.Kind != AddPair && t.Kind != Swap
}

// count returns how many runs a place has.
func (s *study) count(p Place) int {
	n := 0
	for _, t := range s.trials(p) {
		n += len(t.kl)
		for _, q := range s.known {
			if t.asked(q) {
				n++
			}
		}
	}
	return n
}

// place makes all trials of a place and measures their effects.
func (s *study) place(ctx context.Context, p Place) error {
	if err := s.engine.startAt(ctx, p.Layers[0]); err != nil {
		return err
	}
	rows, err := s.swapped(ctx, p)
	if err != nil {
		return err
	}
	trials := s.trials(p)
	var runs []run
	for _, t := range trials {
		more, err := s.runs(t, rows)
		if err != nil {
			return err
		}
		runs = append(runs, more...)
	}
	err = s.engine.run(ctx, runs, func(n int) {
		s.done += n
		if s.options.Progress != nil {
			s.options.Progress(s.done, s.total)
		}
	})
	if err != nil {
		return err
	}
	return s.measure(trials)
}

// swapped captures the rows of the targets' questions that Swap needs: target →
// [points][tokens, D].
func (s *study) swapped(ctx context.Context, p Place) (map[*question][][]float32, error) {
	wanted := false
	for _, k := range s.options.Kinds {
		wanted = wanted || k == Swap
	}
	if !wanted {
		return nil, nil
	}
	var prompts []*prompt
	for _, t := range s.targets {
		prompts = append(prompts, &t.prompt)
	}
	points := p.Points()
	all, err := s.engine.capture(ctx, points, prompts)
	if err != nil {
		return nil, err
	}
	rows := map[*question][][]float32{}
	for i, t := range s.targets {
		for k := range points {
			rows[t] = append(rows[t], all[k][i])
		}
	}
	return rows, nil
}

// runs makes the runs of a trial.
func (s *study) runs(t *trial, swapped map[*question][][]float32) ([]run, error) {
	var list []run
	for i, q := range s.known {
		if !t.asked(q) {
			continue
		}
		r := run{prompt: &q.prompt, take: func(x []float32) { t.scores[i] = logProbs(x, s.result.candidates) }}
		for k, p := range t.Place.Points() {
			e := edit{at: p, from: q.edited[0], to: q.edited[1]}
			var err error
			if t.Kind == Swap {
				e.change, err = replacement(swapped[t.target][k], t.target, q)
			} else {
				e.change, err = s.change(t.Kind, t.Alpha, t.target.concept, q.concept, p, t.draw)
			}
			if err != nil {
				return nil, err
			}
			r.edits = append(r.edits, e)
		}
		list = append(list, r)
	}
	for i := range t.kl {
		n := s.neutral[i]
		r := run{prompt: &n.prompt, take: func(x []float32) { t.kl[i] = n.divergence(x) }}
		for _, p := range t.Place.Points() {
			change, err := s.change(t.Kind, t.Alpha, t.target.concept, "", p, t.draw)
			if err != nil {
				return nil, err
			}
			r.edits = append(r.edits, edit{at: p, from: neutralFrom, to: len(n.ids), change: change})
		}
		list = append(list, r)
	}
	return list, nil
}

// replacement puts the target's rows [tokens, D] in place of a question's.
func replacement(rows []float32, target, q *question) (model.Change, error) {
	have, want := target.edited[1]-target.edited[0], q.edited[1]-q.edited[0]
	if have != want {
		return nil, fmt.Errorf("swap: want questions with as many tokens after the concept, have %d of %q and %d of %q", have, target.concept, want, q.concept)
	}
	dim := len(rows) / len(target.ids)
	return model.Replace{Rows: rows[target.edited[0]*dim : target.edited[1]*dim]}, nil
}
