package jobs

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"premlp/collect"
	"premlp/collect/jobs/store"
	"premlp/weights/catalogue"
)

// ModelFiles is the list of a model's files, as a job refers to it.
type ModelFiles struct {
	Name  string           `json:"name"` // the checkpoint's own
	Files []catalogue.File `json:"files"`
}

// maxModelFiles bounds a list; the largest published models have a few hundred
// shards.
const maxModelFiles = 10_000

// putModel stores a model's files where they are missing, and returns the digest
// of their list. progress is told of bytes stored.
func putModel(ctx context.Context, s *store.Store, l *collect.Loaded, check bool, progress func(file string, done, total int64)) (digest string, err error) {
	paths, err := collect.ModelFiles(l.Model)
	if err != nil {
		return "", err
	}
	list := ModelFiles{Name: l.Name}
	for _, path := range paths {
		f, err := catalogue.HashFile(ctx, filepath.Dir(path), filepath.Base(path), func(_, _ int64) {})
		if err != nil {
			return "", err
		}
		done := int64(0)
		err = putFile(ctx, s, path, f.SHA256, f.Bytes, check, func(n int64) {
			if done += n; progress != nil {
				progress(f.Name, done, f.Bytes)
			}
		})
		if err != nil {
			return "", err
		}
		list.Files = append(list.Files, f)
	}
	text, err := json.MarshalIndent(list, "", "  ")
	if err != nil {
		return "", err
	}
	return putBytes(ctx, s, append(text, '\n'))
}

// getModel returns the path of the model whose list of files has a digest: one
// that this machine's cache has already, or its copy in a folder below cache,
// which is completed from the store. What the copy has was checked when it came.
func getModel(ctx context.Context, s *store.Store, digest, cache string) (path string, err error) {
	text, err := getBytes(ctx, s, digest, maxManifest)
	if err != nil {
		return "", fmt.Errorf("model: %w", err)
	}
	var list ModelFiles
	if err := json.Unmarshal(text, &list); err != nil {
		return "", fmt.Errorf("model: list of files: %w", err)
	}
	if err := list.check(); err != nil {
		return "", fmt.Errorf("model: list of files: %w", err)
	}
	if path, err = catalogue.Holding(list.Files); path != "" || err != nil {
		return path, err
	}
	dir := filepath.Join(cache, digest[:16])
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return "", err
	}
	for _, f := range list.Files {
		path := filepath.Join(dir, f.Name)
		if info, err := os.Stat(path); err == nil && info.Size() == f.Bytes {
			continue
		}
		if err := getFile(ctx, s, f.SHA256, f.Bytes, path); err != nil {
			return "", fmt.Errorf("model: %s: %w", f.Name, err)
		}
	}
	if first := list.Files[0].Name; strings.HasSuffix(strings.ToLower(first), ".gguf") {
		return filepath.Join(dir, first), nil
	}
	return dir, nil
}

// check refuses names that would leave the folder they belong in.
func (l *ModelFiles) check() error {
	if n := len(l.Files); n == 0 || n > maxModelFiles {
		return fmt.Errorf("want 1 to %d, have %d", maxModelFiles, n)
	}
	for _, f := range l.Files {
		if f.Name == "" || filepath.Base(f.Name) != f.Name || !filepath.IsLocal(f.Name) || strings.ContainsAny(f.Name, `/\`) || f.Bytes < 0 {
			return fmt.Errorf("want a plain name and a size, have %q of %d bytes", f.Name, f.Bytes)
		}
	}
	return nil
}
