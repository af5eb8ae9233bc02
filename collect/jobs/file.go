package jobs

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"os"

	"premlp/collect/jobs/store"
	"premlp/weights"
)

// putBytes stores a small file under its digest, which it returns.
func putBytes(ctx context.Context, s *store.Store, data []byte) (digest string, err error) {
	sum := sha256.Sum256(data)
	digest = hex.EncodeToString(sum[:])
	_, err = s.PutBytes(ctx, fileName(digest), data)
	return digest, err
}

// putFile stores a file of a digest, unless it is there: by its size, or where it is
// to be checked by its bytes.
func putFile(ctx context.Context, s *store.Store, path, digest string, size int64, check bool, told func(written int64)) error {
	have, err := s.Size(ctx, fileName(digest))
	there := err == nil && have == size
	if err == nil && there && check {
		there, err = intact(ctx, s, digest)
	}
	if there || err != nil && !errors.Is(err, store.ErrNotFound) {
		return err
	}
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	defer f.Close()
	// Replaced, not put: another file under this name was damaged.
	return s.Replace(ctx, fileName(digest), func(w io.Writer) error {
		sum := sha256.New()
		_, err := io.Copy(io.MultiWriter(w, sum, teller{told}), f)
		if have := hex.EncodeToString(sum.Sum(nil)); err == nil && have != digest {
			err = fmt.Errorf("%s: sha256: want %s, have %s: it was changed meanwhile", path, digest, have)
		}
		return err
	})
}

// intact reads a stored file through and says whether it has its digest.
func intact(ctx context.Context, s *store.Store, digest string) (bool, error) {
	r, _, err := s.Open(ctx, fileName(digest))
	if err != nil {
		return false, err
	}
	defer r.Close()
	sum := sha256.New()
	_, err = io.Copy(sum, untilDone{ctx, r})
	return hex.EncodeToString(sum.Sum(nil)) == digest, err
}

// teller tells of bytes written to it.
type teller struct{ told func(written int64) }

func (t teller) Write(b []byte) (int, error) {
	if t.told != nil {
		t.told(int64(len(b)))
	}
	return len(b), nil
}

// getBytes reads a small file of a digest and checks it.
func getBytes(ctx context.Context, s *store.Store, digest string, limit int64) ([]byte, error) {
	if !isDigest(digest) {
		return nil, fmt.Errorf("file: want a sha256 in hex, have %q", digest)
	}
	data, err := s.Get(ctx, fileName(digest), limit)
	if err != nil {
		return nil, err
	}
	if sum := sha256.Sum256(data); hex.EncodeToString(sum[:]) != digest {
		return nil, fmt.Errorf("store %s: %s: damaged: sha256: have %x", s, fileName(digest), sum)
	}
	return data, nil
}

// getFile copies the file of a digest to a path, whole and checked or not at all.
// size is how many bytes it may have, -1 for any number.
func getFile(ctx context.Context, s *store.Store, digest string, size int64, path string) error {
	if !isDigest(digest) {
		return fmt.Errorf("file: want a sha256 in hex, have %q", digest)
	}
	r, have, err := s.Open(ctx, fileName(digest))
	if err != nil {
		return err
	}
	defer r.Close()
	if size >= 0 && have != size {
		return fmt.Errorf("store %s: %s: damaged: want %d bytes, have %d", s, fileName(digest), size, have)
	}
	return weights.ReplaceFile(path, func(w io.Writer) error {
		sum := sha256.New()
		_, err := io.Copy(io.MultiWriter(w, sum), r)
		if have := hex.EncodeToString(sum.Sum(nil)); err == nil && have != digest {
			err = fmt.Errorf("store %s: %s: damaged: sha256: have %s", s, fileName(digest), have)
		}
		return err
	})
}

// untilDone is a reader that ends with its context.
type untilDone struct {
	ctx context.Context
	r   io.Reader
}

func (u untilDone) Read(b []byte) (int, error) {
	if err := u.ctx.Err(); err != nil {
		return 0, err
	}
	return u.r.Read(b)
}
