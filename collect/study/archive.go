package study

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"path"
)

// maxUnpacked bounds what an archive of a study's data unpacks to.
const maxUnpacked = 64 << 20

// unpack returns the files of a .tgz by their base names.
func unpack(name string, data []byte) (map[string][]byte, error) {
	fail := func(err error) (map[string][]byte, error) { return nil, fmt.Errorf("%s: %w", name, err) }
	z, err := gzip.NewReader(bytes.NewReader(data))
	if err != nil {
		return fail(err)
	}
	files, left := map[string][]byte{}, int64(maxUnpacked)
	for t := tar.NewReader(z); ; {
		h, err := t.Next()
		if errors.Is(err, io.EOF) {
			return files, nil
		}
		if err != nil {
			return fail(err)
		}
		if h.Typeflag != tar.TypeReg {
			continue
		}
		if left -= h.Size; left < 0 {
			return fail(fmt.Errorf("want at most %d bytes unpacked", maxUnpacked))
		}
		if files[path.Base(h.Name)], err = io.ReadAll(t); err != nil {
			return fail(err)
		}
	}
}
