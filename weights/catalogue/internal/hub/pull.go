package hub

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"

	"premlp/weights/catalogue/internal/newfile"
)

// Snapshot is a model in the cache.
type Snapshot struct {
	Path    string // the folder, or the .gguf file
	Commit  string
	Files   []File
	Fetched int // how many files this pull downloaded
}

// File is one file of a snapshot.
type File struct {
	Name string
	Size int64
	Etag string // sha256 of a large file, git's blob hash of a small one
}

// Pull brings the model of ref into the cache: what is there and right stays,
// what is missing, cut short or wrong is downloaded. progress, if not nil, is
// called with the bytes so far and in all (0 while unknown).
func Pull(ctx context.Context, config Config, ref Ref, progress func(done, total int64)) (*Snapshot, error) {
	if config.Offline {
		return findSnapshot(config, ref)
	}
	c := newClient(config, ref)
	commit, files, err := c.info(ctx)
	if err != nil {
		return nil, err
	}
	names, indexed, err := choose(ref, files)
	if err != nil {
		return nil, err
	}
	p := &puller{client: c, commit: commit, dir: filepath.Join(config.folder(ref.ID), "snapshots", commit),
		files: files, progress: progress}
	p.expect(names)
	if err := p.fetchAll(ctx, names); err != nil {
		return nil, err
	}
	if indexed {
		if names, err = p.shards(); err != nil {
			return nil, err
		}
		p.expect(names)
		if err := p.fetchAll(ctx, names); err != nil {
			return nil, err
		}
	}
	// Last, so that the name never leads to half a model.
	if ref.Revision != commit {
		if err := newfile.Write(filepath.Join(config.folder(ref.ID), "refs", filepath.FromSlash(ref.Revision)), []byte(commit)); err != nil {
			return nil, err
		}
	}
	p.snapshot.Commit = commit
	p.snapshot.Path = p.dir
	if len(p.snapshot.Files) == 1 && filepath.Ext(p.snapshot.Files[0].Name) == ".gguf" {
		p.snapshot.Path = filepath.Join(p.dir, filepath.FromSlash(p.snapshot.Files[0].Name))
	}
	return &p.snapshot, nil
}

// puller is one Pull under way.
type puller struct {
	*client
	commit      string
	dir         string // of the snapshot
	files       []sibling
	done, total int64
	progress    func(done, total int64)
	snapshot    Snapshot
}

// expect adds the sizes the hub states to the total.
func (p *puller) expect(names []string) {
	for _, f := range p.files {
		if slices.Contains(names, f.Name) {
			p.total += max(f.Size, 0)
		}
	}
}

func (p *puller) add(delta int64) {
	p.done += delta
	if p.progress != nil {
		p.progress(p.done, p.total)
	}
}

func (p *puller) shards() ([]string, error) {
	names, err := shards(filepath.Join(p.dir, indexName))
	if err != nil {
		return nil, err
	}
	for _, name := range names {
		if !slices.ContainsFunc(p.files, func(f sibling) bool { return f.Name == name }) {
			return nil, fmt.Errorf("hub: %s: %s: weight_map: %q: %w", p.ref.ID, indexName, name, ErrNotFound)
		}
	}
	return names, nil
}

func (p *puller) fetchAll(ctx context.Context, names []string) error {
	for _, name := range names {
		if err := p.fetch(ctx, name); err != nil {
			return err
		}
	}
	return nil
}

// fetch makes the snapshot hold one file, checked.
func (p *puller) fetch(ctx context.Context, name string) error {
	m, err := p.head(ctx, p.commit, name)
	if err != nil {
		return err
	}
	repo := p.folder(p.ref.ID)
	release, err := lock(ctx, filepath.Join(p.Cache, ".locks", folderName(p.ref.ID), m.etag+".lock"))
	if err != nil {
		return err
	}
	defer release()
	blob := filepath.Join(repo, "blobs", m.etag)
	link := filepath.Join(p.dir, filepath.FromSlash(name))
	if err := os.MkdirAll(filepath.Dir(blob), 0o755); err != nil {
		return err
	}
	have, err := p.present(link, blob, m)
	if err != nil {
		return err
	}
	if !have {
		if err := p.download(ctx, p.commit, name, m, blob, p.add); err != nil {
			return err
		}
		p.snapshot.Fetched++
	}
	if err := place(link, blob); err != nil {
		return err
	}
	info, err := os.Stat(link)
	if err != nil {
		return err
	}
	if have {
		p.add(info.Size())
	}
	p.snapshot.Files = append(p.snapshot.Files, File{name, info.Size(), m.etag})
	return nil
}

// present says whether the cache has the right file, and removes a wrong one.
func (p *puller) present(link, blob string, m metadata) (bool, error) {
	for _, path := range []string{blob, link} { // a cache without links has only the second
		err := checkFile(path, m)
		if err == nil {
			return true, nil
		}
		if errors.Is(err, ErrDigest) {
			err = os.Remove(path)
		}
		if err != nil && !errors.Is(err, os.ErrNotExist) {
			return false, err
		}
	}
	return false, nil
}

// place makes link lead to blob: by a relative symbolic link as the Python
// library does, else (Windows without the right to make one) by a hard link,
// else the file itself moves there.
func place(link, blob string) error {
	if _, err := os.Stat(blob); errors.Is(err, os.ErrNotExist) {
		return nil // the snapshot has the file itself
	}
	if have, err := filepath.EvalSymlinks(link); err == nil {
		a, errA := os.Stat(have)
		b, errB := os.Stat(blob)
		if errA == nil && errB == nil && os.SameFile(a, b) {
			return nil
		}
	}
	if err := os.MkdirAll(filepath.Dir(link), 0o755); err != nil {
		return err
	}
	if err := os.Remove(link); err != nil && !errors.Is(err, os.ErrNotExist) {
		return err
	}
	relative, err := filepath.Rel(filepath.Dir(link), blob)
	if err != nil {
		return err
	}
	if os.Symlink(relative, link) == nil || os.Link(blob, link) == nil {
		return nil
	}
	return os.Rename(blob, link)
}
