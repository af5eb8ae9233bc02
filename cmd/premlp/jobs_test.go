package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"premlp/collect/jobs/jetstream"
)

// jobQueue serves a queue, and returns the flags of commands that use it.
func jobQueue(t *testing.T) []string {
	t.Helper()
	s, err := jetstream.Serve(t.Context(), t.TempDir(), jetstream.ServerOptions{Listen: "127.0.0.1:0"})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.Close)
	return []string{"--nats", s.URL(), "--nats-nkey", s.NKey()}
}

// TestManyMachines runs a job by the commands: submitted, computed by two worker
// processes of which one is killed, watched, merged, submitted again.
func TestManyMachines(t *testing.T) {
	t.Setenv("PREMLP_CACHE", t.TempDir())
	m, dir := tinyModel(t), t.TempDir()
	queue, store := jobQueue(t), filepath.Join(dir, "store")
	job := []string{"--model", m, "--concept", "France", "--date", "2026-01-02", "--controls",
		writeFile(t, dir, "controls.txt", []byte("Germany\nUnited Kingdom\nSouth Korea\n"))}
	single := filepath.Join(dir, "single")
	if status, _, stderr := premlp(t, append([]string{"collect", "-o", single}, job...)...); status != exitDone {
		t.Fatal(stderr)
	}
	submit := append(append([]string{"submit", "--store", store, "--unit-bytes", "5000", "--json"}, job...), queue...)
	var done struct {
		Job                               string
		Questions, Units, Queued, Present int
	}
	status, stdout, stderr := premlp(t, submit...)
	if err := json.Unmarshal([]byte(stdout), &done); status != exitDone || err != nil || done.Questions != 20 || done.Units < 10 || done.Queued != done.Units {
		t.Fatalf("submit: status %d, %s, %v, %s", status, stdout, err, stderr)
	}
	if status, _, stderr := premlp(t, "merge", done.Job[:8], "--store", store, "-o", filepath.Join(dir, "merged")); status != exitFailed ||
		!strings.Contains(stderr, fmt.Sprintf("%d of %d units are missing", done.Units, done.Units)) {
		t.Errorf("merge before the work: status %d, %s", status, stderr)
	}

	worker := append([]string{"worker", "--store", store, "--threads", "1"}, queue...)
	once := append(worker[:len(worker):len(worker)], "--once", "--log-json")
	if status, _, stderr := premlp(t, once...); status != exitDone || !strings.Contains(stderr, `"msg":"computed"`) {
		t.Fatalf("worker --once: status %d, %s", status, stderr)
	}
	killed := exec.Command(os.Args[0], worker...)
	killed.Env = append(os.Environ(), asCommand+"=1")
	if err := killed.Start(); err != nil {
		t.Fatal(err)
	}
	time.AfterFunc(300*time.Millisecond, func() { _ = killed.Process.Kill() })
	_ = killed.Wait()
	var running sync.WaitGroup
	for range 2 {
		running.Go(func() {
			cmd := exec.Command(os.Args[0], append(worker[:len(worker):len(worker)], "--until-empty")...)
			cmd.Env = append(os.Environ(), asCommand+"=1")
			if out, err := cmd.CombinedOutput(); err != nil {
				t.Errorf("worker: %v: %s", err, out)
			}
		})
	}
	running.Wait()

	status, stdout, _ = premlp(t, append([]string{"jobs", "--store", store, done.Job[:8], "--json"}, queue...)...)
	var st struct {
		Done, Units int
		Queue       struct{ Waiting, Running, Dead int }
		Workers     []struct{ Units int }
	}
	if err := json.Unmarshal([]byte(stdout), &st); status != exitDone || err != nil || st.Done != done.Units || st.Queue.Waiting+st.Queue.Running+st.Queue.Dead != 0 || len(st.Workers) < 2 {
		t.Errorf("jobs: status %d, %s, %v", status, stdout, err)
	}
	if status, stdout, _ := premlp(t, "jobs", "--store", store); status != exitDone || !strings.Contains(stdout, fmt.Sprintf("%d of %d", done.Units, done.Units)) {
		t.Errorf("jobs: status %d, %s", status, stdout)
	}
	merged := filepath.Join(dir, "merged")
	for range 2 { // the second time it is there
		if status, stdout, stderr := premlp(t, "merge", done.Job, "--store", store, "-o", merged); status != exitDone || !strings.Contains(stdout, "digest") {
			t.Fatalf("merge: status %d, %s%s", status, stdout, stderr)
		}
	}
	for name, want := range datasetFiles(t, single) {
		if !bytes.Equal(want, readFile(t, filepath.Join(merged, name))) {
			t.Errorf("%s: other bytes than collect's", name)
		}
	}
	before := done.Units
	status, stdout, _ = premlp(t, submit...)
	if err := json.Unmarshal([]byte(stdout), &done); status != exitDone || err != nil || done.Queued != 0 || done.Present != before {
		t.Errorf("submit again: status %d, %s, %v", status, stdout, err)
	}
}

