package dataset

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
)

// begin writes the questions, then the manifest: a folder with a manifest has
// whole questions.
func (w *Writer) begin() error {
	if err := w.writeQuestions(); err != nil {
		return fmt.Errorf("dataset: questions.jsonl: %w", err)
	}
	if err := w.disk.replace(filepath.Join(w.partial, "manifest.json"), w.manifest); err != nil {
		return fmt.Errorf("dataset: manifest.json: %w", err)
	}
	return w.sync(w.partial)
}

// writeQuestions writes questions.jsonl, which must be what the manifest states.
func (w *Writer) writeQuestions() error {
	f, err := w.disk.open(filepath.Join(w.partial, "questions.jsonl"), os.O_WRONLY|os.O_CREATE|os.O_TRUNC)
	if err != nil {
		return err
	}
	sum := sha256.New()
	err = WriteQuestions(io.MultiWriter(sum, f), w.plan.list)
	if err == nil {
		err = f.Sync()
	}
	if have := hex.EncodeToString(sum.Sum(nil)); err == nil && have != w.digests.questions {
		err = fmt.Errorf("sha256: want %s, have %s: the questions are others than they were when they were checked", w.digests.questions, have)
	}
	if err = errors.Join(err, f.Close()); err != nil {
		return err
	}
	w.questions, err = openQuestions(w.partial, w.plan.list)
	return err
}

// Question is question i as it was stored. It is kept until it is added and must
// not be changed.
func (w *Writer) Question(i int) (*Question, error) {
	if w.lock == nil {
		return nil, fmt.Errorf("dataset: question: %w", ErrClosed)
	}
	if i < 0 || i >= w.plan.list.Len() {
		return nil, fmt.Errorf("dataset: question: want 0 to %d, have %d", w.plan.list.Len()-1, i)
	}
	w.asking.Lock()
	defer w.asking.Unlock()
	if q := w.asked[i]; q != nil {
		return q, nil
	}
	q, err := w.questions.read(i)
	if err != nil {
		return nil, fmt.Errorf("dataset: %s: %w", w.partial, err)
	}
	w.asked[i] = q
	return q, nil
}

// forget lets go of question i.
func (w *Writer) forget(i int) {
	w.asking.Lock()
	defer w.asking.Unlock()
	delete(w.asked, i)
}

// closeQuestions closes questions.jsonl, which no system renames under an open file.
func (w *Writer) closeQuestions() error {
	if w.questions == nil {
		return nil
	}
	f := w.questions
	w.questions = nil
	return f.close()
}
