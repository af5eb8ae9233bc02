package dataset_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"premlp/collect/dataset"
	"premlp/collect/dataset/datasettest"
)

// childEnv holds the work of another process, which is to be killed.
const childEnv = "DATASET_TEST_CHILD"

// childWork is what the other process does: it makes the dataset or goes on with
// it, on a disk that kills it at a step, and prints the questions it added.
type childWork struct {
	Dir       string
	Questions int
	Pause     int // after so many questions it waits to be killed; 0: it does not
	At        int // the step at which it is killed; -1: none
	Fault     dataset.Fault
	Power     bool
}

func TestMain(m *testing.M) {
	if text := os.Getenv(childEnv); text != "" {
		var work childWork
		err := json.Unmarshal([]byte(text), &work)
		if err == nil {
			err = work.do()
		}
		if err != nil {
			os.Stderr.WriteString(err.Error())
			os.Exit(3)
		}
		os.Exit(0)
	}
	os.Exit(m.Run())
}

func (c childWork) do() error {
	n := 0
	d := &dataset.FaultyDisk{At: c.At, Fault: c.Fault, Power: c.Power}
	return writeOn(d, c.Dir, sharded(), datasettest.Questions(c.Questions), func(i int) {
		os.Stdout.WriteString(strconv.Itoa(i) + "\n")
		if n++; n == c.Pause {
			time.Sleep(10 * time.Minute)
		}
	})
}

// command is the other process, not yet started.
func (c childWork) command(t *testing.T) *exec.Cmd {
	t.Helper()
	text, err := json.Marshal(c)
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), childEnv+"="+string(text))
	return cmd
}

// run runs the other process to its end and says whether it was killed and which
// questions it had added.
func (c childWork) run(t *testing.T) (killed bool, added []string) {
	t.Helper()
	cmd := c.command(t)
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	var exit *exec.ExitError
	if err != nil && (!errors.As(err, &exit) || exit.ExitCode() == 3) {
		t.Fatalf("%+v: %v: %s", c, err, &stderr)
	}
	return err != nil, strings.Fields(string(out))
}

// A process that is killed at any step of a run, before it, in the middle of a
// write or after it, and then again while it goes on, loses nothing that was
// added, and the dataset gets the bytes of an undisturbed run. A power cut may
// cost what was not synced, but no more.
func TestKilledAtEveryStep(t *testing.T) {
	questions := 4
	if long {
		questions = 12
	}
	m, q := sharded(), datasettest.Questions(questions)
	want := readFolder(t, datasettest.Write(t, m, q))
	n := len(steps(t, m, q))
	kills := 0
	for at := range n {
		if testing.Short() && at%8 != 0 {
			continue
		}
		for _, fault := range []dataset.Fault{dataset.KillFirst, dataset.KillHalf, dataset.KillAfter} {
			for _, power := range []bool{false, true} {
				if power && fault == dataset.KillHalf {
					continue // half of what is lost anyway
				}
				kills += killedTwice(t, childWork{Questions: questions, At: at, Fault: fault, Power: power}, want, n)
			}
		}
	}
	t.Logf("%d kills at %d steps: 0 rows lost or doubled", kills, n)
}

// killedTwice kills a run and the one that goes on with it, and lets a third
// finish. It returns how many were killed.
func killedTwice(t *testing.T, c childWork, want map[string][]byte, steps int) (kills int) {
	t.Helper()
	c.Dir = filepath.Join(ramDir(t), "d")
	var kept []string
	first := c.At
	for _, at := range []int{first, (first * 5) % steps, -1} {
		c.At = at
		killed, added := c.run(t)
		if killed {
			kills++
		}
		if len(added) > 0 && !c.Power && slices.Contains(kept, added[0]) {
			t.Fatalf("%+v: question %s was added and lost", c, added[0])
		}
		kept = append(kept, added...)
		if _, err := os.Stat(c.Dir); err == nil {
			break
		}
	}
	have := readFolder(t, c.Dir)
	equalFolders(t, want, have)
	return kills
}

// While a run is going, nobody else may write, and readers hear how far it is.
// Killed, it leaves what it had added.
func TestResumeKilled(t *testing.T) {
	m, q := sharded(), datasettest.Questions(40)
	dir := filepath.Join(t.TempDir(), "d")
	for _, questions := range []int{3, 8, 13} {
		cmd := childWork{Dir: dir, Questions: len(q), Pause: questions, At: -1}.command(t)
		out, err := cmd.StdoutPipe()
		if err != nil {
			t.Fatal(err)
		}
		var failed bytes.Buffer
		cmd.Stderr = &failed
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		seen := 0
		for one := make([]byte, 1); seen < questions; {
			if _, err := out.Read(one); err != nil {
				_ = cmd.Wait()
				t.Fatalf("%v: %s", err, &failed)
			}
			if one[0] == '\n' {
				seen++
			}
		}
		if _, _, err := dataset.Resume(dir, m, list(t, q)); !errors.Is(err, dataset.ErrLocked) || !strings.Contains(err.Error(), "process "+strconv.Itoa(cmd.Process.Pid)) {
			t.Errorf("resume beside a running one: %v", err)
		}
		if _, err := dataset.Create(dir, m, list(t, q)); !errors.Is(err, dataset.ErrLocked) {
			t.Errorf("create beside a running one: %v", err)
		}
		if _, err := dataset.Open(dir); !errors.Is(err, dataset.ErrUnfinished) || !strings.Contains(err.Error(), " of 40 questions; run collect again") {
			t.Errorf("open beside a running one: %v", err)
		}
		if err := cmd.Process.Kill(); err != nil {
			t.Fatal(err)
		}
		_ = cmd.Wait()
	}
	w, next, err := dataset.Resume(dir, m, list(t, q))
	if err != nil || next != 3+8+13 {
		t.Fatalf("want 24 questions to be there, have %d, %v", next, err)
	}
	addFrom(t, w, next, q)
	equalFolders(t, readFolder(t, datasettest.Write(t, m, q)), readFolder(t, dir))
	if entries, _ := os.ReadDir(filepath.Dir(dir)); len(entries) != 1 {
		t.Errorf("left behind: %v", entries)
	}
}
