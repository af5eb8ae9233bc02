package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"maps"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"strings"
	"testing"
	"time"

	"premlp/collect/dataset"
)

// asCommand makes this test's program the premlp command, to be killed.
const asCommand = "PREMLP_TEST_AS_COMMAND"

func TestMain(m *testing.M) {
	if os.Getenv(asCommand) != "" {
		main() // does not return
	}
	os.Exit(m.Run())
}

// memoryDir is a temporary folder, in memory where the system has a place for
// it: there syncing costs nothing.
func memoryDir(t *testing.T) string {
	t.Helper()
	if dir, err := os.MkdirTemp("/dev/shm", "premlp-test-"); err == nil {
		t.Cleanup(func() { _ = os.RemoveAll(dir) })
		return dir
	}
	return t.TempDir()
}

// killedJob is a command that is killed over and over until it is done.
type killedJob struct {
	args []string
	out  string            // the folder it makes
	want map[string][]byte // what is in it when nothing disturbs it
	rand *rand.Rand

	time, writing time.Duration // it takes then, of them it writes

	kills, done, resumed int
}

// TestCollectKilled kills the command with signal 9 at moments taken by chance,
// most of them near its end, where files are synced, completed and renamed. What
// was stored is gone on with, nothing is lost or stored twice, and the bytes are
// those of an undisturbed run. PREMLP_TEST_LONG=1 kills 2000 times.
func TestCollectKilled(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("a killed process cannot be told from one that failed")
	}
	kills := 60
	if testing.Short() {
		kills = 10
	}
	if os.Getenv("PREMLP_TEST_LONG") != "" {
		kills = 2000
	}
	out := filepath.Join(memoryDir(t), "out")
	job := &killedJob{
		args: collectArgs(t, tinyModel(t), out, "--date", "2026-01-02", "--sites", "all", "--batch-tokens", "1", "--threads", "1"),
		out:  out, rand: rand.New(rand.NewPCG(8, 9)),
	}
	job.undisturbed(t)
	job.want = datasetFiles(t, out)
	if err := os.RemoveAll(out); err != nil {
		t.Fatal(err)
	}
	// How many kills come in the midst is chance: go on until there is one of each.
	for job.kills < kills || (job.done == 0 || job.resumed == 0) && job.kills < 30*kills {
		job.once(t)
	}
	if job.done == 0 || job.resumed == 0 {
		t.Errorf("want runs gone on with and runs that ended, have %d and %d", job.resumed, job.done)
	}
	t.Logf("%d kills, %d runs gone on with, %d datasets made: 0 rows lost or doubled", job.kills, job.resumed, job.done)
}

// undisturbed runs the command and measures it.
func (j *killedJob) undisturbed(t *testing.T) {
	t.Helper()
	begun := make(chan time.Time, 1)
	go func() {
		j.until(t.Context(), j.lock(), 0)
		begun <- time.Now()
	}()
	start := time.Now()
	if text, err := j.command(t.Context()).CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, text)
	}
	j.time, j.writing = time.Since(start), time.Since(<-begun)
}

// rows is the file that is being written, lock one that is there meanwhile.
func (j *killedJob) rows() string { return filepath.Join(j.out+".partial", "rows-00000.msgpack") }
func (j *killedJob) lock() string { return j.out + ".partial.lock" }

func (j *killedJob) command(ctx context.Context) *exec.Cmd {
	cmd := exec.CommandContext(ctx, os.Args[0], j.args...)
	cmd.Env = append(os.Environ(), asCommand+"=1")
	return cmd
}

// once runs the command on what the last one left and kills it, or compares what
// it made and removes that.
func (j *killedJob) once(t *testing.T) {
	t.Helper()
	before := j.stored(t)
	_ = os.Remove(j.lock()) // a killed run's; wait looks for the next one's
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	cmd := j.command(ctx)
	var text bytes.Buffer
	cmd.Stderr = &text
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	stage, share := j.rand.IntN(4), j.rand.Float64()
	go func() {
		j.wait(ctx, stage, share)
		cancel() // kills it
	}()
	err := cmd.Wait()
	cancel()
	if m := resuming.FindStringSubmatch(text.String()); m != nil {
		j.resumed++
		if before != m[1] {
			t.Fatalf("want it gone on with after %s questions, have %q", before, m[0])
		}
	}
	switch {
	case cmd.ProcessState.Success(): // it may end before the signal comes
		j.finished(t)
	case !cmd.ProcessState.Exited():
		j.kills++
		if _, err := os.Stat(j.out); err == nil { // between its name and its end
			j.finished(t)
		}
	default:
		t.Fatalf("%v: %s", err, &text)
	}
}

// wait waits for the moment to kill, which is at a share of the time that a
// stage of the run takes.
func (j *killedJob) wait(ctx context.Context, stage int, share float64) {
	within := j.time
	switch stage {
	case 0: // anywhere, the start of the process included
	case 1: // once all rows are there
		j.until(ctx, j.lock(), 0)
		size := int64(len(j.want["rows-00000.msgpack"]))
		j.until(ctx, j.rows(), size-size/20)
		within = j.writing / 10
	default: // while it writes
		j.until(ctx, j.lock(), 0)
		within = j.writing
	}
	time.Sleep(time.Duration(share * float64(within)))
}

// until waits until a file has a size.
func (j *killedJob) until(ctx context.Context, path string, size int64) {
	for ctx.Err() == nil {
		if info, err := os.Stat(path); err == nil && info.Size() >= size {
			return
		}
		time.Sleep(50 * time.Microsecond)
	}
}

// The notes that say how many questions are stored.
var (
	resuming   = regexp.MustCompile(`resuming .*: (\d+) of 20 questions are done`)
	unfinished = regexp.MustCompile(`unfinished: (\d+) of 20 questions`)
)

// stored is how many questions a killed run left, "" where it had not begun.
func (j *killedJob) stored(t *testing.T) string {
	t.Helper()
	r, err := dataset.Open(j.out)
	if err == nil {
		r.Close()
		t.Fatal("want no dataset before a run")
	}
	if m := unfinished.FindStringSubmatch(err.Error()); m != nil {
		return m[1]
	}
	if errors.Is(err, os.ErrNotExist) {
		return ""
	}
	if !strings.Contains(err.Error(), "no question was begun") {
		t.Fatal(err)
	}
	return "0"
}

// finished compares what was made and removes it.
func (j *killedJob) finished(t *testing.T) {
	t.Helper()
	j.done++
	if have := datasetFiles(t, j.out); !maps.EqualFunc(have, j.want, bytes.Equal) {
		t.Fatal("want the bytes of an undisturbed run")
	}
	r, err := dataset.Open(j.out)
	if err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(r.Verify(t.Context(), nil), r.Close(), os.RemoveAll(j.out)); err != nil {
		t.Fatal(err)
	}
}

// datasetFiles reads the files that a manifest determines.
func datasetFiles(t *testing.T, dir string) map[string][]byte {
	t.Helper()
	files := map[string][]byte{}
	for _, name := range []string{"manifest.json", "questions.jsonl", "rows-00000.msgpack"} {
		files[name] = readFile(t, filepath.Join(dir, name))
	}
	if more, err := filepath.Glob(filepath.Join(dir, "*")); err != nil || len(more) != 4 {
		t.Fatal(fmt.Sprintf("want four files, have %v", more), err)
	}
	return files
}
