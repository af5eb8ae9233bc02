package weights

import (
	"errors"
	"io"
	"os"
	"path/filepath"
)

// ReplaceFile writes a file under a temporary name in the same folder, syncs
// it and renames it to path. After an error path is as it was. renameio has no
// Windows version: there the rename replaces the file but may not be atomic.
func ReplaceFile(path string, write func(io.Writer) error) (err error) {
	f, err := os.CreateTemp(filepath.Dir(path), "."+filepath.Base(path)+".*")
	if err != nil {
		return err
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, os.Remove(f.Name()))
		}
	}()
	err = write(f)
	if err == nil {
		err = f.Sync()
	}
	if e := f.Close(); err == nil {
		err = e
	}
	if err != nil {
		return err
	}
	return os.Rename(f.Name(), path)
}
