package jobs

import (
	"cmp"
	"context"
	"encoding/json"
	"io"
	"slices"
	"strings"
	"sync"
	"time"

	"premlp/collect"
	"premlp/collect/jobs/queue"
	"premlp/collect/jobs/store"
)

// Report is what a worker last said of its work on a job.
type Report struct {
	Worker         string        `json:"worker"`
	Host           string        `json:"host"`
	Started        time.Time     `json:"started"` // on this job
	Updated        time.Time     `json:"updated"`
	Ended          bool          `json:"ended"` // the worker has stopped
	Units          int           `json:"units"`
	Questions      int           `json:"questions"`
	Tokens         int64         `json:"tokens"`
	ComputeSeconds float64       `json:"compute_seconds"`
	UnitSeconds    float64       `json:"unit_seconds"` // of all units together, with reading and storing
	Running        []RunningUnit `json:"running"`
}

// RunningUnit is a unit that is being computed.
type RunningUnit struct {
	Key    string    `json:"unit"`
	First  int       `json:"first"`
	End    int       `json:"end"`
	Device int       `json:"device"`
	Since  time.Time `json:"since"`
}

// reportEvery is how often a worker's report is stored, at most.
const reportEvery = 5 * time.Second

// reports are a worker's reports, one for each job it worked on.
type reports struct {
	worker  *Worker
	started time.Time
	mu      sync.Mutex
	jobs    map[string]*Report
	told    time.Time
	atWork  int
}

// busy counts units under way.
func (r *reports) busy(n int) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.atWork += n
}

func (r *reports) idle() bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.atWork == 0
}

// of is a job's report; r.mu is held.
func (r *reports) of(job string) *Report {
	if r.jobs[job] == nil {
		r.jobs[job] = &Report{Worker: r.worker.Name, Host: r.worker.Host, Started: time.Now().UTC(), Running: []RunningUnit{}}
	}
	return r.jobs[job]
}

// began notes that a unit is being computed.
func (r *reports) began(t queue.Task, on *device, u collect.Unit) {
	r.mu.Lock()
	report := r.of(t.Job)
	report.Running = append(report.Running, RunningUnit{t.ID, u.First, u.End, on.number, time.Now().UTC()})
	r.mu.Unlock()
	r.flush(false)
}

// left notes that a unit is not under way any more.
func (r *reports) left(t queue.Task, on *device) {
	r.mu.Lock()
	defer r.mu.Unlock()
	report := r.of(t.Job)
	report.Running = slices.DeleteFunc(report.Running, func(u RunningUnit) bool { return u.Key == t.ID && u.Device == on.number })
}

// finished notes that a unit was computed and stored.
func (r *reports) finished(t queue.Task, on *device, b *block, took time.Duration) {
	r.mu.Lock()
	report := r.of(t.Job)
	report.Units++
	report.Questions += b.unit.Len()
	report.Tokens += b.made.Tokens
	report.ComputeSeconds += b.computing.Seconds()
	report.UnitSeconds += took.Seconds()
	r.mu.Unlock()
	r.flush(false)
}

// flush stores the reports, if that is due or the worker ends. A report that
// cannot be stored is no reason to stop.
func (r *reports) flush(end bool) {
	r.mu.Lock()
	if !end && time.Since(r.told) < reportEvery {
		r.mu.Unlock()
		return
	}
	r.told = time.Now()
	texts := map[string][]byte{}
	for job, report := range r.jobs {
		if report.Updated = time.Now().UTC(); end {
			report.Ended, report.Running = true, []RunningUnit{}
		}
		text, err := json.MarshalIndent(report, "", "  ")
		if err != nil {
			panic(err) // plain values
		}
		texts[job] = append(text, '\n')
	}
	r.mu.Unlock()
	ctx, cancel := context.WithTimeout(context.Background(), reportEvery)
	defer cancel()
	for job, text := range texts {
		err := r.worker.Store.Replace(ctx, reportFolder(job)+r.worker.Name, func(w io.Writer) error {
			_, err := w.Write(text)
			return err
		})
		if err != nil {
			r.worker.Log.Warn("report not stored", "error", err.Error())
		}
	}
}

// Reports reads what a job's workers said of themselves, by name.
func Reports(ctx context.Context, s *store.Store, job string) ([]Report, error) {
	var all []Report
	for e, err := range s.List(ctx, reportFolder(job)) {
		if err != nil {
			return nil, err
		}
		text, err := s.Get(ctx, e.Name, maxRecord)
		if err != nil {
			return nil, err
		}
		var r Report
		if json.Unmarshal(text, &r) != nil || r.Worker != strings.TrimPrefix(e.Name, reportFolder(job)) {
			continue // being written
		}
		all = append(all, r)
	}
	slices.SortFunc(all, func(a, b Report) int { return cmp.Compare(a.Worker, b.Worker) })
	return all, nil
}
