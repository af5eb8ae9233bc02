package dataset

import (
	"io"
	"os"

	"github.com/google/renameio/v2/maybe"
)

// disk is what a Writer changes files by. Tests put another in its place, which
// fails, or ends the process, at any step.
type disk interface {
	open(path string, flag int) (rowsFile, error)
	replace(path string, data []byte) error // wholly or, where the system can do that, not at all; synced
	truncate(path string, size int64) error
	remove(path string) error
	rename(from, to string) error
	syncDir(path string) error
}

// rowsFile is what a Writer asks of a file that grows.
type rowsFile interface {
	io.Writer
	Sync() error
	Close() error
}

// osDisk is the operating system's.
type osDisk struct{}

func (osDisk) open(path string, flag int) (rowsFile, error) { return os.OpenFile(path, flag, 0o644) }
func (osDisk) replace(path string, data []byte) error       { return maybe.WriteFile(path, data, 0o644) }
func (osDisk) truncate(path string, size int64) error       { return os.Truncate(path, size) }
func (osDisk) remove(path string) error                     { return os.Remove(path) }
func (osDisk) rename(from, to string) error                 { return os.Rename(from, to) }
func (osDisk) syncDir(path string) error                    { return syncDir(path) }
