package bench

import (
	"context"
	"errors"
	"fmt"
	"time"

	"premlp/model"
)

// LoadRun is one load of a model, timed from its beginning, in seconds.
type LoadRun struct {
	Open        float64 `json:"open_s"`      // the checkpoint is mapped and its config read
	Session     float64 `json:"session_s"`   // the weights are packed
	FirstRow    float64 `json:"first_row_s"` // the last layer's mlp_in of one token is there
	PackedBytes int64   `json:"packed_bytes"`
	Memory      Memory  `json:"memory"`
}

// LoadOnce opens a model and computes the mlp_in rows of one token at all
// layers. The memory is this process's, so it is the load's own only in a new
// process.
func LoadOnce(ctx context.Context, path string, threads int) (r LoadRun, err error) {
	start := time.Now()
	since := func() float64 { return time.Since(start).Seconds() }
	m, err := model.Open(path)
	if err != nil {
		return r, err
	}
	defer func() { err = errors.Join(err, m.Close()) }()
	r.Open = since()
	p, err := NewPrefill(m, []model.Site{"mlp_in"}, threads, false)
	if err != nil {
		return r, err
	}
	defer p.Close()
	r.Session = since()
	if err := p.Run(ctx, 1, 1); err != nil {
		return r, err
	}
	r.FirstRow = since()
	r.PackedBytes, r.Memory = m.PackedBytes(), ReadMemory()
	return r, nil
}

// LoadReport sums up loads, each by a process of its own.
type LoadReport struct {
	Measure     string   `json:"measure"` // "load"
	Machine     *Machine `json:"machine"`
	Model       Model    `json:"model"`
	Threads     int      `json:"threads"`
	Open        Times    `json:"open"`
	Session     Times    `json:"session"`
	FirstRow    Times    `json:"first_row"`
	PackedBytes int64    `json:"packed_bytes"`
	Memory      Memory   `json:"memory"` // of the run that took most
}

// Load calls once for every run and sums them up. One call before them is not
// counted: it brings the file into the page cache. progress may be nil.
func Load(ctx context.Context, runs int, progress func(done, total int), once func(ctx context.Context) (LoadRun, error)) (*LoadReport, error) {
	if runs < 1 {
		return nil, fmt.Errorf("bench: runs: want at least 1, have %d", runs)
	}
	report := &LoadReport{Measure: "load"}
	var open, session, row []float64
	for i := range runs + 1 {
		r, err := once(ctx)
		if err != nil {
			return nil, err
		}
		if progress != nil {
			progress(i, runs)
		}
		if i == 0 {
			continue
		}
		open, session, row = append(open, r.Open), append(session, r.Session), append(row, r.FirstRow)
		report.PackedBytes = r.PackedBytes
		if r.Memory.Peak > report.Memory.Peak {
			report.Memory = r.Memory
		}
	}
	report.Open, report.Session, report.FirstRow = Summarize(open), Summarize(session), Summarize(row)
	return report, nil
}
