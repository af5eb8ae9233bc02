package walk

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math"
	"slices"

	"premlp/collect"
	"premlp/model"
	"premlp/weights"
)

// reference is another run that values are compared with and taken from.
type reference struct {
	name   string // "": none
	tokens int
	// value returns what the other run has for an op of that many columns: by its
	// key, or by one of the sites that it is.
	value func(key string, sites []string, cols int) (model.Mat, error)
	end   func() error
}

func (r reference) close() error {
	if r.end == nil {
		return nil
	}
	return r.end()
}

// setReference puts another run in the place of the one before.
func (w *Walk) setReference(r reference) error {
	err := w.reference.close()
	w.reference = r
	return err
}

// referTo runs a text through the model or another one to its end and compares
// with that. Another model is closed with the walk.
func (w *Walk) referTo(ctx context.Context, name string, l *collect.Loaded, text string, fast bool) error {
	end := func() error { return nil }
	if l != w.loaded {
		end = l.Close
	}
	ids, err := w.prompt(l, text)
	if err != nil {
		return errors.Join(err, end())
	}
	o := model.SessionOptions{Logits: true, KeepAll: true, Threads: w.threads, FastBF16: fast}
	if l == w.loaded && !fast {
		o.Device = w.device
	}
	s, err := l.Model.Session(o)
	if err != nil {
		return errors.Join(err, end())
	}
	closeModel := end
	end = func() error { return errors.Join(s.Close(), closeModel()) }
	if err := s.Run(ctx, model.Pack([][]int32{ids}, nil), nil); err != nil {
		return errors.Join(err, end())
	}
	byName := map[string]*model.Op{}
	for _, o := range s.Ops() {
		byName[o.Key()] = o
		for _, p := range s.PointsOf(o) {
			byName[p.String()] = o
		}
	}
	value := func(key string, sites []string, _ int) (model.Mat, error) {
		for _, name := range append([]string{key}, sites...) {
			if o := byName[name]; o != nil {
				return s.ValueOf(o)
			}
		}
		return model.Mat{}, fmt.Errorf("%s: the other model has no such op", key)
	}
	return w.setReference(reference{name: name, tokens: len(ids), value: value, end: end})
}

// referToFile compares with a golden file: tensors "<site>.<layer>" [T, D] and
// "logits", as premlp dump writes them.
func (w *Walk) referToFile(path string) error {
	f, err := weights.OpenSafetensors(path)
	if err != nil {
		return err
	}
	names := slices.Collect(f.Names())
	if slices.Contains(names, "ids") {
		ids, err := f.Ints("ids")
		if err == nil && !slices.Equal(ids, w.ids) {
			err = fmt.Errorf("%s: want the ids of this prompt, have others", path)
		}
		if err != nil {
			return errors.Join(err, f.Close())
		}
	}
	value := func(key string, sites []string, cols int) (model.Mat, error) {
		for _, name := range sites {
			if slices.Contains(names, name) {
				t, err := f.Tensor(name, len(w.ids), cols)
				if err != nil {
					return model.Mat{}, err
				}
				return model.Mat{Data: t.Floats(), Rows: len(w.ids), Cols: cols}, nil
			}
		}
		return model.Mat{}, fmt.Errorf("%s: the file has no tensor for it", orElse(append(sites, key)...))
	}
	return w.setReference(reference{name: path, tokens: len(w.ids), value: value, end: f.Close})
}

// Compared is how far an op's value is from the reference's.
type Compared struct {
	Op        string  `json:"op"`
	Reference string  `json:"reference"`
	SameBits  bool    `json:"same_bits"`
	MaxAbs    float64 `json:"max_abs"`
	MaxRel    float64 `json:"max_rel"` // of the reference row's largest |value|
	Cosine    float64 `json:"min_cosine"`
	Token     int     `json:"worst_token"`
	Text      string  `json:"worst_text"`
	First     int     `json:"first_token"` // that differs in a bit, -1: none
}

// compare compares tokens of an op's value with the same tokens of the reference.
func (w *Walk) compare(name string, o options) (*Compared, error) {
	op, v, err := w.read(name)
	if err != nil {
		return nil, err
	}
	other, err := w.referenceValue(op, v)
	if err != nil {
		return nil, err
	}
	tokens, err := o.span("tokens", o.tokens, min(v.Rows, other.Rows))
	if err != nil {
		return nil, err
	}
	if o.tokens == nil && v.Rows != other.Rows {
		return nil, fmt.Errorf("the reference has %d tokens, this run %d: want which to compare, as tokens 0:%d", other.Rows, v.Rows, min(v.Rows, other.Rows))
	}
	r := &Compared{Op: op.Key(), Reference: w.reference.name, Cosine: 1, First: -1, SameBits: true}
	for t := tokens.from; t < tokens.to; t++ {
		r.add(t, v.Row(t), other.Row(t))
	}
	r.Text = w.tokens[r.Token]
	return r, nil
}

// referenceValue returns the reference's value of an op.
func (w *Walk) referenceValue(o *model.Op, v model.Mat) (model.Mat, error) {
	if w.reference.name == "" {
		return model.Mat{}, errors.New("nothing to compare with: 'reference prompt TEXT', 'reference model MODEL', 'reference file FILE' or 'reference bf16' names it")
	}
	other, err := w.reference.value(o.Key(), w.sitesOf(o), v.Cols)
	if err == nil && other.Cols != v.Cols {
		err = fmt.Errorf("%s: want rows of %d values, the reference has %d", o.Key(), v.Cols, other.Cols)
	}
	return other, err
}

// add compares one token's rows.
func (r *Compared) add(token int, ours, theirs []float32) {
	var off, top, dot, aa, bb float64
	same := true
	for k := range ours {
		a, b := float64(ours[k]), float64(theirs[k])
		same = same && math.Float32bits(ours[k]) == math.Float32bits(theirs[k])
		if d := math.Abs(a - b); d > off || math.IsNaN(d) {
			off = d
		}
		top = max(top, math.Abs(b))
		dot, aa, bb = dot+a*b, aa+a*a, bb+b*b
	}
	if same {
		return
	}
	if r.SameBits = false; r.First < 0 {
		r.First = token
	}
	if math.IsNaN(off) {
		off = math.MaxFloat64 // JSON has no NaN
	}
	rel := min(off/max(top, math.SmallestNonzeroFloat64), math.MaxFloat64)
	r.MaxAbs = max(r.MaxAbs, off)
	if rel >= r.MaxRel {
		r.MaxRel, r.Token = rel, token
	}
	if cosine := dot / math.Sqrt(aa*bb); cosine < r.Cosine {
		r.Cosine = cosine
	}
}

// Print writes a line.
func (r *Compared) Print(out io.Writer) {
	if r.SameBits {
		fmt.Fprintf(out, "%s: the bits of %s\n", r.Op, r.Reference)
		return
	}
	fmt.Fprintf(out, "%s: differs from %s: at most %.3g, %.3g of the row's largest, cosine at least %.9f; worst at token %d %q, first at token %d\n",
		r.Op, r.Reference, r.MaxAbs, r.MaxRel, r.Cosine, r.Token, r.Text, r.First)
}