// TestSubmitLocal needs no server.
func TestSubmitLocal(t *testing.T) {
	m, dir := tinyModel(t), t.TempDir()
	store := filepath.Join(dir, "store")
	job := []string{"--model", m, "--concept", "France", "--date", "2026-01-02", "--controls",
		writeFile(t, dir, "controls.txt", []byte("Germany\nUnited Kingdom\nSouth Korea\n"))}
	submit := append([]string{"submit", "--store", "file://" + filepath.ToSlash(store), "--local", "--unit-bytes", "5000", "--json"}, job...)
	for i := range 2 {
		var done struct{ Units, Queued, Computed int }
		status, stdout, stderr := premlp(t, submit...)
		if err := json.Unmarshal([]byte(stdout), &done); status != exitDone || err != nil {
			t.Fatalf("status %d, %s%s, %v", status, stdout, stderr, err)
		}
		if want := done.Units * (1 - i); done.Queued != want || done.Computed != want {
			t.Errorf("time %d: want %d units computed, have %+v", i, want, done)
		}
	}
}

// TestWorkerDrains stops an idle worker and looks at its metrics before.
func TestWorkerDrains(t *testing.T) {
	dir := t.TempDir()
	cmd := exec.Command(os.Args[0], append([]string{"worker", "--store", dir, "--metrics", ":0", "--log-json"}, jobQueue(t)...)...)
	cmd.Env = append(os.Environ(), asCommand+"=1")
	stderr, err := cmd.StderrPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	defer cmd.Process.Kill() //nolint:errcheck // it has ended
	lines := json.NewDecoder(stderr)
	var address string
	for range 2 {
		var line struct{ Msg, Address string }
		if err := lines.Decode(&line); err != nil {
			t.Fatal(err)
		}
		if line.Msg == "metrics" {
			address = line.Address
		}
	}
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
	if err != nil {
		t.Fatal(err)
	}
	answer, err := http.DefaultClient.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	var text bytes.Buffer
	_, err = text.ReadFrom(answer.Body)
	answer.Body.Close()
	if err != nil || !strings.HasPrefix(address, "http://127.0.0.1:") || !strings.Contains(text.String(), "premlp_units_computed_total 0\n") {
		t.Errorf("metrics at %s: have %s, %v", address, text.String(), err)
	}
	if err := cmd.Process.Signal(syscall.SIGTERM); err != nil {
		t.Skip("no SIGTERM here:", err)
	}
	if err := cmd.Wait(); err != nil {
		t.Errorf("want status 0 after SIGTERM, have %v", err)
	}
}

func TestJobsBadInput(t *testing.T) {
	m, dir := tinyModel(t), t.TempDir()
	store := filepath.Join(dir, "store")
	if err := os.Mkdir(store, 0o755); err != nil {
		t.Fatal(err)
	}
	none := filepath.Join(dir, "none")
	for _, c := range []struct {
		name   string
		args   []string
		status int
		want   string
	}{
		{"no store", []string{"jobs"}, exitUsage, "store"},
		{"no queue", []string{"submit", "--store", store, "--model", m, "--concept", "France"}, exitUsage, "nats"},
		{"two queues", []string{"submit", "--store", store, "--model", m, "--concept", "France", "--local", "--nats", "nats://127.0.0.1"}, exitUsage, "none of the others can be"},
		{"a cloud", []string{"submit", "--store", "s3://bucket", "--local", "--model", m, "--concept", "France"}, exitFailed, "make cloud"},
		{"unknown kind of store", []string{"jobs", "--store", "ftp://x"}, exitFailed, "want file://, mem://, s3://"},
		{"unknown job", []string{"merge", "abcd", "--store", store, "-o", filepath.Join(dir, "out")}, exitFailed, `job "abcd": not in the store`},
		{"two replicas", []string{"submit", "--store", none, "--local", "--model", m, "--concept", "France", "--replicas", "2"}, exitUsage, "--replicas: want 1, 3 or 5, have 2"},
		{"no job's name", []string{"merge", "", "--store", store, "-o", filepath.Join(dir, "out")}, exitFailed, "want its id, or the beginning of it"},
		{"jobs of a store that is not there", []string{"jobs", "--store", none}, exitFailed, "none: file does not exist: want a folder"},
		{"merge of a store that is not there", []string{"merge", "abcd", "--store", none, "-o", filepath.Join(dir, "out")}, exitFailed, "file does not exist"},
		{"worker of a store that is not there", []string{"worker", "--store", none, "--nats", "nats://127.0.0.1:1"}, exitFailed, "is it mounted here?"},
		{"no threads", []string{"worker", "--store", store, "--nats", "nats://127.0.0.1:1", "--threads", "0"}, exitUsage, "--threads"},
		{"less than no time", []string{"worker", "--store", store, "--nats", "nats://127.0.0.1:1", "--grace", "-1s"}, exitUsage, "and -1s"},
		{"merge to nowhere", []string{"merge", "abcd", "--store", store}, exitUsage, "-o"},
		{"a password in the URL", []string{"worker", "--store", store, "--nats", "nats://me:secret@127.0.0.1"}, exitFailed, "without user and password"},
		{"an open queue elsewhere", []string{"worker", "--store", store, "--nats", "nats://192.0.2.1"}, exitFailed, "on another host: want credentials"},
		{"metrics", []string{"worker", "--store", store, "--nats", "nats://127.0.0.1:1", "--once", "--until-empty"}, exitUsage, "none of the others can be"},
	} {
		t.Run(c.name, func(t *testing.T) {
			status, stdout, stderr := premlp(t, c.args...)
			if status != c.status || !strings.Contains(stderr, c.want) || stdout != "" {
				t.Errorf("want status %d and %q, have %d, %q, %q", c.status, c.want, status, stderr, stdout)
			}
			if strings.Contains(stderr, "secret") {
				t.Error("a password is printed")
			}
			if _, err := os.Stat(none); !os.IsNotExist(err) {
				t.Errorf("want no folder made, have %v", err)
			}
		})
	}
}
