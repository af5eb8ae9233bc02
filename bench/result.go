package bench

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
)

// Result is a measurement as its file holds it.
type Result struct {
	Measure string   `json:"measure"`
	Machine *Machine `json:"machine"`
	Model   Model    `json:"model"` // zero where no model was measured
	Threads int      `json:"threads"`
	Series  []Series `json:"-"`
}

// Series are the times of equal runs.
type Series struct {
	Name    string
	Seconds []float64 // in the order of the runs
}

// measured is a report that can be compared with another.
type measured interface{ series() []Series }

// measures are the reports by the name that their files state.
var measures = map[string]func() measured{
	"kernels": func() measured { return &KernelReport{} },
	"forward": func() measured { return &ForwardReport{} },
	"job":     func() measured { return &JobReport{} },
	"decode":  func() measured { return &DecodeReport{} },
	"load":    func() measured { return &LoadReport{} },
	"profile": func() measured { return &ProfileReport{} },
}

// What a result may hold.
const (
	shortest   = 1e-12 // seconds
	longest    = 1e12
	maxSeries  = 1 << 16
	maxSamples = 1 << 20 // of all series
)

// ReadResult reads what a measurement has written as JSON.
func ReadResult(data []byte) (*Result, error) {
	r := &Result{}
	if err := json.Unmarshal(data, r); err != nil {
		return nil, fmt.Errorf("result: %w", err)
	}
	empty, ok := measures[r.Measure]
	if !ok {
		return nil, fmt.Errorf("result: measure: want one of %s, have %q", strings.Join(measureNames(), ", "), r.Measure)
	}
	if r.Machine == nil {
		return nil, errors.New("result: want the machine it was measured on, have none")
	}
	report := empty()
	if err := json.Unmarshal(data, report); err != nil {
		return nil, fmt.Errorf("result: %w", err)
	}
	r.Series = report.series()
	return r, r.check()
}

// measureNames lists the measures.
func measureNames() []string {
	var names []string
	for name := range measures {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}

// check refuses series that cannot be compared.
func (r *Result) check() error {
	if len(r.Series) == 0 || len(r.Series) > maxSeries {
		return fmt.Errorf("result: want from 1 to %d series of times, have %d", maxSeries, len(r.Series))
	}
	seen, total := map[string]bool{}, 0
	for _, s := range r.Series {
		if seen[s.Name] {
			return fmt.Errorf("result: %s: want one series, have two", s.Name)
		}
		seen[s.Name] = true
		if len(s.Seconds) == 0 {
			return fmt.Errorf("result: %s: want the single times, have none: measure it again", s.Name)
		}
		if total += len(s.Seconds); total > maxSamples {
			return fmt.Errorf("result: want at most %d times", maxSamples)
		}
		for i, v := range s.Seconds {
			if !(v >= shortest && v <= longest) {
				return fmt.Errorf("result: %s: time %d: want from %g to %g seconds, have %v", s.Name, i, shortest, longest, v)
			}
		}
	}
	return nil
}

func (r *KernelReport) series() []Series {
	var list []Series
	for i := range r.Rows {
		// Times are of a number of products that a faster machine may change.
		row := &r.Rows[i]
		each := make([]float64, len(row.Times.Samples))
		for j, v := range row.Times.Samples {
			each[j] = v / float64(max(row.Products, 1))
		}
		list = append(list, Series{row.name(), each})
	}
	return list
}

func (r *ForwardReport) series() []Series {
	var list []Series
	for i := range r.Rows {
		row := &r.Rows[i]
		list = append(list, Series{row.name(), row.Times.Samples})
		if row.Capture != nil {
			list = append(list, Series{row.name() + ", no site taken", row.Capture.Without.Samples})
		}
	}
	return list
}

func (r *JobReport) series() []Series {
	return []Series{{"prepare the job", r.Prepare.Samples}, {"run the job", r.Run.Samples}}
}

func (r *DecodeReport) series() []Series {
	return []Series{{fmt.Sprintf("%d tokens behind %d", r.Tokens, r.Prompt), r.Times.Samples}}
}

func (r *LoadReport) series() []Series {
	return []Series{{"opened", r.Open.Samples}, {"session ready", r.Session.Samples}, {"first row", r.FirstRow.Samples}}
}

func (r *ProfileReport) series() []Series {
	list := []Series{{"pass, not recorded", r.Passes.Without.Samples}, {"pass", r.Passes.With.Samples}}
	for _, m := range r.Modules {
		if m.Times.Best > 0 { // an op can be shorter than the clock's step
			list = append(list, Series{m.title(), m.Times.Samples})
		}
	}
	return list
}
