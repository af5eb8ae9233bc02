package catalogue

import (
	"bytes"
	"crypto/sha256"
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"

	"premlp/weights/catalogue/internal/newfile"
)

// Embedded is the source of a model that is part of the program itself.
const Embedded = "embedded"

// embedded holds the models that are part of the program, each in a folder of
// its name. How one was made stands in its MODEL_CARD.md.
//
//go:embed embedded/*/config.json embedded/*/model.safetensors embedded/*/tokenizer.json embedded/*/tokenizer_config.json
var embedded embed.FS

// Embedded reports whether the model is part of the program: there is nothing
// to pull.
func (e Entry) Embedded() bool { return len(e.Sources) == 1 && e.Sources[0] == Embedded }

// embeddedFile is one file of a model that is part of the program.
type embeddedFile struct {
	File
	data []byte
}

// files returns an embedded model's files, and a digest of all of them.
func (e Entry) files() (files []embeddedFile, digest string, err error) {
	root := path.Join("embedded", e.Name)
	list, err := fs.ReadDir(embedded, root)
	if err != nil {
		return nil, "", fmt.Errorf("catalogue: %s: %w", e.Name, err)
	}
	all := sha256.New()
	for _, f := range list {
		data, err := fs.ReadFile(embedded, path.Join(root, f.Name()))
		if err != nil {
			return nil, "", fmt.Errorf("catalogue: %s: %w", e.Name, err)
		}
		file := File{Name: f.Name(), SHA256: fmt.Sprintf("%x", sha256.Sum256(data)), Bytes: int64(len(data))}
		fmt.Fprintf(all, "%s %d %s\n", file.Name, file.Bytes, file.SHA256)
		files = append(files, embeddedFile{file, data})
	}
	return files, fmt.Sprintf("%x", all.Sum(nil)), nil
}

// embeddedDir is where an embedded model's files stand in the cache: weights are
// mapped from files. Its name holds the files' digest, so that programs with
// other models do not write over each other's.
func (e Entry) embeddedDir(digest string) (string, error) {
	dir, err := Dir()
	return filepath.Join(dir, "embedded", e.Name+"-"+digest[:16]), err
}

// unfold writes an embedded model's files to the cache where they are not there
// byte by byte already, each whole or not at all, and returns their folder.
func (e Entry) unfold() (*Pulled, error) {
	files, digest, err := e.files()
	if err != nil {
		return nil, err
	}
	dir, err := e.embeddedDir(digest)
	if err != nil {
		return nil, err
	}
	p := &Pulled{Name: e.Name, Path: dir, Sources: e.Sources, Licence: e.Licence}
	for _, f := range files {
		p.Files = append(p.Files, f.File)
		name := filepath.Join(dir, f.Name)
		have, err := os.ReadFile(name)
		if err == nil && bytes.Equal(have, f.data) {
			continue
		}
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			return nil, fmt.Errorf("catalogue: %s: %w", e.Name, err)
		}
		if err := newfile.Write(name, f.data); err != nil {
			return nil, fmt.Errorf("catalogue: %s: writing it to the cache (PREMLP_CACHE chooses where): %w", e.Name, err)
		}
		p.Fetched = true
	}
	return p, nil
}
