package jobs

import (
	"context"
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"
	"time"

	"premlp/collect"
	"premlp/collect/dataset"
	"premlp/collect/jobs/store"
)

// Blocks are read ahead by so many readers.
const mergeReaders = 2

// MissingError lists units of a job whose blocks are not in the store.
type MissingError struct {
	Job   string
	Units []Unit // some of them, in order
	Count int    // of all that are missing
	Of    int    // units the job has
}

func (e *MissingError) Error() string {
	var lines strings.Builder
	for _, u := range e.Units {
		fmt.Fprintf(&lines, "\n  %s: %s", u.Key, u.Unit)
	}
	if n := e.Count - len(e.Units); n > 0 {
		fmt.Fprintf(&lines, "\n  and %d more", n)
	}
	return fmt.Sprintf("job %s: %d of %d units are missing:%s", e.Job, e.Count, e.Of, lines.String())
}

// maxMissing is how many units a MissingError names.
const maxMissing = 20

// Merged says what Merge did.
type Merged struct {
	Job       string  `json:"job"`
	Dir       string  `json:"dir"`
	Questions int     `json:"questions"`
	Rows      int64   `json:"rows"`
	Units     int     `json:"units"`
	Resumed   int     `json:"resumed"` // questions that were stored already
	Bytes     int64   `json:"bytes"`   // of all blocks
	Seconds   float64 `json:"seconds"`
}

// Merge adds the blocks of a job, in order, to the dataset dir: it has the bytes
// that a run on one machine gives it. Without a block of every unit nothing is
// made: the error is a *MissingError. An unfinished merge is gone on with; a
// dataset of the same manifest that is there already is left as it is.
func Merge(ctx context.Context, s *store.Store, id, dir string, run dataset.RunInfo, progress func(done, total int)) (*Merged, error) {
	start := time.Now()
	job, err := Open(ctx, s, id)
	if err != nil {
		return nil, err
	}
	defer job.Close()
	units, err := job.whole(ctx)
	if err != nil {
		return nil, err
	}
	merged := &Merged{Job: id, Dir: dir, Questions: job.Questions, Rows: job.Manifest.Rows, Units: len(units), Bytes: job.Bytes}
	w, err := job.writer(dir)
	if errors.Is(err, dataset.ErrExists) && job.madeAlready(dir) {
		merged.Resumed = merged.Questions
		return merged, nil
	}
	if err != nil {
		return nil, err
	}
	merged.Resumed = w.Next()
	run.Started, run.Resumed = start.UTC(), w.Next()
	if err = job.assemble(ctx, w, units, progress); err == nil {
		run.Finished = time.Now().UTC()
		err = w.Finish(run)
	}
	if err != nil {
		return nil, errors.Join(fmt.Errorf("%w; %d of %d questions are kept in %s.partial: run the same command again to go on", err, w.Next(), job.Questions, dir), w.Close())
	}
	merged.Seconds = time.Since(start).Seconds()
	return merged, w.Close()
}

// whole returns the job's units in the order of the questions, if all have
// blocks.
func (j *Job) whole(ctx context.Context) ([]Unit, error) {
	var units []Unit
	missing := map[int]bool{} // by first question
	err := presence(ctx, j.store, j.Record.Units, j.Units(ctx), func(u Unit, has bool) error {
		if units = append(units, u); !has {
			missing[u.First] = true
		}
		return nil
	})
	if err == nil {
		err = inOrder(units, j.Questions)
	}
	if err != nil {
		return nil, fmt.Errorf("job %s: %w", j.ID, err)
	}
	if len(missing) == 0 {
		return units, nil
	}
	e := &MissingError{Job: j.ID, Count: len(missing), Of: len(units)}
	for _, u := range units {
		if missing[u.First] && len(e.Units) < maxMissing {
			e.Units = append(e.Units, u)
		}
	}
	return nil, e
}

// writer begins the dataset, or goes on with it.
func (j *Job) writer(dir string) (*dataset.Writer, error) {
	w, _, err := dataset.Resume(dir, j.Manifest, j.Stored.List())
	if errors.Is(err, os.ErrNotExist) {
		w, err = dataset.Create(dir, j.Manifest, j.Stored.List())
	}
	return w, err
}

// madeAlready says whether the dataset there is of the job's manifest.
func (j *Job) madeAlready(dir string) bool {
	r, err := dataset.Open(dir)
	if err != nil {
		return false
	}
	defer r.Close()
	have, errHave := dataset.EncodeManifest(r.Manifest())
	want, errWant := dataset.EncodeManifest(j.Manifest)
	return errors.Join(errHave, errWant) == nil && slices.Equal(have, want)
}

// assemble adds what is still missing in w.
func (j *Job) assemble(ctx context.Context, w *dataset.Writer, units []Unit, progress func(done, total int)) error {
	if j.Files.Related != "" {
		data, err := getBytes(ctx, j.store, j.Files.Related, maxManifest)
		if err == nil {
			err = w.AttachRelated(data)
		}
		if err != nil {
			return fmt.Errorf("related.json: %w", err)
		}
	}
	reader := blockReader{j, map[int]Unit{}}
	next := w.Next() // a merge that was stopped may have ended amid a unit
	rest := func(yield func(collect.Unit, error) bool) {
		for _, u := range units {
			if u.End > next && !yield(collect.Unit{First: max(u.First, next), End: u.End}, nil) {
				return
			}
		}
	}
	for _, u := range units {
		reader.units[u.End] = u
	}
	return collect.Assemble(ctx, w, rest, slices.Repeat([]collect.Maker{reader}, mergeReaders), progress, nil)
}

// blockReader is a Maker that takes rows from the store.
type blockReader struct {
	job   *Job
	units map[int]Unit // by end
}

// Make reads the block that holds the questions of u, and leaves out those before.
func (b blockReader) Make(ctx context.Context, u collect.Unit, m *collect.Made, _ func(float64)) error {
	whole := b.units[u.End]
	err := b.job.readBlock(ctx, whole.Key, whole.Unit, m)
	if errors.Is(err, ErrDamaged) {
		err = fmt.Errorf("%w; submit the job again with --check, which finds damaged blocks and has them computed again", err)
	}
	if err != nil {
		return err
	}
	m.Raw = m.Raw[u.First-whole.First:]
	return nil
}
