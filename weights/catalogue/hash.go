package catalogue

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"io"
	"os"
	"path/filepath"
)

// HashFile reads one file of a folder through. report is told how many bytes were read.
func HashFile(ctx context.Context, dir, name string, report func(done, total int64)) (File, error) {
	f, err := os.Open(filepath.Join(dir, name))
	if err != nil {
		return File{}, err
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return File{}, err
	}
	h, done := sha256.New(), int64(0)
	buf := make([]byte, 1<<20)
	for {
		if err := ctx.Err(); err != nil {
			return File{}, err
		}
		n, err := f.Read(buf)
		h.Write(buf[:n])
		done += int64(n)
		report(done, info.Size())
		if err == io.EOF {
			return File{Name: name, SHA256: hex.EncodeToString(h.Sum(nil)), Bytes: done}, nil
		}
		if err != nil {
			return File{}, err
		}
	}
}
