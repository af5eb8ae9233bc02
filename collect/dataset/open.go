package dataset

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
)

// Open reads the metadata of the finished dataset in dir and maps its rows
// files. The manifest, the questions, and the index of every rows file must
// agree to the byte; the rows themselves are checked by Verify. The error is
// ErrUnfinished where dir is still being written or was left unfinished, and
// ErrCorrupt where the folder is not as a Writer leaves it.
func Open(dir string) (*Reader, error) {
	dir = filepath.Clean(dir)
	if err := checkFinished(dir); err != nil {
		return nil, err
	}
	p, err := readMetadata(dir)
	if err != nil {
		return nil, fmt.Errorf("dataset: %s: %w", dir, err)
	}
	r := &Reader{dir: dir, prepared: p}
	if r.questions, err = openQuestions(dir, p.plan.list); err != nil {
		return nil, fmt.Errorf("dataset: %w", err)
	}
	for shard := range p.plan.shards {
		f, err := mapFile(filepath.Join(dir, shardName(shard)))
		if err != nil {
			r.Close()
			return nil, fmt.Errorf("dataset: %w", err)
		}
		r.files = append(r.files, f)
		if err := guard(func() error { return r.checkEnds(shard) }); err != nil {
			r.Close()
			return nil, fmt.Errorf("dataset: %s: %s: %w: %w", dir, shardName(shard), ErrCorrupt, err)
		}
	}
	return r, nil
}

// checkFinished gives ErrUnfinished, with the count of questions, for a folder
// that is not yet a dataset.
func checkFinished(dir string) error {
	partial := dir
	if !strings.HasSuffix(dir, ".partial") {
		_, err := os.Stat(dir)
		if err == nil {
			return nil
		}
		if partial = dir + ".partial"; !errors.Is(err, os.ErrNotExist) || !isDir(partial) {
			return fmt.Errorf("dataset: %w", err)
		}
	} else if _, err := os.Stat(filepath.Join(dir, "run.json")); err == nil || !isDir(dir) {
		return err // finished in all but name, or not there
	}
	p, err := readMetadata(partial)
	if err != nil {
		return fmt.Errorf("dataset: %s: %w: no question was begun; run collect again with the same arguments", partial, ErrUnfinished)
	}
	return fmt.Errorf("dataset: %s: %w: %d of %d questions; run collect again with the same arguments",
		partial, ErrUnfinished, stored(partial, p.plan), p.plan.list.Len())
}

func isDir(path string) bool {
	info, err := os.Stat(path)
	return err == nil && info.IsDir()
}

// stored counts the questions whose frames fit in the rows files there are.
func stored(dir string, p *plan) int {
	n := 0
	for shard, s := range p.shards {
		info, err := os.Stat(filepath.Join(dir, shardName(shard)))
		if err != nil {
			break
		}
		for n < s.end && p.frames[n].offset+p.frames[n].size <= info.Size() {
			n++
		}
		if n < s.end {
			break
		}
	}
	return n
}

// readMetadata reads manifest.json and questions.jsonl and checks that they
// belong together.
func readMetadata(dir string) (*prepared, error) {
	text, err := readLimited(filepath.Join(dir, "manifest.json"))
	if err != nil {
		return nil, err
	}
	m, err := decodeManifest(text)
	if err != nil {
		return nil, err
	}
	list, err := listQuestions(filepath.Join(dir, "questions.jsonl"))
	if err != nil {
		return nil, err
	}
	if list.digest != m.QuestionsDigest {
		return nil, fmt.Errorf("questions.jsonl: sha256: %w: want %s, have %s", ErrCorrupt, m.QuestionsDigest, list.digest)
	}
	if list.Len() != m.Questions {
		return nil, fmt.Errorf("questions.jsonl: %w: want %d questions, have %d", ErrCorrupt, m.Questions, list.Len())
	}
	if list.positions != m.Rows {
		return nil, fmt.Errorf("questions.jsonl: %w: want %d rows, have %d", ErrCorrupt, m.Rows, list.positions)
	}
	p, err := newPlan(m, list)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrCorrupt, err)
	}
	sum := sha256.Sum256(text)
	return &prepared{manifest: text, digests: digests{hex.EncodeToString(sum[:]), list.digest}, plan: p}, nil
}

func listQuestions(path string) (*List, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	return scanQuestions(f)
}

// readLimited reads a small file.
func readLimited(path string) ([]byte, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	b, err := io.ReadAll(io.LimitReader(f, maxManifestBytes+1))
	if err != nil {
		return nil, err
	}
	if len(b) > maxManifestBytes {
		return nil, fmt.Errorf("%s: want at most %d bytes, have more", path, maxManifestBytes)
	}
	return b, nil
}

// checkEnds checks a rows file's size, magic, index and trailer.
func (r *Reader) checkEnds(shard int) error {
	_, err := r.tail(shard)
	return err
}

// tail checks a rows file's ends and gives the crcs its index has.
func (r *Reader) tail(shard int) ([]uint32, error) {
	s, data := r.plan.shards[shard], r.files[shard].data
	if int64(len(data)) < s.index {
		return nil, fmt.Errorf("size: want more than %d bytes, have %d", s.index, len(data))
	}
	if !bytes.HasPrefix(data, []byte(startMagic)) {
		return nil, fmt.Errorf("magic: want %q, have %q", startMagic, data[:len(startMagic)])
	}
	have := []byte(data[s.index:])
	crcs, ok := tailCRCs(have, s.end-s.first)
	if !ok {
		return nil, fmt.Errorf("index: want %d checksums and a trailer, have %d bytes", s.end-s.first, len(have))
	}
	want := r.plan.encodeTail(shard, r.digests, crcs)
	if !bytes.Equal(want, have) {
		return nil, fmt.Errorf("index: want what manifest.json and questions.jsonl determine, have a difference at byte %d of the file",
			s.index+int64(difference(want, have)))
	}
	return crcs, nil
}
