package report

import (
	"cmp"
	"context"
	"math"
	"slices"

	"gonum.org/v1/gonum/floats"

	"premlp/collect/dataset"
)

// The most that is drawn; what is left out is said in the figure's caption.
const (
	mostPlaces   = 32  // after the concept
	mostPanels   = 6   // questions of the token map
	mostPoints   = 400 // of the scatter
	mostConcepts = 40  // in a map's rows
	mostCoords   = 32  // in a map's columns
	fewControls  = 3   // below it a spread of controls is not stated
)

// rows is what the page shows of the rows themselves, at one site.
type rows struct {
	concepts  []string // as the analysis: target, controls
	questions []question
	templates int
	shown     []*dataset.Question // of the token map: the target's
	places    int                 // after the concept, at most mostPlaces
	longest   int                 // places of the question with the most rows

	norms [2][][]float64 // target, controls → layer → place: mean length of a row; NaN where there is none
	all   [2][]float64   // the same over all places
	maps  [][][]float64  // shown question → layer → row: standard deviations above the controls' row at that place

	// At the layer shown closer, questions being the mean of their rows less
	// the mean of their template's questions:
	means  [][]float64 // concept → [D]
	points []int       // questions of the scatter
	at     [][]float64 // per point: [D]
}

// question is what is kept of every question.
type question struct{ concept, template, rows int }

// readRows walks over the dataset once for each layer, and twice more at the
// layer shown closer.
func readRows(ctx context.Context, r *dataset.Reader, site string, a *analysis) (*rows, error) {
	d := &rows{concepts: append([]string{a.target}, a.controls...)}
	if err := d.readQuestions(r); err != nil {
		return nil, err
	}
	for set := range d.norms {
		d.norms[set] = make([][]float64, len(a.layers))
		d.all[set] = make([]float64, len(a.layers))
	}
	d.maps = make([][][]float64, len(d.shown))
	for i := range a.layers {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		if err := d.readLayer(r, site, i, &a.layers[i]); err != nil {
			return nil, err
		}
	}
	return d, d.readMeans(r, site, a.lead().number)
}

// readQuestions keeps concept, template and size of every question, and the
// target's first ones whole.
func (d *rows) readQuestions(r *dataset.Reader) error {
	concepts, templates := map[string]int{}, map[string]int{}
	for i, c := range d.concepts {
		concepts[c] = i
	}
	for i := range r.Len() {
		q, err := r.Question(i)
		if err != nil {
			return err
		}
		// As package direction does: questions of one type stand together.
		name := cmp.Or(q.Template, q.Type, q.Text)
		t, ok := templates[name]
		if !ok {
			t = len(templates)
			templates[name] = t
		}
		d.questions = append(d.questions, question{concepts[q.Concept], t, len(q.Rows)})
		d.longest = max(d.longest, len(q.Rows))
		if q.Concept == d.concepts[0] && len(d.shown) < mostPanels {
			d.shown = append(d.shown, q)
		}
	}
	d.templates = len(templates)
	d.places = min(d.longest, mostPlaces)
	return nil
}

// cell is where rows can be compared: same template, same place.
type cell struct{ template, place int }

// readLayer fills in norms and token maps of layer i.
func (d *rows) readLayer(r *dataset.Reader, site string, i int, l *layer) error {
	var sums, counts [2][]float64
	for set := range sums {
		sums[set], counts[set] = make([]float64, d.places), make([]float64, d.places)
	}
	unit := slices.Clone(l.judged().direction)
	if unit != nil {
		floats.Scale(1/floats.Norm(unit, 2), unit)
	}
	others := map[cell]*spread{}
	var shown [][]float64 // scores
	var of []int          // the template of each
	err := d.each(r, site, l.number, func(q question, k int, row []float64) {
		set := min(q.concept, 1)
		if k < d.places {
			sums[set][k] += floats.Norm(row, 2)
			counts[set][k]++
		}
		if unit == nil || k >= mostPlaces {
			return
		}
		score := floats.Dot(row, unit)
		if q.concept != 0 {
			at := cell{q.template, k}
			if others[at] == nil {
				others[at] = &spread{}
			}
			others[at].add(score)
			return
		}
		if k == 0 {
			shown, of = append(shown, nil), append(of, q.template)
		}
		if len(shown) <= len(d.shown) {
			shown[len(shown)-1] = append(shown[len(shown)-1], score)
		}
	})
	if err != nil {
		return err
	}
	for set := range sums {
		d.all[set][i] = floats.Sum(sums[set]) / floats.Sum(counts[set])
		d.norms[set][i] = make([]float64, d.places)
		floats.DivTo(d.norms[set][i], sums[set], counts[set])
	}
	for n := range min(len(shown), len(d.shown)) {
		for k := range shown[n] {
			shown[n][k] = others[cell{of[n], k}].above(shown[n][k])
		}
		d.maps[n] = append(d.maps[n], shown[n])
	}
	return nil
}

