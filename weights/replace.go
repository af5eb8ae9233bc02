//go:build !windows

package weights

import (
	"io"
	"path/filepath"

	"github.com/google/renameio/v2"
)

// ReplaceFile writes a file under a temporary name in the same folder, syncs
// it and renames it to path. After an error path is as it was.
func ReplaceFile(path string, write func(io.Writer) error) error {
	f, err := renameio.NewPendingFile(path, renameio.WithTempDir(filepath.Dir(path)), renameio.WithPermissions(0o644))
	if err != nil {
		return err
	}
	defer f.Cleanup()
	if err := write(f); err != nil {
		return err
	}
	return f.CloseAtomicallyReplace()
}
