package catalogue

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"premlp/weights/catalogue/internal/hub"
	"premlp/weights/catalogue/internal/pip"
)

// NotPulledError says that a model is known but not on this machine.
type NotPulledError struct {
	Name   string
	Source string // what `premlp pull` takes
	Err    error  // why, nil when it was never pulled
}

func (e *NotPulledError) Error() string {
	text := fmt.Sprintf("model %q: not pulled yet: run `premlp pull %s`", e.Name, e.Source)
	if e.Err != nil {
		text += " (" + e.Err.Error() + ")"
	}
	return text
}

func (e *NotPulledError) Unwrap() error { return e.Err }

// Locate returns the path of a model: a .gguf file or a folder. It never uses
// the network. The model is, in this order, a source pulled before (hf:…,
// pip:…), a path that exists, or a name from the catalogue or the cache. A model
// that is part of the program is written to the cache first.
func Locate(model string) (string, error) {
	if source, ok := strings.CutPrefix(model, "hf:"); ok {
		return locateHub(model, source)
	}
	entry, known := Lookup(model)
	if source, ok := strings.CutPrefix(model, "pip:"); ok {
		r, err := pip.ParseRequirement(source)
		if err != nil {
			return "", err
		}
		if !known {
			entry.Name = pipName(r)
		}
		return locateCached(model, entry.Name, known)
	}
	switch path, err := checkPath(model); {
	case err == nil:
		return path, nil
	case !errors.Is(err, fs.ErrNotExist):
		return "", err
	case looksLikePath(model):
		return "", fmt.Errorf("model %q: %w", model, err)
	}
	if known && entry.Embedded() {
		p, err := entry.unfold()
		if err != nil {
			return "", err
		}
		return p.Path, nil
	}
	return locateCached(model, model, known)
}

func locateCached(model, name string, known bool) (string, error) {
	dir, err := modelDir(name)
	if err != nil {
		return "", err
	}
	r, err := readRecord(dir)
	if errors.Is(err, fs.ErrNotExist) {
		if known || strings.HasPrefix(model, "pip:") {
			return "", &NotPulledError{Name: model, Source: model}
		}
		return "", unknown(model)
	}
	if err != nil {
		return "", err
	}
	if err := r.checkSizes(dir); err != nil {
		return "", &NotPulledError{Name: model, Source: model, Err: err}
	}
	return r.path(dir), nil
}

func locateHub(model, source string) (string, error) {
	ref, err := hub.ParseRef(source)
	if err != nil {
		return "", err
	}
	config, err := hub.FromEnvironment()
	if err != nil {
		return "", err
	}
	path, err := hub.Find(config, ref)
	if errors.Is(err, hub.ErrNotCached) {
		return "", &NotPulledError{Name: model, Source: model, Err: err}
	}
	return path, err
}

// unknown lists near names: of the catalogue and of what was pulled.
func unknown(model string) error {
	var names []string
	for _, e := range entries {
		names = append(names, e.Name)
	}
	cached, err := cachedNames()
	if err != nil {
		return err
	}
	for _, name := range cached {
		if _, known := Lookup(name); !known {
			names = append(names, name)
		}
	}
	return &UnknownError{Name: model, Near: Near(model, names)}
}

// looksLikePath holds for what cannot be a name.
func looksLikePath(model string) bool {
	return model == "" || strings.ContainsAny(model, `/\`) || strings.HasPrefix(model, ".") || strings.HasSuffix(model, ".gguf")
}

// checkPath accepts an existing .gguf file or model folder. fs.ErrNotExist
// means that model may be a name: a folder without config.json counts only
// where it is written as a path.
func checkPath(model string) (string, error) {
	info, err := os.Stat(model)
	if err != nil {
		if errors.Is(err, fs.ErrNotExist) {
			return "", fs.ErrNotExist
		}
		return "", fmt.Errorf("model %q: %w", model, err)
	}
	if info.IsDir() {
		_, err := os.Stat(filepath.Join(model, "config.json"))
		if errors.Is(err, fs.ErrNotExist) {
			if !looksLikePath(model) {
				return "", fs.ErrNotExist
			}
			return "", fmt.Errorf("model %q: want a folder with config.json, have none in it", model)
		}
		return model, err
	}
	return model, checkMagic(model)
}

// checkMagic refuses a file that is no GGUF before anyone reads on.
func checkMagic(path string) error {
	f, err := os.Open(path)
	if err != nil {
		return fmt.Errorf("model %q: %w", path, err)
	}
	defer f.Close()
	magic := make([]byte, 4)
	n, err := io.ReadFull(f, magic)
	if err != nil && !errors.Is(err, io.EOF) && !errors.Is(err, io.ErrUnexpectedEOF) {
		return fmt.Errorf("model %q: %w", path, err)
	}
	if string(magic[:n]) != "GGUF" {
		return fmt.Errorf("model %q: first bytes: want \"GGUF\", have %q", path, magic[:n])
	}
	return nil
}
