package hub

import (
	"crypto/sha1"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"hash"
	"io"
	"os"
)

// checkDigest compares f with what its ETag states: 64 hex digits are the
// sha256 of the content, 40 are git's blob hash. Another ETag (a mirror's)
// leaves only the size to compare. A difference wraps ErrDigest.
func checkDigest(f *os.File, m metadata) error {
	size, err := f.Seek(0, io.SeekEnd)
	if err != nil {
		return err
	}
	if m.size >= 0 && size != m.size {
		return fmt.Errorf("%w: size: want %d bytes, have %d", ErrDigest, m.size, size)
	}
	var h hash.Hash
	switch {
	case isHex(m.etag, 64):
		h = sha256.New()
	case isHex(m.etag, 40):
		h = sha1.New()
		fmt.Fprintf(h, "blob %d\x00", size)
	default:
		return nil
	}
	if _, err := f.Seek(0, io.SeekStart); err != nil {
		return err
	}
	if _, err := io.Copy(h, f); err != nil {
		return err
	}
	if have := hex.EncodeToString(h.Sum(nil)); have != m.etag {
		return fmt.Errorf("%w: digest: want %s, have %s", ErrDigest, m.etag, have)
	}
	return nil
}

// checkFile is checkDigest of the file at path.
func checkFile(path string, m metadata) error {
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	defer f.Close()
	return checkDigest(f, m)
}

func isHex(s string, n int) bool {
	if len(s) != n {
		return false
	}
	for _, c := range s {
		if (c < '0' || c > '9') && (c < 'a' || c > 'f') {
			return false
		}
	}
	return true
}
