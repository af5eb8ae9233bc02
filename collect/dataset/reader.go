package dataset

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"sync"
)

// Reader reads a finished dataset. It is safe for concurrent use.
type Reader struct {
	dir string
	*prepared
	questions *questionFile
	files     []*mapped

	mu     sync.RWMutex // held for writing by Close, so that no page vanishes under a read
	closed bool
}

// Dir is the dataset's folder.
func (r *Reader) Dir() string { return r.dir }

// Manifest is the dataset's manifest. Its lists must not be changed.
func (r *Reader) Manifest() Manifest { return *r.plan.m }

// Len is the number of questions.
func (r *Reader) Len() int { return r.plan.list.Len() }

// Question reads question i from the file; it is the caller's own.
func (r *Reader) Question(i int) (*Question, error) {
	r.mu.RLock()
	defer r.mu.RUnlock()
	if err := r.readable(i); err != nil {
		return nil, err
	}
	q, err := r.questions.read(i)
	if err != nil {
		return nil, fmt.Errorf("dataset: %s: %w", r.dir, err)
	}
	return q, nil
}

// Questions walks over all questions in order, reading one at a time. Collect
// gives them as a list.
func (r *Reader) Questions() Source {
	return func(yield func(*Question, error) bool) {
		for i := range r.Len() {
			q, err := r.Question(i)
			if !yield(q, err) || err != nil {
				return
			}
		}
	}
}

// Rows decodes the activations of question i at a site and layer (the model's
// number of it) into dst, which is grown if it is too short. The result is
// [n, D], n the question's rows. Its bytes are not checked against their
// checksum; Verify does that.
func (r *Reader) Rows(i int, site string, layer int, dst []float32) ([]float32, error) {
	return r.values(i, site, layer, false, dst)
}

// Stats decodes the statistics of the site's norm, [n, StatsPerRow]. It is empty
// where the site has none.
func (r *Reader) Stats(i int, site string, layer int, dst []float32) ([]float32, error) {
	return r.values(i, site, layer, true, dst)
}

// Raw is a layer of Rows as stored, in the mapped file: little-endian values of
// the manifest's DType, [n, D], the layer's first byte aligned to 64 where the
// sizes allow. It is valid until Close and must not be written to. Reading it
// ends the process if somebody cuts the file short meanwhile; Rows gives an error.
func (r *Reader) Raw(i int, site string, layer int) ([]byte, error) {
	r.mu.RLock()
	defer r.mu.RUnlock()
	return r.raw(i, site, layer, false)
}

// AppendRaw appends what Raw gives to dst. Unlike with Raw, a page that can no
// longer be read is an error, and the bytes are the caller's own.
func (r *Reader) AppendRaw(dst []byte, i int, site string, layer int) ([]byte, error) {
	r.mu.RLock()
	defer r.mu.RUnlock()
	b, err := r.raw(i, site, layer, false)
	if err != nil {
		return dst, err
	}
	err = guard(func() error {
		dst = append(dst, b...)
		return nil
	})
	if err != nil {
		return dst, fmt.Errorf("dataset: %s: question %d: %w", r.dir, i, err)
	}
	return dst, nil
}

func (r *Reader) values(i int, site string, layer int, stats bool, dst []float32) ([]float32, error) {
	r.mu.RLock()
	defer r.mu.RUnlock()
	b, err := r.raw(i, site, layer, stats)
	if err != nil {
		return nil, err
	}
	d := r.plan.m.DType
	if stats {
		d = F32
	}
	err = guard(func() error {
		dst = d.Decode(dst, b)
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("dataset: %s: question %d: %w", r.dir, i, err)
	}
	return dst, nil
}

// readable gives an error where the dataset is closed or has no question i. The
// caller holds r.mu.
func (r *Reader) readable(i int) error {
	if r.closed {
		return fmt.Errorf("dataset: %s: %w", r.dir, ErrClosed)
	}
	if i < 0 || i >= r.Len() {
		return fmt.Errorf("dataset: %s: question: want 0 to %d, have %d", r.dir, r.Len()-1, i)
	}
	return nil
}

// raw is the stored bytes of one layer of a block. The caller holds r.mu.
func (r *Reader) raw(i int, site string, layer int, stats bool) ([]byte, error) {
	if err := r.readable(i); err != nil {
		return nil, err
	}
	k := r.plan.m.layerIndex(layer)
	if k < 0 {
		return nil, fmt.Errorf("dataset: %s: layer: want one of %v, have %d", r.dir, r.plan.m.Layers, layer)
	}
	known := false
	for j := range r.plan.blocks {
		b := &r.plan.blocks[j]
		known = known || b.site == site
		if b.site == site && b.stats == stats {
			size := b.size(int(r.plan.list.rows[i]))
			from := r.plan.offsets(i)[j] + int64(k)*size
			return r.files[r.plan.frames[i].shard].data[from : from+size : from+size], nil
		}
	}
	if known {
		return nil, nil // the site's norm has no statistics
	}
	return nil, fmt.Errorf("dataset: %s: site: want one of %v, have %q", r.dir, r.plan.m.Sites, site)
}

// Run reads run.json.
func (r *Reader) Run() (RunInfo, error) {
	b, err := readLimited(filepath.Join(r.dir, "run.json"))
	if err != nil {
		return RunInfo{}, fmt.Errorf("dataset: %w", err)
	}
	run, err := decodeRun(b)
	if err != nil {
		return RunInfo{}, fmt.Errorf("dataset: %s: %w", r.dir, err)
	}
	return run, nil
}

// Files are the names of the files that Digest is of: all but run.json, and
// related.json, whose sha256 the manifest has.
func (r *Reader) Files() []string {
	names := []string{"manifest.json", "questions.jsonl"}
	for shard := range r.plan.shards {
		names = append(names, shardName(shard))
	}
	return names
}

// Digest is one sha256 for all of Files: that of the lines "<sha256>  <name>".
// In the dataset's folder this prints the same:
//
//	sha256sum manifest.json questions.jsonl rows-*.msgpack | sha256sum
func (r *Reader) Digest(ctx context.Context) (string, error) {
	all := sha256.New()
	for _, name := range r.Files() {
		sum, err := fileDigest(ctx, filepath.Join(r.dir, name))
		if err != nil {
			return "", fmt.Errorf("dataset: %w", err)
		}
		fmt.Fprintf(all, "%s  %s\n", sum, name)
	}
	return hex.EncodeToString(all.Sum(nil)), nil
}

// fileDigest is the sha256 of a file in hex.
func fileDigest(ctx context.Context, path string) (string, error) {
	f, err := os.Open(path)
	if err != nil {
		return "", err
	}
	defer f.Close()
	sum := sha256.New()
	for {
		if err := ctx.Err(); err != nil {
			return "", err
		}
		_, err := io.CopyN(sum, f, 16<<20)
		if errors.Is(err, io.EOF) {
			return hex.EncodeToString(sum.Sum(nil)), nil
		}
		if err != nil {
			return "", err
		}
	}
}

// Close closes and unmaps the files. Slices that Raw gave are invalid after it.
func (r *Reader) Close() error {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.closed {
		return nil
	}
	r.closed = true
	errs := []error{r.questions.close()}
	for _, f := range r.files {
		errs = append(errs, f.close())
	}
	if err := errors.Join(errs...); err != nil {
		return fmt.Errorf("dataset: %s: %w", r.dir, err)
	}
	return nil
}
