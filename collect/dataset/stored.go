package dataset

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"os"
)

// Stored is a questions.jsonl that is read question by question. Its methods may
// be called by many goroutines.
type Stored struct{ file *questionFile }

// OpenStored opens a questions.jsonl of whatever name, which WriteQuestions or a
// Writer made, and checks every question.
func OpenStored(path string) (*Stored, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("dataset: %w", err)
	}
	list, err := scanQuestions(f)
	if err == nil && list.Len() == 0 {
		err = errors.New("want questions, have none")
	}
	if err != nil {
		return nil, errors.Join(fmt.Errorf("dataset: %s: %w", path, err), f.Close())
	}
	s := &Stored{&questionFile{list, f}}
	list.source = s.walk
	return s, nil
}

// List lists the questions; what writes them reads the file again.
func (s *Stored) List() *List { return s.file.list }

// Question reads question i.
func (s *Stored) Question(i int) (*Question, error) {
	q, err := s.file.read(i)
	if err != nil {
		return nil, fmt.Errorf("dataset: %w", err)
	}
	return q, nil
}

// Lines are the lines of questions [first, end) as they are stored.
func (s *Stored) Lines(first, end int) (io.Reader, error) {
	if first < 0 || first >= end || end > s.List().Len() {
		return nil, fmt.Errorf("dataset: lines: want questions of 0 to %d, have %d to %d", s.List().Len()-1, first, end-1)
	}
	from, _ := s.List().line(first)
	_, to := s.List().line(end - 1)
	return io.NewSectionReader(s.file.file, from, to-from), nil
}

// Rows is how many rows question i has.
func (l *List) Rows(i int) int { return int(l.rows[i]) }

// Close closes the file.
func (s *Stored) Close() error { return s.file.close() }

// walk is the Source of the questions.
func (s *Stored) walk(yield func(*Question, error) bool) {
	for i := range s.List().Len() {
		q, err := s.Question(i)
		if !yield(q, err) || err != nil {
			return
		}
	}
}

// WriteQuestions writes the questions as questions.jsonl has them.
func WriteQuestions(w io.Writer, l *List) error {
	b := bufio.NewWriterSize(w, 1<<20)
	var e lineEncoder
	for q, err := range l.source {
		if err != nil {
			return err
		}
		line, err := e.encode(q)
		if err != nil {
			return fmt.Errorf("dataset: question %q: %w", q.ID, err)
		}
		if _, err := b.Write(line); err != nil {
			return err
		}
	}
	return b.Flush()
}

// EncodeManifest is manifest.json of a manifest that Complete completed.
func EncodeManifest(m Manifest) ([]byte, error) {
	if err := m.Validate(); err != nil {
		return nil, fmt.Errorf("dataset: %w", err)
	}
	text, err := m.encode()
	if err != nil {
		return nil, fmt.Errorf("dataset: %w", err)
	}
	return text, nil
}

// ParseManifest reads a manifest.json and checks its form.
func ParseManifest(text []byte) (*Manifest, error) {
	m, err := decodeManifest(text)
	if err != nil {
		return nil, fmt.Errorf("dataset: %w", err)
	}
	return m, nil
}
