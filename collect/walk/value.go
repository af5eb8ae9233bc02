package walk

import (
	"encoding/json"
	"fmt"
	"io"
	"math"
	"slices"
	"strings"

	"premlp/model"
)

// Where says behind which op a walk stands.
type Where struct {
	Op    string   `json:"op"` // "": before the first
	Kind  string   `json:"kind"`
	Layer int      `json:"layer"` // -1: outside of the blocks
	Sites []string `json:"sites"` // that its value is
	Shape [2]int   `json:"shape"` // tokens, width
	Done  int      `json:"done"`  // ops computed
	Ops   int      `json:"ops"`   // of the pass
	Stop  string   `json:"stop,omitempty"`
	Next  string   `json:"next"` // the op that is due, "" at the end
	// Changes were made to values of this run.
	Changes []Change `json:"changes"`
}

// where describes the op that was computed last.
func (w *Walk) where(held *stop) *Where {
	r := &Where{Layer: -1, Sites: []string{}, Ops: len(w.ops), Changes: slices.Clone(w.changes)}
	r.Done, _ = w.Ops()
	if r.Done < r.Ops {
		r.Next = w.ops[r.Done].Key()
	}
	if held != nil {
		r.Stop = fmt.Sprintf("%d: %s", held.number, held.text)
	}
	o := w.last()
	if o == nil {
		return r
	}
	r.Op, r.Kind, r.Sites = o.Key(), o.Kind(), w.sitesOf(o)
	if w.inBlock(o) {
		r.Layer = o.Layer()
	}
	if v, err := w.session.ValueOf(o); err == nil {
		r.Shape = [2]int{v.Rows, v.Cols}
	}
	return r
}

// Print writes it as a line or two.
func (r *Where) Print(out io.Writer) {
	if r.Stop != "" {
		fmt.Fprintf(out, "stop %s\n", r.Stop)
	}
	switch {
	case r.Op == "":
		fmt.Fprintf(out, "before the first of %d ops: %s\n", r.Ops, r.Next)
		return
	case len(r.Sites) > 0:
		fmt.Fprintf(out, "[%d/%d] %s %s [%d, %d] = %s\n", r.Done, r.Ops, r.Kind, r.Op, r.Shape[0], r.Shape[1], strings.Join(r.Sites, ", "))
	default:
		fmt.Fprintf(out, "[%d/%d] %s %s [%d, %d]\n", r.Done, r.Ops, r.Kind, r.Op, r.Shape[0], r.Shape[1])
	}
	if r.Next == "" {
		fmt.Fprintln(out, "the pass is at its end")
	}
	for _, c := range r.Changes {
		fmt.Fprintf(out, "with %s: %s\n", c.Op, c.Text)
	}
}

// Values are numbers of an op's value.
type Values struct {
	Op     string     `json:"op"`
	Tokens []int      `json:"tokens"`
	Texts  []string   `json:"texts"`
	Coords [2]int     `json:"coords"` // [from, to)
	Rows   [][]number `json:"rows"`
}

// shownCoords are printed where no range is given.
const shownCoords = 8

// values reads tokens and coordinates of an op's value.
func (w *Walk) values(name string, o options) (*Values, error) {
	op, v, err := w.read(name)
	if err != nil {
		return nil, err
	}
	tokens, err := o.span("tokens", o.tokens, v.Rows)
	if err != nil {
		return nil, err
	}
	coords, err := o.span("coords", o.coords, v.Cols)
	if err != nil {
		return nil, err
	}
	if o.coords == nil {
		coords.to = min(coords.to, shownCoords)
	}
	r := &Values{Op: op.Key(), Coords: [2]int{coords.from, coords.to}}
	for t := tokens.from; t < tokens.to; t++ {
		row := []number{}
		for _, x := range v.Row(t)[coords.from:coords.to] {
			row = append(row, number(x))
		}
		r.Tokens, r.Texts, r.Rows = append(r.Tokens, t), append(r.Texts, w.tokens[t]), append(r.Rows, row)
	}
	return r, nil
}

