package related

import (
	"context"
	"fmt"

	"premlp/collect"
	"premlp/model"
)

// frames are the beginnings of sentences whose end is a member's name.
var frames = []string{"This is %s called", "An example of %s:"}

// maxScoreRows is how many rows of logits are computed at once.
const maxScoreRows = 64

// membership is how much more probable a model finds a name behind "This is a
// country called" and "An example of a country:" than behind the same with the
// rival category for which it is most probable: the difference of the natural
// logarithms of the name's probability, each the mean over the two. Above 0 the
// model takes the name for a member of the category. (The other direction, the
// probability of "a country" behind the name, tells little in small models.)
type membership struct {
	margin float64
	rival  string // singular
}

// scorer scores names with a loaded model.
type scorer struct {
	l *collect.Loaded
	s *model.Session
	v int
}

// newScorer makes one. It uses a session with logits and does not close it.
func newScorer(l *collect.Loaded, s *model.Session) *scorer {
	return &scorer{l: l, s: s, v: l.Model.Config().Vocab}
}

// memberships tells of each name whether it is a member of c.
func (s *scorer) memberships(ctx context.Context, c Category, names []string) ([]membership, error) {
	own, err := s.scores(ctx, c, names)
	if err != nil {
		return nil, err
	}
	list := make([]membership, len(names))
	for k, rival := range c.rivals() {
		other, err := s.scores(ctx, rival, names)
		if err != nil {
			return nil, err
		}
		for i := range list {
			if margin := own[i] - other[i]; k == 0 || margin < list[i].margin {
				list[i] = membership{margin, rival.Singular}
			}
		}
	}
	return list, nil
}

// scores returns the logarithms of the names' probabilities in a category.
func (s *scorer) scores(ctx context.Context, c Category, names []string) ([]float64, error) {
	total := make([]float64, len(names))
	for _, f := range frames {
		frame := fmt.Sprintf(f, c.Singular)
		head, err := s.l.RawPrompt(frame)
		if err != nil {
			return nil, err
		}
		var texts [][]int32
		for _, name := range names {
			whole, err := s.l.RawPrompt(frame + " " + name)
			if err != nil {
				return nil, err
			}
			texts = append(texts, whole)
		}
		logProbs, err := s.behind(ctx, head, texts)
		if err != nil {
			return nil, err
		}
		for i, p := range logProbs {
			total[i] += p / float64(len(frames))
		}
	}
	return total, nil
}

// behind returns the logarithm of the probability of each text given what it has
// in common with head. The texts are computed as branches of that.
func (s *scorer) behind(ctx context.Context, head []int32, texts [][]int32) ([]float64, error) {
	shared := len(head)
	for _, t := range texts {
		shared = min(shared, common(head, t))
	}
	if shared == 0 {
		return nil, fmt.Errorf("related: want texts that begin with %d tokens, have none in common", len(head))
	}
	sums := make([]float64, len(texts))
	for from := 0; from < len(texts); {
		b := model.Pack([][]int32{head[:shared]}, [][]int32{{int32(shared - 1)}})
		b.Parent = []int32{-1}
		to := from
		for ; to < len(texts) && (to == from || len(b.Sel)+len(texts[to])-shared <= maxScoreRows); to++ {
			for i, id := range texts[to][shared : len(texts[to])-1] {
				b.Sel = append(b.Sel, int32(len(b.IDs)))
				b.IDs, b.Pos = append(b.IDs, id), append(b.Pos, int32(shared+i))
			}
			if n := int32(len(b.IDs)); n > b.Cu[len(b.Cu)-1] {
				b.Cu, b.Parent = append(b.Cu, n), append(b.Parent, 0)
			}
		}
		if err := s.run(ctx, b, texts[from:to], shared, sums[from:to]); err != nil {
			return nil, err
		}
		from = to
	}
	return sums, nil
}

// run adds up the texts' tokens behind the shared ones: the first is read off
// the batch's first row, the others off rows of their own.
func (s *scorer) run(ctx context.Context, b *model.Batch, texts [][]int32, shared int, sums []float64) error {
	return s.s.Run(ctx, b, func(_ model.Point, rows model.Rows) error {
		next := 1
		for i, t := range texts {
			for k, id := range t[shared:] {
				row := 0
				if k > 0 {
					row, next = next, next+1
				}
				p, err := model.LogProb(rows.Data[row*s.v:(row+1)*s.v], id)
				if err != nil {
					return err
				}
				sums[i] += p
			}
		}
		return nil
	})
}
