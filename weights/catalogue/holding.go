package catalogue

import (
	"path/filepath"
	"slices"
	"strings"
)

// Holding finds a model of the cache, or of the program itself, that consists of
// exactly these files, by name, size and sha256, as its record states them. The
// files are not read. path is "" where there is none.
func Holding(files []File) (path string, err error) {
	want := sorted(files)
	for _, e := range entries {
		if !e.Embedded() {
			continue
		}
		own, _, err := e.files()
		if err != nil {
			return "", err
		}
		var have []File
		for _, f := range own {
			have = append(have, f.File)
		}
		if slices.Equal(sorted(have), want) {
			p, err := e.unfold()
			if err != nil {
				return "", err
			}
			return p.Path, nil
		}
	}
	names, err := cachedNames()
	if err != nil {
		return "", err
	}
	for _, name := range names {
		dir, err := modelDir(name)
		if err != nil {
			return "", err
		}
		r, err := readRecord(dir)
		if err != nil || r.checkSizes(dir) != nil {
			continue // damaged: as good as not pulled
		}
		if slices.Equal(sorted(r.Files), want) {
			return r.path(dir), nil
		}
	}
	return "", nil
}

// sorted is a copy by name.
func sorted(files []File) []File {
	return slices.SortedFunc(slices.Values(files), func(a, b File) int {
		return strings.Compare(filepath.Base(a.Name), filepath.Base(b.Name))
	})
}
