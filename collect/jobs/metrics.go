package jobs

import (
	"fmt"
	"io"
	"net/http"
	"sync"
)

// Metrics counts what a worker did. A nil Metrics counts nothing.
type Metrics struct {
	mu sync.Mutex

	Computed       int64   `json:"units"`
	Failed         int64   `json:"failed"`   // units given back after an error
	Poison         int64   `json:"poison"`   // units that can never be computed
	Notes          int64   `json:"troubles"` // of the queue, that were survived
	Questions      int64   `json:"questions"`
	Tokens         int64   `json:"tokens"`
	Bytes          int64   `json:"bytes"` // of blocks stored
	ComputeSeconds float64 `json:"compute_seconds"`
}

// Done is how many units were computed so far.
func (m *Metrics) Done() int64 {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.Computed
}

func (m *Metrics) add(change func(*Metrics)) {
	if m == nil {
		return
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	change(m)
}

// Write writes the metrics in Prometheus' text form.
func (m *Metrics) Write(w io.Writer) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, c := range []struct {
		name, help string
		value      any
	}{
		{"units_computed", "Units computed and stored.", m.Computed},
		{"units_failed", "Units given back after an error.", m.Failed},
		{"units_poison", "Units found to be impossible.", m.Poison},
		{"queue_notes", "Troubles of the queue that were survived.", m.Notes},
		{"questions_computed", "Questions of the units computed.", m.Questions},
		{"tokens_computed", "Tokens computed; what prompts begin with alike once.", m.Tokens},
		{"block_bytes_stored", "Bytes of blocks stored.", m.Bytes},
		{"compute_seconds", "Seconds spent computing, of all devices.", m.ComputeSeconds},
	} {
		if _, err := fmt.Fprintf(w, "# HELP premlp_%s_total %s\n# TYPE premlp_%s_total counter\npremlp_%s_total %v\n", c.name, c.help, c.name, c.name, c.value); err != nil {
			return err
		}
	}
	return nil
}

// ServeHTTP serves the metrics.
func (m *Metrics) ServeHTTP(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Content-Type", "text/plain; version=0.0.4; charset=utf-8")
	_ = m.Write(w) // the reader went away
}
