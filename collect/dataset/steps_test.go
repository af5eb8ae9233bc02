package dataset_test

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"premlp/collect/dataset"
	"premlp/collect/dataset/datasettest"
)

// ramDir is a temporary folder, in memory where the system has a place for it,
// so that a test that syncs thousands of times is quick.
func ramDir(t testing.TB) string {
	t.Helper()
	if dir, err := os.MkdirTemp("/dev/shm", "premlp-test-"); err == nil {
		t.Cleanup(func() { _ = os.RemoveAll(dir) })
		return dir
	}
	return t.TempDir()
}

// writeOn makes the dataset or goes on with it, on a disk of its own.
func writeOn(d *dataset.FaultyDisk, dir string, m dataset.Manifest, q []dataset.Question, added func(i int)) error {
	questions, err := dataset.NewList(dataset.Slice(q))
	if err != nil {
		return err
	}
	w, _, err := dataset.ResumeOn(d, dir, m, questions)
	if errors.Is(err, os.ErrNotExist) {
		w, err = dataset.CreateOn(d, dir, m, questions)
	}
	if err != nil {
		return err
	}
	defer w.Close()
	for i := w.Next(); i < len(q); i++ {
		if err := w.Add(i, datasettest.Blocks(m, &q[i], i)); err != nil {
			return err
		}
		added(i)
	}
	return w.Finish(datasettest.Run())
}

// steps counts what a Writer does to its disk.
func steps(t *testing.T, m dataset.Manifest, q []dataset.Question) []string {
	t.Helper()
	d := &dataset.FaultyDisk{At: -1}
	if err := writeOn(d, filepath.Join(ramDir(t), "d"), m, q, func(int) {}); err != nil {
		t.Fatal(err)
	}
	return d.Steps
}

// When the disk is full at any step, at once or after half a write, the error
// says so, nothing incomplete has the dataset's name, what was added is kept,
// and the run can be gone on with to the same bytes. So it is when going on
// meets a full disk.
func TestDiskFull(t *testing.T) {
	m, q := sharded(), datasettest.Questions(6)
	want := readFolder(t, datasettest.Write(t, m, q))
	n := len(steps(t, m, q))
	tries := 0
	for at := range n {
		for _, fault := range []dataset.Fault{dataset.Full, dataset.HalfFull} {
			dir := filepath.Join(ramDir(t), "d")
			kept := -1
			for _, at := range []int{at, (at * 7) % n, -1} { // the last run meets no fault
				tries++
				d := &dataset.FaultyDisk{At: at, Fault: fault}
				err := writeOn(d, dir, m, q, func(i int) {
					if i <= kept {
						t.Fatalf("step %d: question %d was added before and lost", at, i)
					}
					kept = i
				})
				if len(d.Steps) <= at {
					at = -1 // it had less to do than that
				}
				checkFull(t, dir, d, at, err)
				if _, err := os.Stat(dir); err == nil {
					break
				}
			}
			equalFolders(t, want, readFolder(t, dir))
		}
	}
	t.Logf("%d steps of a run, %d runs", n, tries)
}

// checkFull checks how a run ended that met a full disk at a step, or none.
func checkFull(t *testing.T, dir string, d *dataset.FaultyDisk, at int, err error) {
	t.Helper()
	last := d.Steps[len(d.Steps)-1]
	if at < 0 {
		if err != nil {
			t.Fatalf("no fault, after %s: %v", last, err)
		}
		return
	}
	step := d.Steps[at]
	if strings.HasPrefix(step, "close ") && err == nil {
		return // of a run that failed anyway, or was already synced
	}
	if !errors.Is(err, syscall.ENOSPC) {
		t.Fatalf("step %d, %s: want no space left, have %v", at, step, err)
	}
	if _, stat := os.Stat(dir); stat == nil && (at < 1 || d.Steps[at-1] != "rename") {
		t.Fatalf("step %d, %s: an incomplete dataset has its name", at, step)
	}
}

// A write that went wrong says how far the dataset is and that it can be gone on
// with; nothing can be added or finished behind it.
func TestAfterFailedWrite(t *testing.T) {
	m, q := sharded(), datasettest.Questions(6)
	at := 0
	for i, step := range steps(t, m, q) {
		if step == "write rows-00001.msgpack" {
			at = i
		}
	}
	dir := filepath.Join(t.TempDir(), "d")
	w, err := dataset.CreateOn(&dataset.FaultyDisk{At: at, Fault: dataset.HalfFull}, dir, m, list(t, q))
	if err != nil {
		t.Fatal(err)
	}
	i := 0
	for ; err == nil; i++ {
		err = w.Add(i, datasettest.Blocks(m, &q[i], i))
	}
	if !errors.Is(err, syscall.ENOSPC) || !strings.Contains(err.Error(), "can be resumed") {
		t.Errorf("want no space left and what to do, have %v", err)
	}
	for _, again := range []error{w.Add(i, datasettest.Blocks(m, &q[i], i)), w.Finish(datasettest.Run())} {
		if !errors.Is(again, syscall.ENOSPC) {
			t.Errorf("after it: want the same error, have %v", again)
		}
	}
	if err := w.Close(); err != nil {
		t.Error(err)
	}
}
