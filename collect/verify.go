package collect

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"

	"premlp/collect/dataset"
	"premlp/model"
)

// VerifyOptions says how far a dataset is verified.
type VerifyOptions struct {
	// Model is what the rows are computed with again; nil leaves that out.
	Model    *Loaded
	Sample   int    // questions computed again, at most
	Seed     uint64 // picks the sample
	Threads  int
	Device   model.Device          // where rows are computed again; nil: this machine's processor
	Progress func(done, total int) // questions read
}

// Verification is what Verify found.
type Verification struct {
	Dir        string    `json:"dir"`
	OK         bool      `json:"ok"`
	Questions  int       `json:"questions"`
	Rows       int64     `json:"rows"`
	Digest     string    `json:"digest"` // of all bytes but run.json
	Findings   []Finding `json:"findings"`
	Recomputed []string  `json:"recomputed"` // ids of the questions computed again
	Different  []string  `json:"different"`  // "question, site.layer" whose bits differ
}

// Verify checks a dataset: every byte against its checksums, every question
// against the checks it was made with, and a sample of questions computed
// again, bit against bit. The error is for what could not be checked; what was
// found wrong is in the result, whose OK is then false.
func Verify(ctx context.Context, dir string, o VerifyOptions) (*Verification, error) {
	r, err := dataset.Open(dir)
	if err != nil {
		return nil, err
	}
	defer r.Close()
	m := r.Manifest()
	v := &Verification{Dir: dir, Questions: m.Questions, Rows: m.Rows, Findings: []Finding{}, Recomputed: []string{}, Different: []string{}}
	if err := r.Verify(ctx, o.Progress); err != nil {
		if !errors.Is(err, dataset.ErrCorrupt) {
			return nil, err
		}
		v.Findings = append(v.Findings, Finding{Check: "bytes", Message: err.Error(), Fatal: true})
		return v, nil
	}
	if v.Digest, err = r.Digest(ctx); err != nil {
		return nil, err
	}
	if o.Model == nil {
		// Token indices cannot be proved without the tokenizer.
		err = v.design(ctx, r, newDesign(nil), nil)
	} else {
		err = v.recompute(ctx, r, o)
	}
	if err != nil {
		return nil, err
	}
	v.OK = len(v.Different) == 0 && !slices.ContainsFunc(v.Findings, func(f Finding) bool { return f.Fatal })
	return v, nil
}

// design checks the questions, each read once; rebuilt may be nil.
func (v *Verification) design(ctx context.Context, r *dataset.Reader, d *design, rebuilt *rebuild) error {
	for i := range r.Len() {
		q, err := r.Question(i)
		if err = cmp.Or(err, ctx.Err()); err != nil {
			return err
		}
		d.add(q)
		if rebuilt != nil {
			rebuilt.add(i, q)
		}
	}
	v.Findings = append(v.Findings, d.done()...)
	if rebuilt != nil {
		v.Findings = append(v.Findings, rebuilt.findings...)
	}
	return nil
}

// recompute checks the questions against the tokenizer and compares the rows of
// a sample, bit by bit.
func (v *Verification) recompute(ctx context.Context, r *dataset.Reader, o VerifyOptions) error {
	m := r.Manifest()
	if err := checkModel(ctx, m, o.Model); err != nil {
		return fmt.Errorf("verify: %w", err)
	}
	rebuilt, err := newRebuild(m, o.Model)
	if err != nil {
		return err
	}
	if err := v.design(ctx, r, newDesign(o.Model.Tokenizer), rebuilt); err != nil {
		return err
	}

	var points []model.Point
	for _, layer := range m.Layers {
		for _, s := range m.Sites {
			points = append(points, model.Point{Site: model.Site(s), Layer: layer})
		}
	}
	s, err := o.Model.Model.Session(model.SessionOptions{Points: points, Threads: o.Threads, Device: o.Device})
	if err != nil {
		return err
	}
	defer s.Close()
	if s.Arithmetic() != m.Arithmetic {
		return fmt.Errorf("verify: arithmetic: the rows were computed in %q, this run computes in %q: their bits cannot be compared", m.Arithmetic, s.Arithmetic())
	}
	for _, i := range sample(m.Questions, o.Sample, o.Seed) {
		if err := v.compare(ctx, r, s, i); err != nil {
			return err
		}
	}
	return nil
}

// checkModel checks that a model is the one a dataset was made with.
func checkModel(ctx context.Context, m dataset.Manifest, l *Loaded) error {
	digest, err := l.Model.Digest(ctx)
	if err != nil {
		return err
	}
	if digest != m.Model.Digest {
		return fmt.Errorf("model: want the weights of digest %s, have %s", m.Model.Digest, digest)
	}
	if d := l.Model.ConfigDigest(); m.Model.ConfigDigest != "" && d != m.Model.ConfigDigest {
		return fmt.Errorf("model: config.json: want digest %s, have %s", m.Model.ConfigDigest, d)
	}
	if d := l.Tokenizer.Digest(); d != m.Tokenizer.Digest {
		return fmt.Errorf("tokenizer: want digest %s, have %s", m.Tokenizer.Digest, d)
	}
	return nil
}

// sample picks n of count questions, ascending.
func sample(count, n int, seed uint64) []int {
	picked := rand.New(rand.NewPCG(seed, 0)).Perm(count)[:max(0, min(n, count))]
	slices.Sort(picked)
	return picked
}

// compare computes question i alone and compares every stored row with it.
func (v *Verification) compare(ctx context.Context, r *dataset.Reader, s *model.Session, i int) error {
	q, err := r.Question(i)
	if err != nil {
		return err
	}
	dtype := r.Manifest().DType
	v.Recomputed = append(v.Recomputed, q.ID)
	return s.Run(ctx, model.Pack([][]int32{q.IDs}, [][]int32{q.Rows}), func(p model.Point, rows model.Rows) error {
		site := string(p.Site)
		stored, err := r.Raw(i, site, p.Layer)
		if err != nil {
			return err
		}
		stats, err := r.Stats(i, site, p.Layer, nil)
		if err != nil {
			return err
		}
		same := slices.Equal(stored, dtype.Append(nil, rows.Data)) && slices.EqualFunc(stats, rows.Stats, sameBits)
		if !same {
			v.Different = append(v.Different, fmt.Sprintf("%s, %s", q.ID, p))
		}
		return nil
	})
}

// sameBits tells 0 from -0, unlike ==.
func sameBits(a, b float32) bool { return math.Float32bits(a) == math.Float32bits(b) }
