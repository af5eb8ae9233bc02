package bench

import (
	"bytes"
	"encoding/json"
	"fmt"
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
	Duration float64        `json:"dur"`
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
func span(name, category string, start, length time.Duration, args map[string]any) traceEvent {
	return traceEvent{
		Name: name, Category: category, Phase: "X", Process: 1, Thread: 1, Args: args,
		Start: microseconds(start), Duration: microseconds(length),
	}
}

func microseconds(d time.Duration) float64 { return float64(d.Nanoseconds()) / 1e3 }

// traceRun lists the intervals of one pass.
func traceRun(number int, run layers.ProfiledRun) []traceEvent {
	events := []traceEvent{span(fmt.Sprintf("pass %d", number), "pass", run.Start, run.Time, map[string]any{"tokens": run.Tokens, "selected": run.Selected})}
	block := -1 // the event of the block that the ops before are in
	var begun time.Duration
	for _, o := range run.Ops {
		if o.By != o.Op {
			continue
		}
		end := o.Start + o.Time + o.Sink
		switch name := o.Op.Block(); {
		case name == "":
			block = -1
		case block < 0 || events[block].Name != name:
			block, begun = len(events), o.Start
			events = append(events, span(name, "block", o.Start, end-o.Start, nil))
		default:
			events[block].Duration = microseconds(end - begun)
		}
		args := map[string]any{
			"kind": o.Op.Kind(), "shape": o.Op.Shape(), "flop": o.Cost.Flop, "read_bytes": o.Cost.Read, "written_bytes": o.Cost.Written,
		}
		if o.Time > 0 {
			args["gflops"] = float64(o.Cost.Flop) / float64(o.Time.Nanoseconds())
		}
		events = append(events, span(o.Op.Key(), o.Op.Kind(), o.Start, o.Time, args))
		if o.Sink > time.Microsecond {
			events = append(events, span("copy rows", "sink", o.Start+o.Time, o.Sink, nil))
		}
	}
	return events
}
