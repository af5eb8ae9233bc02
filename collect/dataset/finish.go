package dataset

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
)

// Manifest is the manifest as completed and stored. Its lists must not be changed.
func (w *Writer) Manifest() Manifest { return *w.plan.m }

// Next is the index of the question that Add waits for.
func (w *Writer) Next() int { return w.next }

// Dropped is how many bytes behind the last whole frame Resume cut off. They
// are computed again.
func (w *Writer) Dropped() int64 { return w.dropped }

// Finish completes the dataset: it writes run.json, syncs the folder and gives
// it its name. It is an error, ErrUnfinished, if questions are missing; then,
// and after any other error, dir.partial is left to be resumed.
func (w *Writer) Finish(run RunInfo) error {
	if w.err != nil {
		return w.err
	}
	if w.lock == nil {
		return fmt.Errorf("dataset: finish: %w", ErrClosed)
	}
	if n := w.plan.list.Len(); w.next < n {
		return fmt.Errorf("dataset: finish: %w: want %d questions, have %d", ErrUnfinished, n, w.next)
	}
	if err := w.checkRelated(); err != nil {
		return err
	}
	text, err := run.encode()
	if err != nil {
		return fmt.Errorf("dataset: %w", err)
	}
	if err := w.disk.replace(filepath.Join(w.partial, "run.json"), text); err != nil {
		return fmt.Errorf("dataset: run.json: %w", err)
	}
	if err := w.sync(w.partial); err != nil {
		return fmt.Errorf("dataset: %w", err)
	}
	if err := w.closeQuestions(); err != nil {
		return fmt.Errorf("dataset: %w", err)
	}
	// A rename would replace an empty folder without a word.
	if _, err := os.Lstat(w.dir); err == nil {
		return fmt.Errorf("dataset: %s: %w: it was made while %s was written", w.dir, ErrExists, w.partial)
	}
	if err := w.disk.rename(w.partial, w.dir); err != nil {
		return fmt.Errorf("dataset: %w", err)
	}
	w.lock.release()
	w.lock = nil
	if err := w.sync(filepath.Dir(w.dir)); err != nil {
		return fmt.Errorf("dataset: %w", err)
	}
	return nil
}

// Close lets go of the files and the lock. Before Finish it leaves dir.partial,
// synced, to be resumed; after Finish it does nothing. Call it in any case.
func (w *Writer) Close() error {
	if w.lock == nil {
		return nil
	}
	err := w.closeQuestions()
	if w.file != nil {
		err = errors.Join(err, w.file.Sync(), w.file.Close())
		w.file = nil
	}
	w.lock.release()
	w.lock = nil
	if err != nil && w.err == nil {
		return fmt.Errorf("dataset: %w", err)
	}
	return nil // the error of the write was given by Add
}
