//go:build cloud

package cloud

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"premlp/collect"
	"premlp/collect/collecttest"
	"premlp/collect/dataset"
	"premlp/collect/jobs"
	"premlp/collect/jobs/queue"
	"premlp/collect/jobs/store"
)

// s3Server runs the server that PREMLP_S3_SERVER names, a versitygw, and opens a
// store in a bucket of it.
func s3Server(t *testing.T) *store.Store {
	t.Helper()
	program := os.Getenv("PREMLP_S3_SERVER")
	if program == "" {
		t.Skip("PREMLP_S3_SERVER names no versitygw: make test-cloud installs one")
	}
	dir := t.TempDir()
	if err := os.Mkdir(filepath.Join(dir, "bucket"), 0o755); err != nil {
		t.Fatal(err)
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	address := listener.Addr().String()
	listener.Close()
	var log bytes.Buffer
	server := exec.Command(program, "--access", "id", "--secret", "secret", "--port", address, "posix", dir)
	server.Stdout, server.Stderr = &log, &log
	if err := server.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = server.Process.Kill()
		_ = server.Wait()
		if t.Failed() {
			t.Logf("the server: %s", log.String())
		}
	})
	for name, value := range map[string]string{
		"AWS_ACCESS_KEY_ID": "id", "AWS_SECRET_ACCESS_KEY": "secret", "AWS_CONFIG_FILE": "/nothing", "AWS_SHARED_CREDENTIALS_FILE": "/nothing",
	} {
		t.Setenv(name, value)
	}
	url := "s3://%s?region=us-east-1&use_path_style=true&endpoint=http://" + address
	s, err := store.Open(t.Context(), fmt.Sprintf(url, "bucket"))
	for deadline := time.Now().Add(20 * time.Second); err != nil && time.Now().Before(deadline); time.Sleep(50 * time.Millisecond) {
		s, err = store.Open(t.Context(), fmt.Sprintf(url, "bucket")) // it begins to listen
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	if _, err := store.Create(t.Context(), fmt.Sprintf(url, "nothing")); err == nil || err.Error() != "store s3://nothing: no such bucket: make it first" {
		t.Errorf("a bucket that is not there: have %v", err)
	}
	t.Setenv("AWS_SECRET_ACCESS_KEY", "wrong")
	if _, err := store.Open(t.Context(), fmt.Sprintf(url, "bucket")); err == nil || !strings.Contains(err.Error(), "SignatureDoesNotMatch") {
		t.Errorf("a wrong key: have %v", err)
	}
	t.Setenv("AWS_SECRET_ACCESS_KEY", "secret")
	return s
}

// Of many that put at once, one is written, and the others learn that they are
// not it: also where an object is so large that it goes in parts.
func TestServerPutsOnce(t *testing.T) {
	s := s3Server(t)
	for _, size := range []int{1, 1 << 10, 20 << 20} {
		name := fmt.Sprintf("a/%d", size)
		var mu sync.Mutex
		var winner byte
		won := 0
		var running sync.WaitGroup
		for i := range byte(6) {
			running.Go(func() {
				written, err := s.PutBytes(t.Context(), name, bytes.Repeat([]byte{i}, size))
				mu.Lock()
				defer mu.Unlock()
				switch {
				case written && err == nil:
					winner, won = i, won+1
				case written || !errors.Is(err, store.ErrDifferent):
					t.Errorf("%d bytes: want ErrDifferent, have %v, %v", size, written, err)
				}
			})
		}
		running.Wait()
		data, err := s.Get(t.Context(), name, 1<<30)
		if won != 1 || err != nil || !bytes.Equal(data, bytes.Repeat([]byte{winner}, size)) {
			t.Errorf("%d bytes: want one written and kept, have %d written, %d bytes kept, %v", size, won, len(data), err)
		}
		if written, err := s.PutBytes(t.Context(), name, data); written || err != nil {
			t.Errorf("%d bytes again: have %v, %v", size, written, err)
		}
	}
}

// A job whose blocks lie in a bucket is merged to the bytes of a run on one machine.
func TestServerKeepsAJob(t *testing.T) {
	s := s3Server(t)
	l, err := collect.OpenModel(collecttest.Model(t, 1))
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	dir := t.TempDir()
	p, err := collect.Prepare(t.Context(), l, collect.Job{
		Target: "France", Controls: []string{"Spain", "United Kingdom"}, Templates: collect.SeedTemplates, Chat: l.Chat,
	}, collect.Options{Sites: l.Model.Sites(), Layers: []int{0, 1, 2}, DType: dataset.F32, Dir: filepath.Join(dir, "single")})
	if err != nil {
		t.Fatal(err)
	}
	defer p.Close()
	if _, err := p.Run(t.Context(), nil, nil); err != nil {
		t.Fatal(err)
	}
	t.Setenv("PREMLP_CACHE", t.TempDir()) // so that the model comes from the bucket
	q := queue.NewMemory(queue.Options{})
	defer q.Close()
	done, err := jobs.Submit(t.Context(), s, q, p, jobs.SubmitOptions{UnitBytes: 15_000})
	if err != nil || done.Units < 5 || done.Queued != done.Units {
		t.Fatal(done, err)
	}
	var running sync.WaitGroup
	for i := range 2 {
		running.Go(func() {
			w := &jobs.Worker{
				Store: s, Queue: q, Name: fmt.Sprint("worker-", i), Host: "test", Cache: t.TempDir(), Threads: 1, UntilEmpty: true,
				Log: slog.New(slog.NewTextHandler(io.Discard, nil)), Metrics: &jobs.Metrics{},
			}
			if err := w.Run(t.Context()); err != nil {
				t.Error(err)
			}
		})
	}
	running.Wait()
	if _, err := jobs.Merge(t.Context(), s, done.Job, filepath.Join(dir, "merged"), dataset.RunInfo{}, nil); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"manifest.json", "questions.jsonl", "rows-00000.msgpack"} {
		want, err := os.ReadFile(filepath.Join(dir, "single", name))
		have, errHave := os.ReadFile(filepath.Join(dir, "merged", name))
		if err = errors.Join(err, errHave); err != nil || !bytes.Equal(want, have) {
			t.Errorf("%s: other bytes than the single machine's, %v", name, err)
		}
	}
	again, err := jobs.Submit(t.Context(), s, q, p, jobs.SubmitOptions{UnitBytes: 15_000, Check: true})
	if err != nil || again.Present != done.Units || again.Queued != 0 {
		t.Errorf("submitted again: have %+v, %v", again, err)
	}
}
