package export

import (
	"archive/zip"
	"encoding/binary"
	"io"
	"math"
)

// torchArchive is a zip archive as PyTorch writes them: nothing compressed,
// every file's bytes at a multiple of 64, so that torch.load can map them.
type torchArchive struct {
	out  *counter
	zip  *zip.Writer
	last *counter // what was written of the last file
}

const (
	torchFolder = "concept_dataset/"
	torchAlign  = 64
	zipHeader   = 30 // bytes of a local file header before its name
)

// descriptor is the length of what archive/zip writes behind the last file when
// the next one begins: its checksum and sizes, as 64-bit numbers where needed.
func (a *torchArchive) descriptor() int64 {
	switch {
	case a.last == nil:
		return 0
	case a.last.n >= math.MaxUint32:
		return 24
	}
	return 16
}

func (a *torchArchive) add(name string, write func(io.Writer) error) error {
	if err := a.zip.Flush(); err != nil {
		return err
	}
	name = torchFolder + name
	start := a.out.n + a.descriptor() + zipHeader + int64(len(name))
	w, err := a.zip.CreateHeader(&zip.FileHeader{
		Name: name, Method: zip.Store, Extra: padding(start),
	})
	if err != nil {
		return err
	}
	a.last = &counter{w: w}
	return write(a.last)
}

// padding is an extra field "FB", as PyTorch pads, that ends at a multiple of
// 64 when it starts at offset.
func padding(offset int64) []byte {
	const header = 4
	n := -(offset + header) & (torchAlign - 1)
	b := append([]byte("FB"), 0, 0)
	binary.LittleEndian.PutUint16(b[2:], uint16(n))
	for range n {
		b = append(b, 'Z')
	}
	return b
}

// counter counts the bytes written.
type counter struct {
	w io.Writer
	n int64
}

func (c *counter) Write(b []byte) (int, error) {
	n, err := c.w.Write(b)
	c.n += int64(n)
	return n, err
}
