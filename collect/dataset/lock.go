package dataset

import (
	"errors"
	"fmt"
	"os"
	"strings"

	"premlp/collect/internal/filelock"
)

// lock keeps a second run away from DIR.partial. It is an advisory lock of the
// operating system on a file beside the folder, so that it vanishes with the
// process that holds it, however that ends.
type lock struct{ file *os.File }

// takeLock locks path, creating it, and writes the holder's name into it.
func takeLock(path string) (*lock, error) {
	for {
		f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o644)
		if err != nil {
			return nil, fmt.Errorf("dataset: lock: %w", err)
		}
		if err := filelock.Try(f); err != nil {
			holder := readHolder(f)
			f.Close()
			if errors.Is(err, filelock.ErrBusy) {
				return nil, fmt.Errorf("dataset: %s: %w%s", path, ErrLocked, holder)
			}
			return nil, fmt.Errorf("dataset: lock %s: %w", path, err)
		}
		// The holder before may have removed the file between our opening and
		// locking it: then the lock is on a file nobody else will ever see.
		if mine, err := f.Stat(); err == nil {
			if now, err := os.Stat(path); err == nil && os.SameFile(mine, now) {
				writeHolder(f)
				return &lock{f}, nil
			}
		}
		f.Close()
	}
}

// release removes the file, then the lock with it.
func (l *lock) release() {
	if l.file == nil {
		return
	}
	removeLocked(l.file)
	l.file = nil
}

// writeHolder and readHolder only serve the text of an error.
func writeHolder(f *os.File) {
	host, _ := os.Hostname()
	_ = f.Truncate(0)
	_, _ = f.WriteAt(fmt.Appendf(nil, "process %d on %s\n", os.Getpid(), host), 0)
}

func readHolder(f *os.File) string {
	b := make([]byte, 256)
	n, _ := f.ReadAt(b, 0)
	if n == 0 {
		return ""
	}
	return " (" + strings.TrimSpace(strings.ToValidUTF8(string(b[:n]), "?")) + ")"
}
