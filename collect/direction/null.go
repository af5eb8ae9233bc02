package direction

import (
	"math/rand/v2"
	"sync"
	"sync/atomic"
)

// labelling is one choice of what plays the target.
type labelling []bool

// pseudoTargets lets every concept play the target in turn, the target too: at
// its own index. That is the null for "this target is special".
func (d *design) pseudoTargets() []labelling {
	var list []labelling
	for c := range d.concepts {
		list = append(list, d.labels(c))
	}
	return list
}

// randomTargets draws, n times, another concept for each template to play the
// target: the null for "there is a direction".
func (d *design) randomTargets(n int, seed uint64) []labelling {
	r := rand.New(rand.NewPCG(seed, 7))
	var list []labelling
	for range n {
		plays := make([]int, len(d.templates))
		for t := range plays {
			plays[t] = r.IntN(len(d.concepts))
		}
		y := make(labelling, len(d.questions))
		for i, q := range d.questions {
			y[i] = q.concept == plays[q.template]
		}
		list = append(list, y)
	}
	return list
}

// shuffledLabels deals the target's labels, n times, to any questions.
func (d *design) shuffledLabels(n int, seed uint64) []labelling {
	r := rand.New(rand.NewPCG(seed, 8))
	var list []labelling
	for range n {
		y := labelling(d.labels(d.target))
		r.Shuffle(len(y), func(i, j int) { y[i], y[j] = y[j], y[i] })
		list = append(list, y)
	}
	return list
}

// randomDirections scores all questions along n random directions whose sign
// is fitted on each block's training rows.
func randomDirections(m *matrix, t *classSums, n int, seed uint64) []*trial {
	r := rand.New(rand.NewPCG(seed, 9))
	y := m.labels(m.target)
	var list []*trial
	means := vectors(m.folds*m.groups, m.dim)
	for k, b := range m.blocks() {
		copy(means[k], t.train(b).difference())
	}
	for range n {
		d := make([]float64, m.dim)
		for j := range d {
			d[j] = r.NormFloat64()
		}
		sign := make([]float64, len(means))
		for k, diff := range means {
			sign[k] = 1
			if dot(diff, d) < 0 {
				sign[k] = -1
			}
		}
		scores := make([]float64, len(m.questions))
		for i := range scores {
			scores[i] = dot(m.question(i), d)
		}
		list = append(list, m.newTrial(y, func(i, g int) float64 {
			return sign[m.fold[m.questions[i].template]*m.groups+g] * scores[i]
		}))
	}
	return list
}

// parallel runs work(0) to work(n-1), so many at once, and gives the error of the
// lowest index of those begun; after an error no more is begun. What work
// computes must not depend on the order.
func parallel(most, n int, work func(i int) error) error {
	errs := make([]error, n)
	var wg sync.WaitGroup
	next := make(chan int)
	var failed atomic.Bool
	for range min(n, most) {
		wg.Go(func() {
			for i := range next {
				if failed.Load() {
					continue
				}
				if errs[i] = work(i); errs[i] != nil {
					failed.Store(true)
				}
			}
		})
	}
	for i := range n {
		next <- i
	}
	close(next)
	wg.Wait()
	for _, err := range errs {
		if err != nil {
			return err
		}
	}
	return nil
}
