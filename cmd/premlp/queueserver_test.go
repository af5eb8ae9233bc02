package main

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"premlp/collect/jobs/jetstream"
	"premlp/collect/jobs/queue"
)

// TestQueueServer starts a server as a user does, puts a task with a key made
// by queue-key, stops the server and finds the task after the next start.
func TestQueueServer(t *testing.T) {
	dir := t.TempDir()
	nkey, keys := filepath.Join(dir, "worker.nk"), filepath.Join(dir, "workers.txt")
	var out, errOut bytes.Buffer
	if status := run(t.Context(), []string{"queue-key", nkey}, nil, &out, &errOut); status != exitDone {
		t.Fatalf("queue-key: status %d: %s", status, &errOut)
	}
	if err := os.WriteFile(keys, out.Bytes(), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, keyFlags := range [][]string{{"--keys", keys}, nil, {"--keys", keys}} {
		status := make(chan int, 1)
		ctx, stop := context.WithCancel(t.Context())
		answer, printed := io.Pipe()
		go func() {
			args := append([]string{"queue-server", filepath.Join(dir, "queue"), "--listen", "127.0.0.1:0", "--json"}, keyFlags...)
			status <- run(ctx, args, nil, printed, io.Discard)
			printed.Close()
		}()
		var document queueServerDocument
		if err := json.NewDecoder(answer).Decode(&document); err != nil {
			t.Fatalf("queue-server: %v", err)
		}
		security := jetstream.Security{NKey: nkey}
		if keyFlags == nil {
			security.NKey = document.NKey
		}
		checkQueue(t, document.URL, security)
		stop()
		if s := <-status; s != exitDone {
			t.Errorf("queue-server: want status %d, have %d", exitDone, s)
		}
	}
}

// checkQueue puts a task, which may be there already, and counts one.
func checkQueue(t *testing.T, url string, s jetstream.Security) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	q, err := jetstream.Open(ctx, url, jetstream.Options{Security: s})
	if err != nil {
		t.Fatal(err)
	}
	defer q.Close()
	if err := q.Put(ctx, []queue.Task{{ID: "a", Job: "j"}}); err != nil {
		t.Fatal(err)
	}
	if status, err := q.Status(ctx, "j"); err != nil || status.Waiting != 1 {
		t.Errorf("status: want one waiting, have %+v, %v", status, err)
	}
}

func TestQueueServerRefuses(t *testing.T) {
	var out, errOut bytes.Buffer
	args := []string{"queue-server", t.TempDir(), "--listen", "0.0.0.0:0"}
	if status := run(t.Context(), args, nil, &out, &errOut); status != exitFailed || !strings.Contains(errOut.String(), "want a certificate") {
		t.Errorf("an open server: want it refused, have status %d: %s", status, &errOut)
	}
}
