package collect

import (
	"context"
	"math"
	"slices"

	"premlp/collect/dataset"
	"premlp/model"
)

// Difference says whether two datasets are the same, and if not, how they differ.
type Difference struct {
	A string `json:"a"`
	B string `json:"b"`
	// Same says that all bytes but those of run.json are the same.
	Same bool `json:"same"`
	// Comparable says that the rows were computed in one arithmetic. Other bits of
	// another arithmetic say nothing, so only distances are told then.
	Comparable bool            `json:"bits_comparable"`
	Arithmetic [2]string       `json:"arithmetic"`
	Digest     [2]string       `json:"digest"`   // of all bytes but run.json
	Manifest   []dataset.Field `json:"manifest"` // in which the manifests differ

	Questions QuestionsDifference `json:"questions"`
	Rows      int64               `json:"rows"`       // compared, each at every common site and layer
	OtherRows int64               `json:"other_rows"` // of Rows times sites and layers: with other bits
	First     *RowDifference      `json:"first"`      // nil where none has
	Points    []PointDifference   `json:"points"`     // those with other bits
}

// QuestionsDifference compares the questions of two datasets.
type QuestionsDifference struct {
	Count    [2]int `json:"count"`
	Compared int    `json:"compared"` // have the same tokens and rows, so that rows can be compared
	First    string `json:"first"`    // "q00007: text", the first that differs and in which key; "" where none does
}

// RowDifference is the first row with other bits: by question, layer, site and row.
type RowDifference struct {
	Question string  `json:"question"` // its id in A
	Layer    int     `json:"layer"`
	Site     string  `json:"site"`     // "mlp_in", or "mlp_in.scale" for the statistics of its norm
	Row      int     `json:"row"`      // of the question
	Position int32   `json:"position"` // of the row's token in the prompt
	Token    string  `json:"token"`
	Value    int     `json:"value"` // the first that differs
	A        float32 `json:"a"`
	B        float32 `json:"b"`
	model.Distance
}

// PointDifference sums up the rows of a site and layer that have other bits.
type PointDifference struct {
	Site  string `json:"site"`
	Layer int    `json:"layer"`
	model.Distances
	Question string `json:"worst_question"` // the worst row's
}

// Compare compares two datasets bit by bit. Question i of one is compared with
// question i of the other, at the sites and layers both have. Distances are
// measured from A. progress, which may be nil, is told of the questions compared.
func Compare(ctx context.Context, a, b *dataset.Reader, progress func(done, total int)) (*Difference, error) {
	c := comparison{a: a, b: b, of: map[model.Point]*PointDifference{}}
	ma, mb := a.Manifest(), b.Manifest()
	d := &c.Difference
	d.A, d.B = a.Dir(), b.Dir()
	d.Arithmetic = [2]string{ma.Arithmetic, mb.Arithmetic}
	d.Comparable = ma.Arithmetic == mb.Arithmetic
	d.Questions.Count = [2]int{a.Len(), b.Len()}
	d.Points = []PointDifference{}
	var err error
	if d.Manifest, err = ma.Differences(&mb); err != nil {
		return nil, err
	}
	if d.Manifest == nil {
		d.Manifest = []dataset.Field{}
	}
	if d.Digest[0], err = a.Digest(ctx); err != nil {
		return nil, err
	}
	if d.Digest[1], err = b.Digest(ctx); err != nil {
		return nil, err
	}
	if d.Same = d.Digest[0] == d.Digest[1]; d.Same {
		d.Questions.Compared, d.Rows = a.Len(), ma.Rows
		return d, nil
	}
	n := min(a.Len(), b.Len())
	for i := range n {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		if err := c.question(i); err != nil {
			return nil, err
		}
		if progress != nil {
			progress(i+1, n)
		}
	}
	for _, p := range c.points() {
		if found := c.of[p]; found != nil {
			d.Points = append(d.Points, *found)
		}
	}
	return d, nil
}

// comparison is a Difference in the making.
type comparison struct {
	Difference
	a, b   *dataset.Reader
	of     map[model.Point]*PointDifference // statistics under the site "mlp_in.scale"
	common []model.Point
}

