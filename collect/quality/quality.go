package quality

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"sync"

	"premlp/collect/dataset"
)

// Options says how a dataset is measured.
type Options struct {
	Threads  int                   // layers measured at once; 0: 1
	Progress func(done, total int) // layers measured
}

// Report is what Measure found.
type Report struct {
	Dir       string    `json:"dir"`
	Verdict   Verdict   `json:"verdict"`
	Questions int       `json:"questions"`
	Rows      SetCounts `json:"rows"`
	Dim       int       `json:"dim"`
	Balance   []Check   `json:"balance"` // of the sets with one another
	Layers    []Layer   `json:"layers"`  // site by site
}

// SetCounts is how many rows, token positions, each set has.
type SetCounts struct {
	Target  int `json:"target"`
	Control int `json:"control"`
}

// Layer is the measures of one site and layer.
type Layer struct {
	Site    string   `json:"site"`
	Layer   int      `json:"layer"`
	Verdict Verdict  `json:"verdict"`
	Target  Set      `json:"target"`
	Control Set      `json:"control"`
	Between *float64 `json:"between_cosine"` // mean cosine of a target row and a control row; null with broken rows
	Drift   *Drift   `json:"drift"`          // null with fewer than two templates in both sets
	Checks  []Check  `json:"checks"`
}

// Set is the measures of one set's rows at one site and layer. With a value of
// either set that is not finite nothing but Rows and NotFinite is measured.
type Set struct {
	Rows       int       `json:"rows"`
	NotFinite  int       `json:"not_finite"` // values that are NaN or infinite
	Norms      Spread    `json:"norms"`
	Duplicates int       `json:"duplicates"` // rows with the bits of an earlier row of either set
	Dead       int       `json:"dead"`       // coordinates with one value in all rows
	Saturated  int       `json:"saturated"`  // coordinates that many rows hold at one end
	Outliers   []Outlier `json:"outliers"`   // the worst first, 10 at most
	Outlying   int       `json:"outlying"`   // how many there are
	Rank       Rank      `json:"rank"`
	Cosine     Cosine    `json:"cosine"`
}

// Measure measures every site and layer of the dataset in dir. Checksums are
// not compared: verify does that. Each layer measured at once takes its rows as
// float32 and a few matrices of float64, the smaller of rows and D squared.
func Measure(ctx context.Context, dir string, o Options) (*Report, error) {
	r, err := dataset.Open(dir)
	if err != nil {
		return nil, err
	}
	defer r.Close()
	ix, err := readIndex(ctx, r)
	if err != nil {
		return nil, err
	}
	m := r.Manifest()
	rep := &Report{
		Dir: dir, Questions: m.Questions, Dim: m.Dim,
		Rows: SetCounts{Target: ix.count(dataset.Target), Control: ix.count(dataset.Control)}, Balance: ix.balance(),
	}
	if rep.Layers, err = measureLayers(ctx, r, ix, o); err != nil {
		return nil, err
	}
	rep.Verdict = worst(rep.Balance)
	for _, l := range rep.Layers {
		rep.Verdict = max(rep.Verdict, l.Verdict)
	}
	return rep, nil
}

// memoryBudget bounds the rows held at once by all threads, where one layer
// alone does not pass it.
const memoryBudget = 4 << 30

// measureLayers shares the layers out among threads.
func measureLayers(ctx context.Context, r *dataset.Reader, ix *index, o Options) ([]Layer, error) {
	m := r.Manifest()
	var list []Layer
	for _, site := range m.Sites {
		for _, layer := range m.Layers {
			list = append(list, Layer{Site: site, Layer: layer})
		}
	}
	size := max(1, 4*len(ix.rows)*m.Dim)
	threads := max(1, min(o.Threads, len(list), memoryBudget/size))
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	var group sync.WaitGroup
	var mu sync.Mutex
	next, done := 0, 0
	take := func() (int, bool) {
		mu.Lock()
		defer mu.Unlock()
		if next == len(list) || ctx.Err() != nil {
			return 0, false
		}
		next++
		return next - 1, true
	}
	for range threads {
		group.Go(func() {
			s := newScratch(r, ix)
			for i, ok := take(); ok; i, ok = take() {
				if err := s.measure(&list[i]); err != nil {
					cancel(err)
					return
				}
				mu.Lock()
				done++
				if o.Progress != nil {
					o.Progress(done, len(list))
				}
				mu.Unlock()
			}
		})
	}
	group.Wait()
	if ctx.Err() != nil {
		return nil, fmt.Errorf("quality: %w", context.Cause(ctx))
	}
	return list, nil
}

// worst is the worst verdict of checks.
func worst(checks []Check) Verdict {
	if len(checks) == 0 {
		return OK
	}
	return slices.MaxFunc(checks, func(a, b Check) int { return cmp.Compare(a.Verdict, b.Verdict) }).Verdict
}
