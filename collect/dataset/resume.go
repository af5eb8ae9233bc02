package dataset

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// Resume goes on with the unfinished dataset of dir, which dir.partial holds.
// The manifest and questions must be those it was begun with: ErrMismatch names
// the first difference. Every frame is checked; what lies behind the last whole
// one is cut off (see Dropped) and next is the first question to be added. The
// finished dataset has the same bytes as if it had been written in one piece.
// Without a dir.partial the error is os.ErrNotExist.
func Resume(dir string, m Manifest, questions *List) (w *Writer, next int, err error) {
	return resume(dir, m, questions, osDisk{})
}

func resume(dir string, m Manifest, questions *List, d disk) (_ *Writer, next int, err error) {
	w, err := newWriter(dir, m, questions, d)
	if err != nil {
		return nil, 0, err
	}
	if _, err := os.Stat(w.partial); err != nil {
		return nil, 0, fmt.Errorf("dataset: resume: %w", err)
	}
	if err := w.takeLock(); err != nil {
		return nil, 0, err
	}
	if err := w.recover(); err != nil {
		if w.file != nil {
			w.file.Close()
		}
		w.closeQuestions()
		w.lock.release()
		return nil, 0, err
	}
	return w, w.next, nil
}

// recover brings the folder to the state after the last whole frame.
func (w *Writer) recover() error {
	begun, err := w.tidy()
	if err != nil {
		return err
	}
	stored, err := readLimited(filepath.Join(w.partial, "manifest.json"))
	if errors.Is(err, os.ErrNotExist) && !begun {
		return w.begin() // killed before the first question
	}
	if err != nil {
		return fmt.Errorf("dataset: %w", err)
	}
	if err := w.compareManifest(stored); err != nil {
		return err
	}
	if err := w.compareQuestions(); err != nil {
		return err
	}
	if !bytes.Equal(stored, w.manifest) {
		return fmt.Errorf("dataset: %s: manifest: %w: want other bytes from byte %d on", w.partial, ErrMismatch, difference(stored, w.manifest))
	}
	if w.questions, err = openQuestions(w.partial, w.plan.list); err != nil {
		return fmt.Errorf("dataset: %w", err)
	}
	for shard := range w.plan.shards {
		whole, err := w.recoverShard(shard)
		if err != nil {
			return fmt.Errorf("dataset: %s: %w", shardName(shard), err)
		}
		if !whole {
			return nil
		}
	}
	return nil
}

// tidy removes what a killed run may have left of files being replaced, and
// says whether there are rows files.
func (w *Writer) tidy() (begun bool, err error) {
	entries, err := os.ReadDir(w.partial)
	if err != nil {
		return false, fmt.Errorf("dataset: %w", err)
	}
	for _, e := range entries {
		name := e.Name()
		switch {
		case strings.HasPrefix(name, ".manifest.json"), strings.HasPrefix(name, ".run.json"), strings.HasPrefix(name, "."+relatedName):
			if err := w.disk.remove(filepath.Join(w.partial, name)); err != nil {
				return false, fmt.Errorf("dataset: %w", err)
			}
		case isShard(name):
			begun = true
		}
	}
	return begun, nil
}

// isShard says whether a file has the name of a rows file.
func isShard(name string) bool {
	ok, _ := filepath.Match("rows-*.msgpack", name)
	return ok
}

// recoverShard checks one rows file and says whether it is complete. If not,
// it is cut behind its last whole frame, the files after it are removed, and it
// is open to be written on (or, if all frames are there, completed).
func (w *Writer) recoverShard(shard int) (whole bool, err error) {
	s := w.plan.shards[shard]
	path := filepath.Join(w.partial, shardName(shard))
	f, err := os.Open(path)
	if errors.Is(err, os.ErrNotExist) {
		return false, w.removeAfter(shard)
	}
	if err != nil {
		return false, err
	}
	defer f.Close()
	good, err := w.scan(f, s)
	if err != nil {
		return false, err
	}
	info, err := f.Stat()
	if err != nil {
		return false, err
	}
	if w.next == s.end {
		tail := w.plan.encodeTail(shard, w.digests, w.crcs)
		have := make([]byte, len(tail))
		if _, err := f.ReadAt(have, good); err == nil && bytes.Equal(have, tail) && info.Size() == good+int64(len(tail)) {
			w.crcs = w.crcs[:0]
			return true, nil
		}
	}
	if err := w.removeAfter(shard); err != nil {
		return false, err
	}
	w.dropped += info.Size() - good
	if err := w.disk.truncate(path, good); err != nil {
		return false, err
	}
	if w.file, err = w.disk.open(path, os.O_WRONLY|os.O_APPEND); err != nil {
		return false, err
	}
	if good == 0 {
		if err := w.append([]byte(startMagic)); err != nil {
			return false, err
		}
	}
	if w.next == s.end {
		return true, w.seal(shard)
	}
	return false, nil
}

// scan reads a rows file's frames up to the first that is not whole, counts
// them in w.next and w.crcs, and gives the offset behind the last whole one.
func (w *Writer) scan(f *os.File, s shardPlace) (good int64, err error) {
	head := make([]byte, len(startMagic))
	if _, err := io.ReadFull(f, head); err != nil || string(head) != startMagic {
		if err == nil || errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
			return 0, nil
		}
		return 0, err
	}
	info, err := f.Stat()
	if err != nil {
		return 0, err
	}
	good = int64(len(startMagic))
	var frame []byte
	for w.next < s.end {
		place := w.plan.frames[w.next]
		if place.offset+place.size > info.Size() {
			return good, nil
		}
		q, err := w.questions.read(w.next)
		if err != nil {
			return 0, err
		}
		l, err := w.plan.layout(w.next, q.Rows, place.offset)
		if err != nil {
			return 0, err
		}
		frame = slices.Grow(frame[:0], int(place.size))[:place.size]
		if _, err := io.ReadFull(f, frame); err != nil {
			return 0, err
		}
		crc, err := checkFrame(frame, l, place.offset)
		if err != nil {
			return good, nil // torn: it is computed again
		}
		w.crcs = append(w.crcs, crc)
		w.next++
		good = place.offset + place.size
	}
	return good, nil
}

// removeAfter removes the rows files after a given one, the last first, so that
// a kill in between leaves no gap.
func (w *Writer) removeAfter(shard int) error {
	for k := len(w.plan.shards) - 1; k > shard; k-- {
		path := filepath.Join(w.partial, shardName(k))
		info, err := os.Stat(path)
		if errors.Is(err, os.ErrNotExist) {
			continue
		}
		if err != nil {
			return err
		}
		if err := w.disk.remove(path); err != nil {
			return err
		}
		w.dropped += info.Size()
	}
	return nil
}