// points lists the sites and layers that both datasets have, layer by layer in the
// order of computation, each site's statistics behind it.
func (c *comparison) points() []model.Point {
	if c.common != nil {
		return c.common
	}
	a, b := c.a.Manifest(), c.b.Manifest()
	for _, layer := range a.Layers {
		for _, site := range append(model.BlockSites[:len(model.BlockSites):len(model.BlockSites)], otherSites(a.Sites)...) {
			if s := string(site); slices.Contains(b.Layers, layer) && slices.Contains(a.Sites, s) && slices.Contains(b.Sites, s) && a.Dim == b.Dim {
				c.common = append(c.common, model.Point{Site: site, Layer: layer})
				if n := a.StatsPerRow[s]; n > 0 && n == b.StatsPerRow[s] {
					c.common = append(c.common, model.Point{Site: site + statsOf, Layer: layer})
				}
			}
		}
	}
	return c.common
}

// statsOf is what a site's name has behind it where its norm's statistics are meant.
const statsOf = ".scale"

// otherSites are sites of a manifest that this program does not know.
func otherSites(names []string) []model.Site {
	var sites []model.Site
	for _, n := range names {
		if s := model.Site(n); !slices.Contains(model.BlockSites, s) {
			sites = append(sites, s)
		}
	}
	return sites
}

// question compares question i of both.
func (c *comparison) question(i int) error {
	qa, err := c.a.Question(i)
	if err != nil {
		return err
	}
	qb, err := c.b.Question(i)
	if err != nil {
		return err
	}
	if key := firstDifference(*qa, *qb); key != "" && c.Questions.First == "" {
		c.Questions.First = qa.ID + ": " + key
	}
	if !slices.Equal(qa.IDs, qb.IDs) || !slices.Equal(qa.Rows, qb.Rows) {
		return nil
	}
	c.Questions.Compared++
	c.Rows += int64(len(qa.Rows))
	for _, p := range c.points() {
		if err := c.rows(i, qa, p); err != nil {
			return err
		}
	}
	return nil
}

// rows compares question i's rows at one point, or their statistics.
func (c *comparison) rows(i int, q *dataset.Question, p model.Point) error {
	read := func(r *dataset.Reader) ([]float32, error) {
		site := string(p.Site)
		if n := len(site) - len(statsOf); n > 0 && site[n:] == statsOf {
			return r.Stats(i, site[:n], p.Layer, nil)
		}
		return r.Rows(i, site, p.Layer, nil)
	}
	a, err := read(c.a)
	if err != nil {
		return err
	}
	b, err := read(c.b)
	if err != nil || slices.EqualFunc(a, b, sameBits) {
		return err
	}
	width := len(a) / len(q.Rows)
	for r := range q.Rows {
		x, y := a[r*width:(r+1)*width], b[r*width:(r+1)*width]
		if !slices.EqualFunc(x, y, sameBits) {
			c.add(q, p, r, x, y)
		}
	}
	return nil
}

// add takes a row with other bits.
func (c *comparison) add(q *dataset.Question, p model.Point, row int, a, b []float32) {
	d := model.RowDistance(a, b)
	c.OtherRows++
	if c.First == nil {
		at := 0
		for sameBits(a[at], b[at]) {
			at++
		}
		c.First = &RowDifference{
			Question: q.ID, Layer: p.Layer, Site: string(p.Site), Row: row, Position: q.Rows[row], Token: q.Tokens[row],
			Value: at, A: finiteOrZero(a[at]), B: finiteOrZero(b[at]), Distance: d,
		}
	}
	found := c.of[p]
	if found == nil {
		found = &PointDifference{Site: string(p.Site), Layer: p.Layer}
		c.of[p] = found
	}
	if worst := found.MaxRel; found.Rows == 0 || d.MaxRel > worst {
		found.Question = q.ID
		found.Add(d)
		found.WorstRow = row
		return
	}
	worst := found.WorstRow
	found.Add(d)
	found.WorstRow = worst
}

// finiteOrZero is what JSON can hold of a value: a dataset's are finite, but for
// damage, which verify finds.
func finiteOrZero(v float32) float32 {
	if f := float64(v); math.IsNaN(f) || math.IsInf(f, 0) {
		return 0
	}
	return v
}
