package hub

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

// Find returns the path of a model that is wholly in the cache, without the
// network: the snapshot folder, or the .gguf file. The error wraps
// ErrNotCached.
func Find(c Config, ref Ref) (string, error) {
	s, err := findSnapshot(c, ref)
	if err != nil {
		return "", err
	}
	return s.Path, nil
}

func findSnapshot(c Config, ref Ref) (*Snapshot, error) {
	commit, err := cachedCommit(c, ref)
	if err != nil {
		return nil, err
	}
	s := &Snapshot{Commit: commit}
	dir := filepath.Join(c.folder(ref.ID), "snapshots", commit)
	names, err := cachedNames(dir, ref)
	if err != nil {
		return nil, notCached(ref, err.Error())
	}
	for _, name := range names {
		info, err := os.Stat(filepath.Join(dir, filepath.FromSlash(name)))
		if err != nil {
			return nil, notCached(ref, name+" is missing")
		}
		f := File{Name: name, Size: info.Size()}
		if blob, err := filepath.EvalSymlinks(filepath.Join(dir, filepath.FromSlash(name))); err == nil {
			f.Etag = filepath.Base(blob)
		}
		s.Files = append(s.Files, f)
	}
	s.Path = dir
	if len(names) == 1 && filepath.Ext(names[0]) == ".gguf" {
		s.Path = filepath.Join(dir, filepath.FromSlash(names[0]))
	}
	return s, nil
}

// cachedCommit reads refs/REVISION; a full commit stands for itself.
func cachedCommit(c Config, ref Ref) (string, error) {
	if commitHash.MatchString(ref.Revision) {
		return ref.Revision, nil
	}
	path := filepath.Join(c.folder(ref.ID), "refs", filepath.FromSlash(ref.Revision))
	info, err := os.Stat(path)
	if errors.Is(err, fs.ErrNotExist) {
		return "", notCached(ref, "no revision "+ref.Revision)
	}
	if err != nil {
		return "", err
	}
	if !info.Mode().IsRegular() || info.Size() > 200 {
		return "", notCached(ref, fmt.Sprintf("%s: want a commit, have %d bytes", path, info.Size()))
	}
	text, err := os.ReadFile(path)
	if err != nil {
		return "", err
	}
	commit := strings.TrimSpace(string(text))
	if !commitHash.MatchString(commit) {
		return "", notCached(ref, fmt.Sprintf("%s: want 40 hex digits, have %q", path, oneLine(commit)))
	}
	return commit, nil
}

// cachedNames chooses among the files of a snapshot folder as a pull does.
func cachedNames(dir string, ref Ref) ([]string, error) {
	if ref.File != "" {
		return []string{ref.File}, nil
	}
	entries, err := os.ReadDir(dir)
	if err != nil {
		return nil, err
	}
	var files []sibling
	for _, e := range entries {
		files = append(files, sibling{Name: e.Name()})
	}
	names, indexed, err := choose(ref, files)
	if err != nil || !indexed {
		return names, err
	}
	weights, err := shards(filepath.Join(dir, indexName))
	return append(names, weights...), err
}

func notCached(ref Ref, what string) error {
	return fmt.Errorf("hub: %s: %w: %s", ref, ErrNotCached, what)
}
