package dataset

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"os"
	"path/filepath"
)

// relatedName is the file that says where the controls come from. Its bytes are
// the caller's affair; the manifest has their sha256.
const relatedName = "related.json"

// AttachRelated writes related.json, whose sha256 is the manifest's Related. It is
// called before Finish; a file that a resumed dataset has already is replaced by
// the same bytes.
func (w *Writer) AttachRelated(data []byte) error {
	if w.lock == nil {
		return fmt.Errorf("dataset: %s: %w", relatedName, ErrClosed)
	}
	if err := w.compareRelated(data); err != nil {
		return err
	}
	path := filepath.Join(w.partial, relatedName)
	if have, err := readLimited(path); err == nil && bytes.Equal(have, data) {
		return nil
	}
	if err := w.disk.replace(path, data); err != nil {
		return fmt.Errorf("dataset: %s: %w", relatedName, err)
	}
	return nil
}

// checkRelated checks that the file which the manifest states is there.
func (w *Writer) checkRelated() error {
	if w.plan.m.Related == "" {
		return nil
	}
	data, err := readLimited(filepath.Join(w.partial, relatedName))
	if err != nil {
		return fmt.Errorf("dataset: %w", err)
	}
	return w.compareRelated(data)
}

// compareRelated compares bytes of the file with what the manifest states.
func (w *Writer) compareRelated(data []byte) error {
	sum := sha256.Sum256(data)
	if have, want := hex.EncodeToString(sum[:]), w.plan.m.Related; have != want {
		return fmt.Errorf("dataset: %s: sha256: want the manifest's %q, have %s", relatedName, want, have)
	}
	return nil
}

// Related reads related.json: of a finished dataset, or of one that is being
// written. The error is os.ErrNotExist where there is none.
func Related(dir string) ([]byte, error) {
	for _, d := range []string{dir, filepath.Clean(dir) + ".partial"} {
		data, err := readLimited(filepath.Join(d, relatedName))
		if !os.IsNotExist(err) {
			return data, err
		}
	}
	return nil, fmt.Errorf("dataset: %s: %s: %w", dir, relatedName, os.ErrNotExist)
}
