//go:build unix

package filelock

import (
	"os"

	"golang.org/x/sys/unix"
)

// Try locks a file until it is closed, or returns at once.
func Try(f *os.File) error {
	for {
		err := unix.Flock(int(f.Fd()), unix.LOCK_EX|unix.LOCK_NB)
		switch err {
		case unix.EINTR:
			continue
		case unix.EWOULDBLOCK:
			return ErrBusy
		}
		return err
	}
}
