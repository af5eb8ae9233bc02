package dataset

import (
	"errors"
	"fmt"
	"os"
	"runtime/debug"

	mmap "github.com/edsrzf/mmap-go"
)

// mapped is a file's bytes, mapped read-only; nil for an empty file.
type mapped struct{ data mmap.MMap }

func mapFile(path string) (*mapped, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close() // the mapping stays
	info, err := f.Stat()
	if err != nil {
		return nil, err
	}
	if !info.Mode().IsRegular() {
		return nil, fmt.Errorf("%s: want a regular file, have %s", path, info.Mode().Type())
	}
	if info.Size() == 0 {
		return &mapped{}, nil // an empty file cannot be mapped
	}
	data, err := mmap.Map(f, mmap.RDONLY, 0)
	if err != nil {
		return nil, fmt.Errorf("map %s: %w", path, err)
	}
	return &mapped{data}, nil
}

func (m *mapped) close() error {
	if m.data == nil {
		return nil
	}
	return m.data.Unmap()
}

// errFault is reading a mapped page that the file no longer has.
var errFault = errors.New("the file was cut short or its disk failed while it was read")

// guard runs read, which reads mapped memory. A page that cannot be read would
// end the process; here it is an error.
func guard(read func() error) (err error) {
	defer debug.SetPanicOnFault(debug.SetPanicOnFault(true))
	defer func() {
		p := recover()
		if p == nil {
			return
		}
		if _, fault := p.(interface{ Addr() uintptr }); !fault {
			panic(p)
		}
		err = errFault
	}()
	return read()
}
