package jobs

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"premlp/collect"
	"premlp/collect/dataset"
	"premlp/collect/jobs/queue"
	"premlp/collect/jobs/store"
)

// DefaultUnitBytes is how many bytes of rows a unit has at most, if it is more
// than one question.
const DefaultUnitBytes = 32 << 20

// putEvery is how many tasks are put at once.
const putEvery = 1000

// SubmitOptions says how a plan is cut, and who is told.
type SubmitOptions struct {
	UnitBytes int64 // of the rows of a unit; 0: DefaultUnitBytes
	// Check reads every block that is there, and has those computed again that are
	// damaged; and the model's files and the questions, and stores them again.
	Check    bool
	Progress func(stage string, done, total int64) // may be nil
}

// Submitted says what Submit did.
type Submitted struct {
	Job       string `json:"job"`
	Questions int    `json:"questions"`
	Units     int    `json:"units"`
	Queued    int    `json:"queued"`  // units whose blocks are not there
	Present   int    `json:"present"` // units whose blocks are
	Damaged   int    `json:"damaged"` // blocks found so by Check; their units are queued
	Bytes     int64  `json:"bytes"`   // of all blocks
}

// body is what a task says of its unit; its ID is the key.
type body struct {
	First int `json:"first"`
	End   int `json:"end"`
}

// Submit stores what workers need to compute a plan (its manifest and questions,
// the list of its units, its model) and queues the units whose blocks are not
// there. Submitted again, the same plan is the same job: what is there is not
// stored or computed again.
func Submit(ctx context.Context, s *store.Store, q queue.Queue, p *collect.Plan, o SubmitOptions) (*Submitted, error) {
	if products := p.Products(); products != "" {
		return nil, fmt.Errorf("lossy products by %s: their bits depend on the card and the batch, so units of several machines would not be one dataset: want exact ones", products)
	}
	dir, err := os.MkdirTemp("", "premlp-submit-")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(dir)
	stored, err := storeQuestions(ctx, s, p, o.Check, filepath.Join(dir, "questions.jsonl"))
	if err != nil {
		return nil, err
	}
	defer stored.Close()
	m := p.Completed()
	if o.UnitBytes <= 0 {
		o.UnitBytes = DefaultUnitBytes
	}
	units, err := cut(&m, stored, o.UnitBytes)
	if err != nil {
		return nil, err
	}
	id, r, err := storeRecord(ctx, s, p, &m, units, o)
	if err != nil {
		return nil, err
	}
	done := &Submitted{Job: id, Questions: r.Questions, Units: r.Units, Bytes: r.Bytes}
	return done, queueMissing(ctx, s, q, r, done, o)
}

// storeQuestions stores the plan's questions and opens them as a file.
func storeQuestions(ctx context.Context, s *store.Store, p *collect.Plan, check bool, path string) (*dataset.Stored, error) {
	f, err := os.Create(path)
	if err != nil {
		return nil, err
	}
	if err := errors.Join(p.WriteQuestions(f), f.Close()); err != nil {
		return nil, err
	}
	stored, err := dataset.OpenStored(path)
	if err != nil {
		return nil, err
	}
	info, err := os.Stat(path)
	if err == nil {
		err = putFile(ctx, s, path, stored.List().Digest(), info.Size(), check, nil)
	}
	if err != nil {
		return nil, errors.Join(err, stored.Close())
	}
	return stored, nil
}

// storeRecord stores the rest of a job, its record last.
func storeRecord(ctx context.Context, s *store.Store, p *collect.Plan, m *dataset.Manifest, units []Unit, o SubmitOptions) (id string, _ *Record, err error) {
	r := &Record{
		Format: recordFormat, Version: recordVersion, Target: m.Target, Model: m.Model.Name, Questions: m.Questions, Units: len(units),
	}
	for _, u := range units {
		r.Bytes += u.Bytes
	}
	text, err := dataset.EncodeManifest(*m)
	if err != nil {
		return "", nil, err
	}
	var list bytes.Buffer
	if err := writeUnits(&list, units); err != nil {
		return "", nil, err
	}
	r.Files.Questions = m.QuestionsDigest
	if r.Files.Manifest, err = putBytes(ctx, s, text); err != nil {
		return "", nil, err
	}
	if r.Files.Units, err = putBytes(ctx, s, list.Bytes()); err != nil {
		return "", nil, err
	}
	if related := p.Related(); related != nil {
		if r.Files.Related, err = putBytes(ctx, s, related); err != nil {
			return "", nil, err
		}
	}
	told := func(file string, done, total int64) {
		if o.Progress != nil {
			o.Progress("storing "+file, done, total)
		}
	}
	if r.Files.Model, err = putModel(ctx, s, p.Model(), o.Check, told); err != nil {
		return "", nil, fmt.Errorf("model: %w", err)
	}
	text, id, err = r.encode()
	if err == nil {
		_, err = s.PutBytes(ctx, jobName(id), text)
	}
	return id, r, err
}

// queueMissing queues the units whose blocks are not there.
func queueMissing(ctx context.Context, s *store.Store, q queue.Queue, r *Record, done *Submitted, o SubmitOptions) error {
	var check *checker
	if o.Check {
		job, err := Open(ctx, s, done.Job)
		if err != nil {
			return err
		}
		defer job.Close()
		check = &checker{job: job}
	}
	var tasks []queue.Task
	put := func() error {
		err := q.Put(ctx, tasks)
		done.Queued += len(tasks)
		tasks = tasks[:0]
		return err
	}
	err := presence(ctx, s, r.Units, r.units(ctx, s), func(u Unit, has bool) error {
		if has && check != nil {
			var err error
			if has, err = check.whole(ctx, u); err != nil {
				return err
			}
			if !has {
				done.Damaged++
			}
		}
		if has {
			done.Present++
		} else {
			text, err := json.Marshal(body{u.First, u.End})
			if err != nil {
				return err
			}
			tasks = append(tasks, queue.Task{ID: u.Key, Job: done.Job, Body: text})
		}
		if o.Progress != nil {
			o.Progress("units", int64(done.Present+done.Queued+len(tasks)), int64(r.Units))
		}
		if len(tasks) == putEvery {
			return put()
		}
		return nil
	})
	if err == nil && len(tasks) > 0 {
		err = put()
	}
	return err
}

// checker reads blocks through.
type checker struct {
	job  *Job
	made collect.Made
}

// whole says whether a block is as it was written.
func (c *checker) whole(ctx context.Context, u Unit) (bool, error) {
	err := c.job.readBlock(ctx, u.Key, u.Unit, &c.made)
	if errors.Is(err, ErrDamaged) || errors.Is(err, store.ErrNotFound) {
		return false, nil
	}
	return err == nil, err
}

// readBlock reads the block of a unit into made.
func (j *Job) readBlock(ctx context.Context, key string, u collect.Unit, made *collect.Made) error {
	sizes := rawSizes(j.raw, j.Stored.List(), u)
	r, size, err := j.store.Open(ctx, blockName(key))
	if err != nil {
		return err
	}
	defer r.Close()
	if want := blockSize(sizes); size != want { // before there is memory for it
		err = fmt.Errorf("%w: want %d bytes", ErrDamaged, want)
	} else {
		made.Reset(u, sizes)
		err = ReadBlock(untilDone{ctx, r}, key, made.Raw)
	}
	if err != nil {
		return fmt.Errorf("store %s: %s, of %s (%d bytes): %w", j.store, blockName(key), u, size, err)
	}
	return nil
}
