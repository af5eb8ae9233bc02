package bench

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math"
	"time"

	"premlp/layers"
)

// traceEvent is an event of the Trace Event Format, which chrome://tracing and
// Perfetto read: "X" an interval, "M" a name. Times are in microseconds.
type traceEvent struct {
	Name     string         `json:"name"`
	Category string         `json:"cat,omitempty"`
	Phase    string         `json:"ph"`
	Start    float64        `json:"ts"`
	Length   float64        `json:"dur"`
	Process  int            `json:"pid"`
	Thread   int            `json:"tid"`
	Args     map[string]any `json:"args,omitempty"`
}

// Trace returns the recorded passes as a document in the Trace Event Format: one
// row of intervals, passes over blocks over ops, with what each op took beside it.
// Ops that another one computes are left out.
func (r *ProfileReport) Trace() ([]byte, error) {
	events := []traceEvent{
		{Name: "process_name", Phase: "M", Process: 1, Args: map[string]any{"name": "premlp " + r.Model.Architecture}},
		{Name: "thread_name", Phase: "M", Process: 1, Thread: 1, Args: map[string]any{"name": fmt.Sprintf("graph, %d threads", r.Threads)}},
	}
	for i, run := range r.runs {
		events = append(events, traceRun(i, run)...)
	}
	var document bytes.Buffer
	err := json.NewEncoder(&document).Encode(map[string]any{
		"displayTimeUnit": "ms", "traceEvents": events,
		"otherData": map[string]any{"cpu": r.Machine.CPU, "kernel": r.Machine.Kernel, "go": r.Machine.Go, "model": r.Model.Digest},
	})
	return document.Bytes(), err
}

// span is an interval of a trace.
func span(name, category string, from, to time.Duration, args map[string]any) traceEvent {
	start := microseconds(from)
	return traceEvent{
		Name: name, Category: category, Phase: "X", Process: 1, Thread: 1, Args: args,
		Start: start, Length: microseconds(to) - start,
	}
}

// microseconds rounds to the 64th part of one, so that start and length add up to the
// end without an error: readers nest intervals by that sum.
func microseconds(d time.Duration) float64 { return math.Round(d.Seconds()*64e6) / 64 }

// traceRun lists the intervals of one pass.
func traceRun(number int, run layers.ProfiledRun) []traceEvent {
	events := []traceEvent{span(fmt.Sprintf("pass %d", number), "pass", run.Start, run.Start+run.Time, map[string]any{"tokens": run.Tokens, "selected": run.Selected})}
	block := 0 // the event of the block that the ops before are in; 0: of none
	var begun time.Duration
	for _, o := range run.Ops {
		if o.By != o.Op {
			continue
		}
		computed := o.Start + o.Time
		end := computed + o.Sink
		switch name := o.Op.Block(); {
		case name == "":
			block = 0
		case block == 0 || events[block].Name != name:
			block, begun = len(events), o.Start
			events = append(events, span(name, "block", begun, end, nil))
		default:
			events[block] = span(name, "block", begun, end, nil)
		}
		args := map[string]any{
			"kind": o.Op.Kind(), "shape": o.Op.Shape(), "flop": o.Cost.Flop, "read_bytes": o.Cost.Read, "written_bytes": o.Cost.Written,
		}
		if o.Time > 0 {
			args["gflops"] = float64(o.Cost.Flop) / float64(o.Time.Nanoseconds())
		}
		events = append(events, span(o.Op.Key(), o.Op.Kind(), o.Start, computed, args))
		if o.Sink > 0 {
			events = append(events, span("copy rows", "sink", computed, end, nil))
		}
	}
	return events
}
