// Package store keeps the blocks and files of jobs: in a folder, in memory, or,
// in a program with package cloud, in a bucket of a cloud. Names are made of
// letters, digits and / - . _; contents under a name of their digest are written
// once and never change.
package store

import (
	"bytes"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"hash"
	"io"
	"iter"
	"os"
	"time"

	"gocloud.dev/blob"
	"gocloud.dev/gcerrors"
)

var (
	// ErrNotFound says that nothing has the name.
	ErrNotFound = errors.New("not in the store")
	// ErrDifferent says that something else has the name already.
	ErrDifferent = errors.New("the store has other bytes under this name")
)

// contentType is of everything; without one the library looks at the first bytes
// and holds them back.
const contentType = "application/octet-stream"

// Store is a bucket. Its methods may be called by many goroutines.
type Store struct {
	bucket *blob.Bucket
	url    string
	dir    string // of a folder's store, else ""
}

// Entry is one thing in the store.
type Entry struct {
	Name    string
	Bytes   int64
	Changed time.Time
}

// String is the store's URL, without what stands behind its "?".
func (s *Store) String() string { return s.url }

// Close closes the store.
func (s *Store) Close() error { return s.bucket.Close() }

// Put stores what write writes under a name, whole or not at all, unless
// something has the name already: then written is false, and the error is
// ErrDifferent if that has other bytes. Two that put at once both may succeed;
// one of them stays.
func (s *Store) Put(ctx context.Context, name string, write func(io.Writer) error) (written bool, err error) {
	sum := sha256.New()
	err = s.write(ctx, name, true, func(w io.Writer) error { return write(io.MultiWriter(sum, w)) })
	if gcerrors.Code(err) != gcerrors.FailedPrecondition {
		return err == nil, s.named(name, err)
	}
	have, err := s.digest(ctx, name)
	if err == nil && !bytes.Equal(have, sum.Sum(nil)) {
		err = ErrDifferent
	}
	return false, s.named(name, err)
}

// PutBytes is Put of bytes.
func (s *Store) PutBytes(ctx context.Context, name string, data []byte) (written bool, err error) {
	return s.Put(ctx, name, func(w io.Writer) error {
		_, err := w.Write(data)
		return err
	})
}

// Replace stores what write writes under a name, in the place of what has it.
func (s *Store) Replace(ctx context.Context, name string, write func(io.Writer) error) error {
	return s.named(name, s.write(ctx, name, false, write))
}

// write writes one blob. Nothing is stored when write fails.
func (s *Store) write(ctx context.Context, name string, ifAbsent bool, write func(io.Writer) error) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	var file *os.File // what is written, in a folder
	w, err := s.bucket.NewWriter(ctx, name, &blob.WriterOptions{
		ContentType: contentType, IfNotExist: ifAbsent, BeforeWrite: func(as func(any) bool) error {
			as(&file)
			return nil
		},
	})
	if err != nil {
		return err
	}
	if err = write(w); err == nil && file != nil {
		err = file.Sync()
	}
	if err != nil {
		cancel() // and so Close stores nothing
		_ = w.Close()
		return err
	}
	if err := w.Close(); err != nil {
		return err
	}
	return s.syncFolder(name)
}

// digest is the sha256 of what has a name.
func (s *Store) digest(ctx context.Context, name string) ([]byte, error) {
	r, _, err := s.Open(ctx, name)
	if err != nil {
		return nil, err
	}
	var h hash.Hash = sha256.New()
	_, err = io.Copy(h, r)
	return h.Sum(nil), errors.Join(err, r.Close())
}

// Open reads what has a name, and says how many bytes it has.
func (s *Store) Open(ctx context.Context, name string) (io.ReadCloser, int64, error) {
	r, err := s.bucket.NewReader(ctx, name, nil)
	if err != nil {
		return nil, 0, s.named(name, err)
	}
	return r, r.Size(), nil
}

// Get reads what has a name, at most limit bytes.
func (s *Store) Get(ctx context.Context, name string, limit int64) ([]byte, error) {
	r, size, err := s.Open(ctx, name)
	if err != nil {
		return nil, err
	}
	if size > limit {
		return nil, errors.Join(s.named(name, fmt.Errorf("want at most %d bytes, have %d", limit, size)), r.Close())
	}
	data := make([]byte, size)
	_, err = io.ReadFull(r, data)
	return data, s.named(name, errors.Join(err, r.Close()))
}

// Size is how many bytes are under a name; ErrNotFound where there is nothing.
func (s *Store) Size(ctx context.Context, name string) (int64, error) {
	a, err := s.bucket.Attributes(ctx, name)
	if err != nil {
		return 0, s.named(name, err)
	}
	return a.Size, nil
}

// Has says whether something has a name.
func (s *Store) Has(ctx context.Context, name string) (bool, error) {
	has, err := s.bucket.Exists(ctx, name)
	return has, s.named(name, err)
}

// List yields everything whose name begins with a prefix, by name.
func (s *Store) List(ctx context.Context, prefix string) iter.Seq2[Entry, error] {
	return func(yield func(Entry, error) bool) {
		list := s.bucket.List(&blob.ListOptions{Prefix: prefix})
		for {
			o, err := list.Next(ctx)
			if errors.Is(err, io.EOF) {
				return
			}
			if err != nil {
				yield(Entry{}, s.named(prefix, err))
				return
			}
			if !yield(Entry{Name: o.Key, Bytes: o.Size, Changed: o.ModTime}, nil) {
				return
			}
		}
	}
}

// Remove removes what has a name.
func (s *Store) Remove(ctx context.Context, name string) error {
	return s.named(name, s.bucket.Delete(ctx, name))
}

// named says which name an error is about.
func (s *Store) named(name string, err error) error {
	switch {
	case err == nil:
		return nil
	case gcerrors.Code(err) == gcerrors.NotFound:
		err = ErrNotFound
	}
	return fmt.Errorf("store %s: %s: %w", s.url, name, err)
}
