package filelock

import (
	"os"

	"golang.org/x/sys/windows"
)

// lockOffset is past anything written in the file: a lock on a range keeps
// other processes from reading it, and they read the holder's name.
const lockOffset = 1 << 30

// Try locks a file until it is closed, or returns at once.
func Try(f *os.File) error {
	at := windows.Overlapped{Offset: lockOffset}
	err := windows.LockFileEx(windows.Handle(f.Fd()), windows.LOCKFILE_EXCLUSIVE_LOCK|windows.LOCKFILE_FAIL_IMMEDIATELY, 0, 1, 0, &at)
	if err == windows.ERROR_LOCK_VIOLATION || err == windows.ERROR_IO_PENDING {
		return ErrBusy
	}
	return err
}
