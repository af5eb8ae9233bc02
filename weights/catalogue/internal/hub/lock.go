package hub

import (
	"context"
	"os"
	"path/filepath"
	"time"
)

// lock takes the lock file the Python library uses for the same blob, so that
// two programs never write one file. It waits until ctx ends.
func lock(ctx context.Context, path string) (release func(), err error) {
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return nil, err
	}
	f, err := os.OpenFile(path, os.O_CREATE|os.O_RDWR, 0o644)
	if err != nil {
		return nil, err
	}
	for {
		taken, err := tryLock(f)
		if err != nil {
			f.Close()
			return nil, err
		}
		if taken {
			return func() { f.Close() }, nil // closing releases it; the file stays, as in Python
		}
		select {
		case <-ctx.Done():
			f.Close()
			return nil, ctx.Err()
		case <-time.After(100 * time.Millisecond):
		}
	}
}
