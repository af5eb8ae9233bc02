package weights

import (
	"context"
	"crypto/sha256"
	"fmt"
	"io"
	"math"
	"os"

	"github.com/edsrzf/mmap-go"
)

// mapped is one checkpoint file in memory, read-only. The file stays open so
// that its digest is that of the mapped content, even if the name has since
// been given to another file.
type mapped struct {
	path string
	file *os.File
	data mmap.MMap // nil after Close
	size int64
}

// mapFile maps the regular file at path, which must have at least min bytes.
func mapFile(path string, min int64) (*mapped, error) {
	info, err := os.Stat(path) // before opening: opening a pipe would wait
	if err != nil {
		return nil, err
	}
	if !info.Mode().IsRegular() {
		return nil, fmt.Errorf("%s: want a regular file, have %s", path, info.Mode().Type())
	}
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	m, err := mapOpen(f, min)
	if err != nil {
		f.Close()
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return m, nil
}

func mapOpen(f *os.File, min int64) (*mapped, error) {
	info, err := f.Stat()
	if err != nil {
		return nil, err
	}
	size := info.Size()
	if size < min {
		return nil, fmt.Errorf("file size: want at least %d bytes, have %d", min, size)
	}
	if size > math.MaxInt {
		return nil, fmt.Errorf("file size: want at most %d bytes, have %d", math.MaxInt, size)
	}
	data, err := mmap.MapRegion(f, int(size), mmap.RDONLY, 0, 0)
	if err != nil {
		return nil, fmt.Errorf("map: %w", err)
	}
	return &mapped{path: f.Name(), file: f, data: data, size: size}, nil
}

// sha256 reads the file and returns its digest; it stops when ctx is done.
func (m *mapped) sha256(ctx context.Context) ([]byte, error) {
	h := sha256.New()
	// Read rather than hashed from the mapping, which would pull the whole
	// file into this process's resident memory.
	src := io.NewSectionReader(m.file, 0, m.size)
	n, err := io.CopyBuffer(h, &contextReader{ctx, src}, make([]byte, 1<<20))
	if err != nil {
		return nil, err
	}
	if n != m.size {
		return nil, fmt.Errorf("%s: digest: want %d bytes, have %d: the file was shortened while open", m.path, m.size, n)
	}
	return h.Sum(nil), nil
}

// Close unmaps and closes the file. It may be called again.
func (m *mapped) Close() error {
	if m.data == nil {
		return nil
	}
	err := m.data.Unmap()
	if e := m.file.Close(); err == nil {
		err = e
	}
	return err
}

// contextReader is r until ctx is done. It hides r's WriterTo, which would
// read everything in one call.
type contextReader struct {
	ctx context.Context
	r   io.Reader
}

func (c *contextReader) Read(p []byte) (int, error) {
	if err := c.ctx.Err(); err != nil {
		return 0, err
	}
	return c.r.Read(p)
}
