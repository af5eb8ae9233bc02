package direction

import "fmt"

// maxBag bounds the values of a bag of tokens, [questions, tokens].
const maxBag = 1 << 26

// bags computes what the tokens alone give, by the same measure: the mean
// difference of the shares that tokens have of a question's rows, and of its
// prompt.
func (a *analysis) bags() {
	for _, bag := range []struct {
		name   string
		tokens func(*question) []int32
		figure *Figure
		areas  *[]float64
	}{
		{"the tokens of the rows as a baseline", func(q *question) []int32 { return q.tokens }, &a.report.Tokens, &a.tokens},
		{"the prompt's tokens as a baseline", func(q *question) []int32 { return q.prompt }, &a.report.Prompt, nil},
	} {
		t, why := a.bag(bag.tokens)
		if why != "" {
			a.report.Missing = append(a.report.Missing, bag.name+": "+why)
			continue
		}
		*bag.figure = Figure(t.area(once))
		if bag.areas != nil {
			*bag.areas = a.draws.areas(t)
		}
	}
}

// bag tests one kind of bag, or says why it cannot.
func (a *analysis) bag(tokens func(*question) []int32) (t *trial, why string) {
	d := a.design
	number := map[int32]int{}
	for i := range d.questions {
		for _, id := range tokens(&d.questions[i]) {
			if _, ok := number[id]; !ok {
				number[id] = len(number)
			}
		}
	}
	if n := len(number) * len(d.questions); n > maxBag {
		return nil, fmt.Sprintf("want at most %d values, have %d tokens of %d questions", maxBag, len(number), len(d.questions))
	}
	m := &matrix{design: d, dim: len(number), means: make([]float64, len(d.questions)*len(number))}
	for i := range d.questions {
		list := tokens(&d.questions[i])
		for _, id := range list {
			m.question(i)[number[id]] += 1 / float64(len(list))
		}
	}
	y := d.labels(d.target)
	return byMeans(m, []labelling{y}, []*classSums{newClassSums(m, y)})[0], ""
}