// read returns an op that was computed, and its value.
func (w *Walk) read(name string) (*model.Op, model.Mat, error) {
	o, err := w.computed(name)
	if err != nil {
		return nil, model.Mat{}, err
	}
	v, err := w.session.ValueOf(o)
	return o, v, err
}

// number is one that may be no finite number: null in JSON, which knows none.
type number float64

// MarshalJSON implements json.Marshaler.
func (n number) MarshalJSON() ([]byte, error) {
	if n-n != 0 {
		return []byte("null"), nil
	}
	return json.Marshal(float64(n))
}

// Print writes a line for each token.
func (r *Values) Print(out io.Writer) {
	fmt.Fprintf(out, "%s, coordinates %d to %d\n", r.Op, r.Coords[0], r.Coords[1]-1)
	for i, t := range r.Tokens {
		fmt.Fprintf(out, "%4d %-14s", t, shownToken(r.Texts[i]))
		for _, x := range r.Rows[i] {
			fmt.Fprintf(out, " %10.4g", float64(x))
		}
		fmt.Fprintln(out)
	}
}

// shownToken is a token in quotes, cut where it is long.
func shownToken(text string) string {
	letters := []rune(text)
	if len(letters) > 12 {
		text = string(letters[:11]) + "…"
	}
	return fmt.Sprintf("%q", text)
}

// RowStats are one token's.
type RowStats struct {
	Token     int     `json:"token"`
	Text      string  `json:"text"`
	Norm      float64 `json:"norm"` // Euclidean; of the finite values, as all here
	Mean      float64 `json:"mean"`
	Std       float64 `json:"std"` // of the population
	Min       float64 `json:"min"`
	Max       float64 `json:"max"`
	MaxCoord  int     `json:"max_abs_coord"` // where |value| is largest
	NotFinite int     `json:"not_finite"`    // NaN and infinities
}

// Stats are an op's value in figures, token by token.
type Stats struct {
	Op   string     `json:"op"`
	Rows []RowStats `json:"rows"`
}

func (w *Walk) stats(name string, o options) (*Stats, error) {
	op, v, err := w.read(name)
	if err != nil {
		return nil, err
	}
	tokens, err := o.span("tokens", o.tokens, v.Rows)
	if err != nil {
		return nil, err
	}
	r := &Stats{Op: op.Key()}
	for t := tokens.from; t < tokens.to; t++ {
		s := rowStats(v.Row(t))
		s.Token, s.Text = t, w.tokens[t]
		r.Rows = append(r.Rows, s)
	}
	return r, nil
}

// rowStats computes a row's figures, in float64.
func rowStats(row []float32) RowStats {
	s := RowStats{Min: math.Inf(1), Max: math.Inf(-1)}
	var sum, squares, top float64
	n := 0
	for k, v := range row {
		if v-v != 0 {
			s.NotFinite++
			continue
		}
		x := float64(v)
		n++
		sum, squares = sum+x, squares+x*x
		s.Min, s.Max = min(s.Min, x), max(s.Max, x)
		if math.Abs(x) > top {
			top, s.MaxCoord = math.Abs(x), k
		}
	}
	if n == 0 {
		s.Min, s.Max = 0, 0
		return s
	}
	s.Norm, s.Mean = math.Sqrt(squares), sum/float64(n)
	for _, v := range row {
		if v-v == 0 {
			s.Std += (float64(v) - s.Mean) * (float64(v) - s.Mean)
		}
	}
	s.Std = math.Sqrt(s.Std / float64(n))
	return s
}

// Print writes a table.
func (r *Stats) Print(out io.Writer) {
	fmt.Fprintf(out, "%s\n%4s %-14s %10s %10s %10s %10s %10s %7s\n", r.Op, "", "token", "norm", "mean", "std", "min", "max", "at")
	for _, s := range r.Rows {
		fmt.Fprintf(out, "%4d %-14s %10.4g %10.4g %10.4g %10.4g %10.4g %7d", s.Token, shownToken(s.Text), s.Norm, s.Mean, s.Std, s.Min, s.Max, s.MaxCoord)
		if s.NotFinite > 0 {
			fmt.Fprintf(out, "  %d not finite", s.NotFinite)
		}
		fmt.Fprintln(out)
	}
}
