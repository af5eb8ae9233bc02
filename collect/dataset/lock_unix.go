//go:build unix

package dataset

import "os"

// removeLocked removes the file while it is still locked: nobody can lock the
// same name and lose it.
func removeLocked(f *os.File) {
	_ = os.Remove(f.Name())
	f.Close()
}

// syncDir makes the names in a folder durable.
func syncDir(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	defer d.Close()
	return d.Sync()
}
