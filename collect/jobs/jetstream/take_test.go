package jetstream

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"time"

	"premlp/collect/jobs/queue/queuetest"
)

// TestUnansweredList holds that a Take finds a task although the server does
// not answer when it is asked for its jobs, as in an election.
func TestUnansweredList(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	nkey, config := filepath.Join(dir, "a.nk"), filepath.Join(dir, "nats.conf")
	public, err := NewKey(nkey)
	if err != nil {
		t.Fatal(err)
	}
	port := freePorts(t, 1)[0]
	text := fmt.Sprintf(`listen: 127.0.0.1:%d
log_file: %q
jetstream { store_dir: %q }
authorization { users: [ { nkey: %s, permissions: { publish: { deny: "$JS.API.STREAM.NAMES" } } } ] }
`, port, filepath.Join(dir, "log"), dir, public)
	if err := os.WriteFile(config, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	start(t, "server", config)
	q := openAt(t, fmt.Sprintf("nats://127.0.0.1:%d", port), Options{Security: Security{NKey: nkey}})
	ctx, cancel := context.WithTimeout(t.Context(), 10*attempt)
	defer cancel()
	tasks := queuetest.Tasks("a", 2)
	if err := q.Put(ctx, tasks[:1]); err != nil {
		t.Fatal(err)
	}
	for i := range tasks {
		l, err := q.Take(ctx)
		if err == nil {
			err = l.Done(ctx)
		}
		if err != nil {
			t.Fatalf("task %d: %v", i, err)
		}
		if i == 0 { // the next Take finds nothing at first, and asks for other jobs
			go func() {
				time.Sleep(time.Second)
				if err := q.Put(ctx, tasks[1:]); err != nil {
					t.Error(err)
				}
			}()
		}
	}
}
