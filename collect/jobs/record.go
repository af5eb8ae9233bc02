package jobs

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"iter"
	"os"
	"path/filepath"
	"strings"
	"time"

	"premlp/collect/dataset"
	"premlp/collect/jobs/store"
)

const (
	recordFormat  = "premlp-job"
	recordVersion = 1
	maxRecord     = 1 << 20
	maxManifest   = 64 << 20
)

// Record describes a job. Its JSON has one form, and the job's id is its sha256:
// the same job has the same id wherever and whenever it is submitted.
type Record struct {
	Format  string `json:"format"`
	Version int    `json:"version"`

	// What a list of jobs shows.
	Target    string `json:"target"`
	Model     string `json:"model"` // its own name
	Questions int    `json:"questions"`
	Units     int    `json:"units"`
	Bytes     int64  `json:"bytes"` // of all blocks

	Files Files `json:"files"`
}

// Files are the sha256 of a job's files in the store.
type Files struct {
	Manifest  string `json:"manifest"`
	Questions string `json:"questions"`
	Units     string `json:"units"`
	Model     string `json:"model"`             // the list of its files
	Related   string `json:"related,omitempty"` // related.json
}

// encode gives the record's JSON and its digest.
func (r *Record) encode() (text []byte, id string, err error) {
	text, err = json.MarshalIndent(r, "", "  ")
	text = append(text, '\n')
	sum := sha256.Sum256(text)
	return text, hex.EncodeToString(sum[:]), err
}

// decodeRecord reads the record of an id.
func decodeRecord(text []byte, id string) (*Record, error) {
	sum := sha256.Sum256(text)
	if have := hex.EncodeToString(sum[:]); have != id {
		return nil, fmt.Errorf("job %s: damaged: sha256 of its record: have %s", id, have)
	}
	d := json.NewDecoder(bytes.NewReader(text))
	d.DisallowUnknownFields()
	var r Record
	if err := d.Decode(&r); err != nil {
		return nil, fmt.Errorf("job %s: %w", id, err)
	}
	if r.Format != recordFormat || r.Version != recordVersion {
		return nil, fmt.Errorf("job %s: want %s %d, have %q %d", id, recordFormat, recordVersion, r.Format, r.Version)
	}
	return &r, nil
}

// readRecord reads the record of a job.
func readRecord(ctx context.Context, s *store.Store, id string) (*Record, error) {
	if !isDigest(id) {
		return nil, fmt.Errorf("job: want a sha256 in hex, have %q", id)
	}
	text, err := s.Get(ctx, jobName(id), maxRecord)
	if err != nil {
		return nil, err
	}
	return decodeRecord(text, id)
}

// Listed is a job of a store.
type Listed struct {
	ID        string    `json:"job"`
	Submitted time.Time `json:"submitted"` // for the first time
	*Record
}

// List yields the jobs of a store, by id.
func List(ctx context.Context, s *store.Store) iter.Seq2[Listed, error] {
	return func(yield func(Listed, error) bool) {
		for e, err := range s.List(ctx, jobFolder) {
			l := Listed{ID: strings.TrimPrefix(e.Name, jobFolder), Submitted: e.Changed}
			if err == nil && !isDigest(l.ID) {
				continue // being written
			}
			if err == nil {
				l.Record, err = readRecord(ctx, s, l.ID)
			}
			if !yield(l, err) || err != nil {
				return
			}
		}
	}
}

// Find returns the id of the one job whose id begins with a prefix.
func Find(ctx context.Context, s *store.Store, prefix string) (string, error) {
	if prefix == "" {
		return "", errors.New("job: want its id, or the beginning of it, have none")
	}
	var found []string
	for e, err := range s.List(ctx, jobFolder+prefix) {
		if err != nil {
			return "", err
		}
		if id := strings.TrimPrefix(e.Name, jobFolder); isDigest(id) {
			found = append(found, id)
		}
	}
	switch {
	case len(found) == 1:
		return found[0], nil
	case len(found) == 0:
		return "", fmt.Errorf("job %q: %w: store %s", prefix, store.ErrNotFound, s)
	}
	return "", fmt.Errorf("job %q: want the beginning of one job's id, have that of %d, as %s and %s", prefix, len(found), found[0], found[1])
}

// Job is a job of a store that was opened: its manifest was read, and its
// questions lie in a file of this machine.
type Job struct {
	ID string
	*Record
	Manifest dataset.Manifest
	Stored   *dataset.Stored // its questions

	raw   *dataset.Raw
	store *store.Store
	dir   string // temporary
}

// Open opens a job. It is to be closed.
func Open(ctx context.Context, s *store.Store, id string) (*Job, error) {
	r, err := readRecord(ctx, s, id)
	if err != nil {
		return nil, err
	}
	text, err := getBytes(ctx, s, r.Files.Manifest, maxManifest)
	if err != nil {
		return nil, fmt.Errorf("job %s: manifest: %w", id, err)
	}
	m, err := dataset.ParseManifest(text)
	if err != nil {
		return nil, fmt.Errorf("job %s: %w", id, err)
	}
	j := &Job{ID: id, Record: r, Manifest: *m, raw: dataset.NewRaw(m), store: s}
	if j.dir, err = os.MkdirTemp("", "premlp-job-"); err != nil {
		return nil, err
	}
	path := filepath.Join(j.dir, "questions.jsonl")
	if r.Questions != m.Questions {
		err = fmt.Errorf("want the manifest's %d, have %d", m.Questions, r.Questions)
	} else if err = getFile(ctx, s, r.Files.Questions, -1, path); err == nil {
		j.Stored, err = dataset.OpenStored(path)
	}
	if err == nil && (j.Stored.List().Digest() != m.QuestionsDigest || j.Stored.List().Len() != m.Questions) {
		err = fmt.Errorf("want %d questions of the manifest's digest, have others", m.Questions)
	}
	if err != nil {
		return nil, errors.Join(fmt.Errorf("job %s: questions: %w", id, err), j.Close())
	}
	return j, nil
}

// Close removes what the job has on this machine.
func (j *Job) Close() error {
	var err error
	if j.Stored != nil {
		err = j.Stored.Close()
	}
	return errors.Join(err, os.RemoveAll(j.dir))
}

// Units yields the job's units, by key.
func (j *Job) Units(ctx context.Context) iter.Seq2[Unit, error] { return j.Record.units(ctx, j.store) }

// units yields a job's units from the store, by key.
func (r *Record) units(ctx context.Context, s *store.Store) iter.Seq2[Unit, error] {
	return func(yield func(Unit, error) bool) {
		if !isDigest(r.Files.Units) {
			yield(Unit{}, fmt.Errorf("units: want a sha256 in hex, have %q", r.Files.Units))
			return
		}
		f, _, err := s.Open(ctx, fileName(r.Files.Units))
		if err != nil {
			yield(Unit{}, err)
			return
		}
		defer f.Close()
		sum, n := sha256.New(), 0
		for u, err := range readUnits(io.TeeReader(f, sum)) {
			if !yield(u, err) || err != nil {
				return
			}
			n++
		}
		if have := hex.EncodeToString(sum.Sum(nil)); have != r.Files.Units || n != r.Units {
			yield(Unit{}, fmt.Errorf("store %s: %s: damaged: want %d units, have %d of sha256 %s", s, fileName(r.Files.Units), r.Units, n, have))
		}
	}
}