// each calls visit for every row of a layer, in the questions' order; the row,
// [D], is valid during the call.
func (d *rows) each(r *dataset.Reader, site string, layer int, visit func(q question, k int, row []float64)) error {
	dim := r.Manifest().Dim
	var values []float32
	row := make([]float64, dim)
	for i, q := range d.questions {
		var err error
		if values, err = r.Rows(i, site, layer, values); err != nil {
			return err
		}
		for k := range q.rows {
			for j, v := range values[k*dim : (k+1)*dim] {
				row[j] = float64(v)
			}
			visit(q, k, row)
		}
	}
	return nil
}

// readMeans fills in what is shown of one layer closer.
func (d *rows) readMeans(r *dataset.Reader, site string, layer int) error {
	dim := r.Manifest().Dim
	templates, concepts := zeros(d.templates, dim), zeros(len(d.concepts), dim)
	size, asked := make([]float64, d.templates), make([]float64, len(d.concepts))
	err := d.each(r, site, layer, func(q question, k int, row []float64) {
		floats.AddScaled(templates[q.template], 1/float64(q.rows), row)
		if k == 0 {
			size[q.template]++
		}
	})
	if err != nil {
		return err
	}
	for t := range templates {
		floats.Scale(1/size[t], templates[t])
	}
	d.choosePoints()
	next, number := 0, -1
	err = d.each(r, site, layer, func(q question, k int, row []float64) {
		if k == 0 {
			number++
			asked[q.concept]++
			if next < len(d.points) && d.points[next] == number {
				d.at = append(d.at, make([]float64, dim))
				next++
			}
		}
		floats.Sub(row, templates[q.template])
		floats.AddScaled(concepts[q.concept], 1/float64(q.rows), row)
		if next > 0 && d.points[next-1] == number {
			floats.AddScaled(d.at[next-1], 1/float64(q.rows), row)
		}
	})
	for c := range concepts {
		floats.Scale(1/asked[c], concepts[c])
	}
	d.means = concepts
	return err
}

// choosePoints takes all questions, or of too many the target's first ones and
// every so many of the controls'.
func (d *rows) choosePoints() {
	var target, control []int
	for i, q := range d.questions {
		if q.concept == 0 {
			target = append(target, i)
		} else {
			control = append(control, i)
		}
	}
	target = target[:min(len(target), mostPoints/4)]
	step := max(1, (len(control)+mostPoints-len(target)-1)/(mostPoints-len(target)))
	for i := 0; i < len(control); i += step {
		target = append(target, control[i])
	}
	slices.Sort(target)
	d.points = target
}

func zeros(n, d int) [][]float64 {
	list := make([][]float64, n)
	for i := range list {
		list[i] = make([]float64, d)
	}
	return list
}

// spread is the mean and standard deviation of numbers, by Welford's sums.
type spread struct{ n, mean, squares float64 }

func (s *spread) add(v float64) {
	s.n++
	before := v - s.mean
	s.mean += before / s.n
	s.squares += before * (v - s.mean)
}

// above is how many standard deviations v lies above the mean; NaN where too
// few numbers, or equal ones, have no spread.
func (s *spread) above(v float64) float64 {
	if s == nil || s.n < fewControls || s.squares <= 0 {
		return math.NaN()
	}
	return (v - s.mean) / math.Sqrt(s.squares/(s.n-1))
}
