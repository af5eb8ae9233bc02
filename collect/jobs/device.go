package jobs

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"sync"
	"time"

	"premlp/collect"
	"premlp/collect/jobs/queue"
	"premlp/collect/jobs/store"
	"premlp/model"
)

// device computes the units of one device, one at a time.
type device struct {
	worker *Worker
	number int
	device model.Device
	blocks pool
	free   chan struct{} // holds one while a lane has the device, and what is below

	job      *Job // the job of the last unit
	model    *shared
	computer *collect.Computer
}

// block is a unit's block as it is made.
type block struct {
	unit      collect.Unit
	made      collect.Made
	bytes     int64
	present   bool // it is in the store and whole
	damaged   bool // it is in the store and not whole
	computing time.Duration
}

// pool keeps the memory of the blocks that are under way.
type pool struct{ sync.Pool }

func (p *pool) Get() any {
	if b := p.Pool.Get(); b != nil {
		return b
	}
	return &block{}
}

// make computes the unit of a task, unless the store has its block. The lane that
// calls it has the device.
func (d *device) make(ctx context.Context, t queue.Task, b *block) error {
	b.present, b.damaged, b.computing = false, false, 0
	if err := d.open(ctx, t.Job); err != nil {
		return err
	}
	var err error
	if b.unit, err = d.unit(t); err != nil {
		return fmt.Errorf("%w: %w", queue.ErrPoison, err)
	}
	b.bytes = blockSize(rawSizes(d.job.raw, d.job.Stored.List(), b.unit))
	if err := d.look(ctx, t.ID, b); err != nil || b.present {
		return err
	}
	if err := d.compute(ctx); err != nil {
		return err
	}
	d.worker.reports.began(t, d, b.unit)
	start := time.Now()
	if err = d.worker.step("computing", t.ID); err == nil {
		err = d.computer.Make(ctx, b.unit, &b.made, func(float64) {})
	}
	b.computing = time.Since(start)
	if errors.Is(err, collect.ErrRows) {
		err = fmt.Errorf("%w: %w", queue.ErrPoison, err)
	}
	return err
}

// open opens a job, if it is not the last unit's.
func (d *device) open(ctx context.Context, id string) error {
	if d.job != nil && d.job.ID == id {
		return nil
	}
	if err := d.closeJob(); err != nil {
		return err
	}
	w := d.worker
	has, err := w.Store.Has(ctx, jobName(id))
	if err == nil && !has { // it would fail all units of the job, one after another
		err = fmt.Errorf("job %s: %w %s: want the store that it was submitted to; a queue is of one store's jobs", short(id), store.ErrNotFound, w.Store)
		w.stop(err)
	}
	if err != nil {
		return err
	}
	d.job, err = Open(ctx, w.Store, id)
	return err
}

// unit is the unit of a task, whose ID must be the key of its questions.
func (d *device) unit(t queue.Task) (collect.Unit, error) {
	var b body
	decoder := json.NewDecoder(bytes.NewReader(t.Body))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(&b); err != nil {
		return collect.Unit{}, fmt.Errorf("task: %w", err)
	}
	u := collect.Unit{First: b.First, End: b.End}
	key, err := unitKey(&d.job.Manifest, d.job.Stored, u)
	if err == nil && key != t.ID {
		err = fmt.Errorf("task: want the key of %s, which is %s", u, key)
	}
	return u, err
}

// look finds out whether the store has the block already, and whole.
func (d *device) look(ctx context.Context, key string, b *block) error {
	_, err := d.worker.Store.Size(ctx, blockName(key))
	if errors.Is(err, store.ErrNotFound) {
		return nil
	}
	if err == nil {
		err = d.job.readBlock(ctx, key, b.unit, &b.made)
	}
	switch {
	case errors.Is(err, ErrDamaged):
		b.damaged = true
		return nil
	case err != nil:
		return err
	}
	b.present = true
	return nil
}

// compute opens the job's model and a computer, if there is none yet.
func (d *device) compute(ctx context.Context) error {
	if d.computer != nil {
		return nil
	}
	w := d.worker
	m, err := w.models.open(ctx, d.job)
	if err != nil {
		return err
	}
	c, err := collect.NewComputer(ctx, m.Loaded, d.job.Manifest, d.job.Stored.Question, collect.ComputeOptions{
		Threads: w.Threads, BatchTokens: w.BatchTokens, BatchBytes: w.BatchBytes, Device: d.device,
	})
	if err != nil {
		err = errors.Join(err, d.release(m))
		if errors.Is(err, collect.ErrArithmetic) || errors.Is(err, model.ErrWeights) { // others may have another, or more memory
			w.stop(fmt.Errorf("job %s: %w", short(d.job.ID), err))
		}
		return err
	}
	d.model, d.computer = m, c
	return nil
}

// check ends the worker where the device works no longer: every unit would fail here
// that another machine can compute.
func (d *device) check() {
	if d.device == nil {
		return
	}
	if err := d.device.Sync(); err != nil {
		d.worker.stop(fmt.Errorf("the device works no longer: %w", err))
	}
}

// closeJob lets go of the last unit's job and model.
func (d *device) closeJob() error {
	var err error
	if d.computer != nil {
		err = errors.Join(d.computer.Close(), d.release(d.model))
		d.computer, d.model = nil, nil
	}
	if d.job != nil {
		err = errors.Join(err, d.job.Close())
		d.job = nil
	}
	return err
}

// release lets go of a model, and frees what the device has of it: but of the one that
// was given, whose owner has sessions there.
func (d *device) release(m *shared) error {
	var err error
	if d.device != nil && m.Loaded != d.worker.Given {
		err = m.Model.FreeDevice(d.device)
	}
	return errors.Join(err, d.worker.models.release(m))
}

// close is called when no lane runs any more.
func (d *device) close() {
	if err := d.closeJob(); err != nil {
		d.worker.Log.Error("closing", "error", err.Error())
	}
}

// shared is a model that several devices compute with.
type shared struct {
	*collect.Loaded
	files string // the digest of its list
	users int
}

// models are the models that are open.
type models struct {
	worker *Worker
	mu     sync.Mutex
	all    []*shared
}

// open opens a job's model, or gives it another user.
func (m *models) open(ctx context.Context, j *Job) (*shared, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, s := range m.all {
		if s.files == j.Files.Model {
			s.users++
			return s, nil
		}
	}
	w := m.worker
	if w.Given != nil {
		digest, err := w.Given.Model.Digest(ctx)
		if err != nil {
			return nil, err
		}
		if digest == j.Manifest.Model.Digest {
			return m.add(w.Given, j.Files.Model, 2), nil // never closed here
		}
	}
	w.Log.Info("opening the model", "job", short(j.ID), "model", j.Model)
	path, err := getModel(ctx, w.Store, j.Files.Model, w.Cache)
	if err != nil {
		return nil, err
	}
	l, err := collect.OpenModel(path)
	if err != nil {
		return nil, err
	}
	return m.add(l, j.Files.Model, 1), nil
}

// add adds an open model; m.mu is held.
func (m *models) add(l *collect.Loaded, files string, users int) *shared {
	s := &shared{l, files, users}
	m.all = append(m.all, s)
	return s
}

// release takes a user from a model, and closes it behind the last.
func (m *models) release(s *shared) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if s.users--; s.users > 0 {
		return nil
	}
	for i, open := range m.all {
		if open == s {
			m.all = append(m.all[:i], m.all[i+1:]...)
			break
		}
	}
	return s.Close()
}
