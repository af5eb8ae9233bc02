package dataset

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"os"
	"path/filepath"
)

// maxLine bounds one line of questions.jsonl.
const maxLine = 64 << 20

// questionFile reads single questions of a questions.jsonl. It is safe for
// concurrent use.
type questionFile struct {
	list *List
	file *os.File
}

// openQuestions opens the questions of a folder, which are those of the list.
func openQuestions(dir string, list *List) (*questionFile, error) {
	f, err := os.Open(filepath.Join(dir, "questions.jsonl"))
	if err != nil {
		return nil, err
	}
	return &questionFile{list, f}, nil
}

// read reads question i.
func (f *questionFile) read(i int) (*Question, error) {
	from, to := f.list.line(i)
	line := make([]byte, to-from)
	if _, err := f.file.ReadAt(line, from); err != nil && !errors.Is(err, io.EOF) {
		return nil, err
	}
	if have, want := crc32.Checksum(line, castagnoli), f.list.sums[i]; have != want {
		return nil, fmt.Errorf("questions.jsonl: line %d: %w: crc32c: want %08x, have %08x: the file was changed", i+1, ErrCorrupt, want, have)
	}
	// It was checked when it was listed.
	var q Question
	if err := json.Unmarshal(line, &q); err != nil {
		return nil, fmt.Errorf("questions.jsonl: line %d: %w: %w", i+1, ErrCorrupt, err)
	}
	return &q, nil
}

func (f *questionFile) close() error { return f.file.Close() }

// scanQuestions reads a questions.jsonl, checks each question and lists them.
func scanQuestions(r io.Reader) (*List, error) {
	l := newLister()
	b := bufio.NewReaderSize(r, 1<<16)
	for n := 1; ; n++ {
		line, err := readLine(b)
		if err == io.EOF && len(line) == 0 {
			return l.done(), nil
		}
		if err != nil && err != io.EOF {
			return nil, fmt.Errorf("questions.jsonl: line %d: %w", n, err)
		}
		q, err := decodeLine(line)
		if err == nil {
			err = l.add(q, line)
		}
		if err != nil {
			return nil, fmt.Errorf("questions.jsonl: line %d: %w: %w", n, ErrCorrupt, err)
		}
	}
}

// readLine reads a line with its line feed, which the last may lack; then the
// error is io.EOF. The line is valid until the next call.
func readLine(b *bufio.Reader) ([]byte, error) {
	line, err := b.ReadSlice('\n')
	if !errors.Is(err, bufio.ErrBufferFull) {
		return line, err
	}
	long := append([]byte{}, line...)
	for errors.Is(err, bufio.ErrBufferFull) {
		if len(long) > maxLine {
			return nil, fmt.Errorf("%w: want at most %d bytes, have more", ErrCorrupt, maxLine)
		}
		line, err = b.ReadSlice('\n')
		long = append(long, line...)
	}
	return long, err
}
