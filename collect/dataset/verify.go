package dataset

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
)

// maxProblems is how many problems Verify names.
const maxProblems = 20

// Verify reads the whole dataset and checks every byte: the digests of the
// manifest and questions against each index, every frame against its checksum,
// the index, and what its question determines, every value for NaN and
// infinity, run.json against its own digest, and that no rows file is left
// over. The error lists the first 20 problems and wraps ErrCorrupt. progress,
// which may be nil, is told of every question checked.
func (r *Reader) Verify(ctx context.Context, progress func(done, total int)) error {
	r.mu.RLock()
	defer r.mu.RUnlock()
	if r.closed {
		return fmt.Errorf("dataset: %s: %w", r.dir, ErrClosed)
	}
	v := &verification{r: r}
	if err := v.metadata(ctx); err != nil {
		return fmt.Errorf("dataset: %w", err)
	}
	for shard := range r.plan.shards {
		if err := v.shard(ctx, shard, progress); err != nil {
			return fmt.Errorf("dataset: %s: %w", r.dir, err)
		}
	}
	if v.count == 0 {
		return nil
	}
	if n := v.count - len(v.problems); n > 0 {
		v.problems = append(v.problems, fmt.Errorf("and %d more", n))
	}
	return fmt.Errorf("dataset: %s: %w:\n%w", r.dir, ErrCorrupt, errors.Join(v.problems...))
}

// verification collects what is wrong with a dataset.
type verification struct {
	r        *Reader
	problems []error
	count    int
}

func (v *verification) add(err error) {
	if v.count++; v.count <= maxProblems {
		v.problems = append(v.problems, err)
	}
}

// metadata checks the files as they are now: they may have changed since Open.
func (v *verification) metadata(ctx context.Context) error {
	files := []struct{ name, want string }{
		{"manifest.json", v.r.digests.manifest},
		{"questions.jsonl", v.r.digests.questions},
	}
	if related := v.r.plan.m.Related; related != "" {
		files = append(files, struct{ name, want string }{relatedName, related})
	}
	for _, f := range files {
		have, err := fileDigest(ctx, filepath.Join(v.r.dir, f.name))
		if errors.Is(err, os.ErrNotExist) {
			v.add(fmt.Errorf("%s: want it, have none", f.name))
			continue
		}
		if err != nil {
			return err
		}
		if have != f.want {
			v.add(fmt.Errorf("%s: sha256: want %s, have %s", f.name, f.want, have))
		}
	}
	text, err := readLimited(filepath.Join(v.r.dir, "run.json"))
	if err != nil {
		v.add(err)
	} else if _, err := decodeRun(text); err != nil {
		v.add(err)
	}
	entries, err := os.ReadDir(v.r.dir)
	if err != nil {
		return err
	}
	known := map[string]bool{}
	for _, name := range v.r.Files() {
		known[name] = true
	}
	for _, e := range entries {
		if e.Name() == relatedName && v.r.plan.m.Related == "" {
			v.add(fmt.Errorf("%s: the manifest states none, have one", relatedName))
		}
		if isShard(e.Name()) && !known[e.Name()] {
			v.add(fmt.Errorf("%s: want %d rows files, have this one too", e.Name(), len(v.r.plan.shards)))
		}
	}
	return nil
}

// shard checks one rows file. Its error is the context's.
func (v *verification) shard(ctx context.Context, shard int, progress func(done, total int)) error {
	s := v.r.plan.shards[shard]
	var crcs []uint32
	err := guard(func() (err error) {
		crcs, err = v.r.tail(shard)
		return err
	})
	if err != nil {
		v.add(fmt.Errorf("%s: %w", shardName(shard), err))
	}
	for i := s.first; i < s.end; i++ {
		if err := ctx.Err(); err != nil {
			return err
		}
		err := guard(func() error {
			crc, err := v.frame(i)
			if err == nil && crcs != nil && crc != crcs[i-s.first] {
				err = fmt.Errorf("crc32c: want %08x of the index, have %08x", crcs[i-s.first], crc)
			}
			return err
		})
		if err != nil {
			v.add(fmt.Errorf("%s: frame of question %q: %w", shardName(shard), v.r.plan.list.ids[i], err))
		}
		if progress != nil {
			progress(i+1, v.r.plan.list.Len())
		}
	}
	return nil
}

// frame checks the frame of question i and gives its crc.
func (v *verification) frame(i int) (uint32, error) {
	m, place := v.r.plan.m, v.r.plan.frames[i]
	q, err := v.r.questions.read(i)
	if err != nil {
		return 0, err
	}
	l, err := v.r.plan.layout(i, q.Rows, place.offset)
	if err != nil {
		return 0, err
	}
	data := v.r.files[place.shard].data
	crc, err := checkFrame(data[place.offset:place.offset+place.size], l, place.offset)
	if err != nil {
		return 0, err
	}
	n := len(q.Rows)
	for _, b := range l.blocks {
		width := b.width
		if bad := notFinite(b.dtype, data[b.offset:b.offset+b.size]); bad >= 0 {
			return 0, fmt.Errorf("%s: layer %d: row %d: want finite values, have NaN or infinity at %d",
				b.name, m.Layers[bad/width/n], bad/width%n, bad%width)
		}
	}
	return crc, nil
}
