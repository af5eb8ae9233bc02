package study

import (
	"context"
	"errors"
	"fmt"
	"math"
	"slices"

	"gonum.org/v1/gonum/floats"
	"gonum.org/v1/gonum/mat"

	"premlp/collect/dataset"
	"premlp/collect/facts"
	"premlp/model"
)

// grid is the questions of a dataset by template and concept: cell t·C + c is the
// one question of template t about concept c.
type grid struct {
	data      *dataset.Reader
	templates int
	concepts  int
	cell      []int      // of each question
	count     []int      // rows of each cell
	tokens    [][]string // of each cell's rows
	short     int        // rows of the cell with the fewest
}

// newGrid finds the cells of a dataset that was made of all templates and concepts
// of f.
func newGrid(data *dataset.Reader, f *facts.File) (*grid, error) {
	g := &grid{data: data, templates: len(f.Templates), concepts: len(f.Concepts), short: math.MaxInt}
	template, concept := map[string]int{}, map[string]int{}
	for t, x := range f.Templates {
		template[x.Text] = t
	}
	for c, name := range f.Names() {
		concept[name] = c
	}
	g.count, g.tokens = make([]int, g.cells()), make([][]string, g.cells())
	for q, err := range data.Questions() {
		if err != nil {
			return nil, err
		}
		t, known := template[q.Template]
		c, also := concept[q.Concept]
		if !known || !also || g.count[t*g.concepts+c] > 0 {
			return nil, fmt.Errorf("study: %s: %s: want each template and concept of the facts once, have %q about %q", data.Dir(), q.ID, q.Template, q.Concept)
		}
		cell := t*g.concepts + c
		g.cell = append(g.cell, cell)
		g.count[cell], g.tokens[cell] = len(q.Rows), q.Tokens
		g.short = min(g.short, len(q.Rows))
	}
	if len(g.cell) != g.cells() {
		return nil, fmt.Errorf("study: %s: want %d questions, have %d", data.Dir(), g.cells(), len(g.cell))
	}
	return g, nil
}

func (g *grid) cells() int { return g.templates * g.concepts }

// layerRows are the rows of one site and layer, by cell.
type layerRows struct {
	*grid
	dim    int
	values [][]float64 // rows of each cell, [n, D]
	sums   []float64   // of each cell's rows, [cells, D]
}

// layer reads a site and layer.
func (g *grid) layer(ctx context.Context, site model.Site, layer int) (*layerRows, error) {
	m := &layerRows{grid: g, dim: g.data.Manifest().Dim, values: make([][]float64, g.cells())}
	m.sums = make([]float64, g.cells()*m.dim)
	var raw []float32
	for i, cell := range g.cell {
		var err error
		if raw, err = g.data.Rows(i, string(site), layer, raw); err != nil {
			return nil, err
		}
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		x := make([]float64, len(raw))
		for k, v := range raw {
			x[k] = float64(v)
		}
		m.values[cell] = x
		for ; len(x) > 0; x = x[m.dim:] {
			floats.Add(m.sum(cell), x[:m.dim])
		}
	}
	if floats.HasNaN(m.sums) {
		return nil, errors.New("study: rows: want numbers, have NaN")
	}
	return m, nil
}

// sum is the sum of a cell's rows, [D].
func (m *layerRows) sum(cell int) []float64 { return m.sums[cell*m.dim : (cell+1)*m.dim] }

// means are the mean rows of all cells, [cells, D].
func (m *layerRows) means() *mat.Dense {
	x := mat.NewDense(m.cells(), m.dim, slices.Clone(m.sums))
	for cell, n := range m.count {
		floats.Scale(1/float64(n), x.RawRowView(cell))
	}
	return x
}

// labelling says which cells play the target, of [cells].
type labelling []bool

// pseudoTargets lets each concept play the target in turn.
func (g *grid) pseudoTargets() []labelling {
	list := make([]labelling, g.concepts)
	for c := range list {
		list[c] = make(labelling, g.cells())
		for t := range g.templates {
			list[c][t*g.concepts+c] = true
		}
	}
	return list
}

// directions are, for each labelling, the mean of the target's rows minus that of
// the others', of the cells for which take is true: [labellings, D].
func (m *layerRows) directions(labels []labelling, take func(cell int) bool) *mat.Dense {
	weights := mat.NewDense(len(labels), m.cells(), nil)
	for i, y := range labels {
		var n [2]float64 // rows of others, of the target
		for cell, target := range y {
			if take(cell) {
				n[index(target)] += float64(m.count[cell])
			}
		}
		for cell, target := range y {
			switch {
			case !take(cell):
			case target:
				weights.Set(i, cell, 1/n[1])
			default:
				weights.Set(i, cell, -1/n[0])
			}
		}
	}
	var d mat.Dense
	d.Mul(weights, mat.NewDense(m.cells(), m.dim, m.sums))
	return &d
}

// index is 1 for true.
func index(b bool) int {
	if b {
		return 1
	}
	return 0
}

// all takes every cell.
func all(int) bool { return true }
