package dataset

import (
	"fmt"
	"os"
	"path/filepath"
	"syscall"
)

// Fault is what happens at a step of a FaultyDisk.
type Fault int

const (
	None      Fault = iota
	Full            // the step does nothing and fails for want of space
	HalfFull        // a write writes half, then fails
	KillHalf        // a write writes half, then the process is killed
	KillFirst       // it is killed before the step
	KillAfter       // it is killed after the step
)

// FaultyDisk is a disk on which something goes wrong at one step.
type FaultyDisk struct {
	osDisk
	At    int   // the step, counted from 0; -1: none
	Fault Fault // there
	// Power makes a kill a power cut: what was not synced before it is lost.
	Power bool

	Steps []string // names of the steps so far
}

// step does a step, or what goes wrong with it. half, which may be nil, does
// half of it.
func (d *FaultyDisk) step(name string, do, half func() error) error {
	d.Steps = append(d.Steps, name)
	if len(d.Steps)-1 != d.At {
		return do()
	}
	if half != nil && (d.Fault == HalfFull || d.Fault == KillHalf) {
		_ = half()
	}
	switch d.Fault {
	case KillHalf, KillFirst:
		kill()
	case KillAfter:
		_ = do()
		kill()
	case Full, HalfFull:
		return &os.PathError{Op: name, Path: "disk", Err: syscall.ENOSPC}
	}
	return do()
}

// kill ends the process as kill -9 does.
func kill() {
	if p, err := os.FindProcess(os.Getpid()); err == nil {
		_ = p.Kill()
	}
	select {}
}

func (d *FaultyDisk) open(path string, flag int) (f rowsFile, err error) {
	err = d.step("open "+filepath.Base(path), func() error {
		f, err = d.osDisk.open(path, flag)
		return err
	}, nil)
	return &faultyFile{disk: d, rowsFile: f, name: filepath.Base(path)}, err
}

func (d *FaultyDisk) replace(path string, data []byte) error {
	return d.step("replace "+filepath.Base(path), func() error { return d.osDisk.replace(path, data) }, func() error {
		// As renameio leaves it when it is killed.
		return os.WriteFile(filepath.Join(filepath.Dir(path), "."+filepath.Base(path)+"123"), data[:len(data)/2], 0o644)
	})
}

func (d *FaultyDisk) truncate(path string, size int64) error {
	return d.step("truncate "+filepath.Base(path), func() error { return d.osDisk.truncate(path, size) }, nil)
}

func (d *FaultyDisk) remove(path string) error {
	return d.step("remove "+filepath.Base(path), func() error { return d.osDisk.remove(path) }, nil)
}

func (d *FaultyDisk) rename(from, to string) error {
	return d.step("rename", func() error { return d.osDisk.rename(from, to) }, nil)
}

func (d *FaultyDisk) syncDir(path string) error {
	return d.step("sync folder", func() error { return d.osDisk.syncDir(path) }, nil)
}

// faultyFile is a file of a FaultyDisk.
type faultyFile struct {
	disk *FaultyDisk
	rowsFile
	name     string
	unsynced []byte // with Power
}

func (f *faultyFile) write(b []byte) (int, error) {
	if f.disk.Power {
		f.unsynced = append(f.unsynced, b...)
		return len(b), nil
	}
	return f.rowsFile.Write(b)
}

func (f *faultyFile) flush() error {
	_, err := f.rowsFile.Write(f.unsynced)
	f.unsynced = nil
	return err
}

func (f *faultyFile) Write(b []byte) (n int, err error) {
	err = f.disk.step(fmt.Sprintf("write %s", f.name), func() error {
		n, err = f.write(b)
		return err
	}, func() error {
		n, err = f.write(b[:len(b)/2])
		return err
	})
	return n, err
}

func (f *faultyFile) Sync() error {
	return f.disk.step("sync "+f.name, func() error {
		if err := f.flush(); err != nil {
			return err
		}
		return f.rowsFile.Sync()
	}, nil)
}

func (f *faultyFile) Close() error {
	return f.disk.step("close "+f.name, f.rowsFile.Close, nil)
}
