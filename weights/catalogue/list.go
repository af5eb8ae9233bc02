package catalogue

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"time"
)

// Listed is one model of the catalogue or the cache.
type Listed struct {
	Entry
	Path string    `json:"path,omitempty"` // "" when it is not pulled, or part of the program
	When time.Time `json:"when,omitzero"`
}

// List returns the catalogue, then what else was pulled into the cache. A
// model damaged in the cache counts as not pulled.
func List() ([]Listed, error) {
	var out []Listed
	for _, e := range entries {
		l := Listed{Entry: e}
		if !e.Embedded() {
			if err := l.readCache(); err != nil {
				return nil, err
			}
		}
		out = append(out, l)
	}
	names, err := cachedNames()
	if err != nil {
		return nil, err
	}
	for _, name := range names {
		if _, known := Lookup(name); known {
			continue
		}
		l := Listed{Entry: Entry{Name: name}}
		if err := l.readCache(); err != nil {
			return nil, err
		}
		if l.Path != "" {
			out = append(out, l)
		}
	}
	return out, nil
}

func (l *Listed) readCache() error {
	dir, err := modelDir(l.Name)
	if err != nil {
		return err
	}
	r, err := readRecord(dir)
	if err != nil || r.checkSizes(dir) != nil {
		return nil
	}
	l.Path, l.When = r.path(dir), r.When
	if l.Sources != nil {
		return nil // the catalogue's own statement
	}
	l.Sources = r.Sources
	for _, f := range r.Files {
		l.Bytes += f.Bytes
	}
	if len(r.Files) == 1 {
		l.File, l.SHA256 = r.Files[0].Name, r.Files[0].SHA256
	}
	return nil
}

// cachedNames returns the folders of CACHE/models that hold a model, sorted.
func cachedNames() ([]string, error) {
	dir, err := Dir()
	if err != nil {
		return nil, err
	}
	folders, err := os.ReadDir(filepath.Join(dir, "models"))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	var names []string
	for _, f := range folders {
		if _, err := os.Stat(filepath.Join(dir, "models", f.Name(), recordName)); err == nil {
			names = append(names, f.Name())
		}
	}
	return names, nil
}
