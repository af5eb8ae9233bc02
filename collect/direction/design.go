package direction

import (
	"cmp"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
)

// design is what is known of the questions before a row is read: their
// concepts and templates, and what each fold holds out.
type design struct {
	concepts  []string
	templates []string
	target    int // index into concepts

	folds  int   // groups of templates
	groups int   // groups of concepts
	fold   []int // per template
	group  []int // per concept; the target's own is used where another concept plays the target

	questions []question // sorted by cell
	cells     [][2]int   // per cell its questions, [first, end)
	rows      int        // of all questions
	short     int        // rows of the question with the fewest
}

// question is one question of a design.
type question struct {
	index    int // in the source
	concept  int
	template int
	cell     int
	first, n int     // its rows in the layer's matrix
	stored   int     // its rows in the source; n is 1 at question level
	tokens   []int32 // of its rows
	prompt   []int32 // the whole prompt's
}

// newDesign reads all questions. The target is the manifest's where it is "".
func newDesign(src Source, o Options) (*design, error) {
	m := src.Manifest()
	d := &design{}
	want := cmp.Or(o.Target, m.Target)
	concepts, templates := map[string]int{}, map[string]int{}
	for i := range src.Len() {
		q, err := src.Question(i)
		if err != nil {
			return nil, err
		}
		// A question of one's own has no template: those of one type stand together.
		template := cmp.Or(q.Template, q.Type, q.Text)
		s := question{index: i, n: len(q.Rows), stored: len(q.Rows), prompt: q.IDs}
		s.concept = number(concepts, &d.concepts, q.Concept)
		s.template = number(templates, &d.templates, template)
		for _, r := range q.Rows {
			s.tokens = append(s.tokens, q.IDs[r])
		}
		if o.Level == Questions {
			s.n = 1
		}
		if d.short == 0 || s.stored < d.short {
			d.short = s.stored
		}
		d.questions = append(d.questions, s)
	}
	target, ok := concepts[want]
	if !ok {
		return nil, fmt.Errorf("target: want one of %q, have %q", d.concepts, want)
	}
	if d.target = target; len(d.concepts) < 2 {
		return nil, errors.New("controls: want questions about at least 1 other concept, have none")
	}
	if err := d.hold(o); err != nil {
		return nil, err
	}
	d.sort()
	return d, nil
}

// number gives name its index in names, a new one the next.
func number(known map[string]int, names *[]string, name string) int {
	i, ok := known[name]
	if !ok {
		i = len(*names)
		known[name] = i
		*names = append(*names, name)
	}
	return i
}

// hold deals templates to folds and concepts to groups.
func (d *design) hold(o Options) error {
	n := len(d.templates)
	switch {
	case o.Folds > 0:
		d.folds = min(o.Folds, n)
	case n >= 4:
		d.folds = min(5, n/2)
	default:
		d.folds = n
	}
	d.groups = min(o.Groups, len(d.concepts)-1)
	r := rand.New(rand.NewPCG(o.Seed, 1))
	d.fold, d.group = deal(r, n, d.folds), deal(r, len(d.concepts), d.groups)
	if o.FoldOf == nil {
		return nil
	}
	d.folds = 0
	for t, name := range d.templates {
		f, ok := o.FoldOf[name]
		if !ok || f < 0 || f >= n {
			return fmt.Errorf("fold of template %q: want one from 0 to %d, have %d, %v", name, n-1, f, ok)
		}
		d.fold[t] = f
		d.folds = max(d.folds, f+1)
	}
	return nil
}

// deal gives each of n things one of k groups of equal size, shuffled.
func deal(r *rand.Rand, n, k int) []int {
	group := make([]int, n)
	for i, p := range r.Perm(n) {
		group[p] = i % max(k, 1)
	}
	return group
}

// tested says why directions cannot be tested on held-out questions, "" where
// they can.
func (d *design) tested() string {
	switch {
	case d.folds < 2:
		return fmt.Sprintf("want at least 2 templates to hold some out, have %d", d.folds)
	case len(d.concepts) < 3:
		return fmt.Sprintf("want at least 2 controls to hold some out, have %d", len(d.concepts)-1)
	}
	return ""
}

// cell is where a question's second moments are summed up: by fold and group,
// those of the target apart.
func (d *design) cell(fold, group int) int { return fold*(d.groups+1) + group }

// sort orders the questions by cell, so that those of a fold and group stand
// together, and lays out their rows.
func (d *design) sort() {
	for i := range d.questions {
		q := &d.questions[i]
		g := d.group[q.concept]
		if q.concept == d.target {
			g = d.groups
		}
		q.cell = d.cell(d.fold[q.template], g)
	}
	slices.SortStableFunc(d.questions, func(a, b question) int { return cmp.Compare(a.cell, b.cell) })
	d.cells = make([][2]int, d.folds*(d.groups+1))
	for k := range d.cells {
		first, _ := slices.BinarySearchFunc(d.questions, k, func(q question, k int) int { return cmp.Compare(q.cell, k) })
		end, _ := slices.BinarySearchFunc(d.questions, k+1, func(q question, k int) int { return cmp.Compare(q.cell, k) })
		d.cells[k] = [2]int{first, end}
	}
	for i := range d.questions {
		d.questions[i].first = d.rows
		d.rows += d.questions[i].n
	}
}

// labels are the questions that play the target.
func (d *design) labels(concept int) []bool {
	y := make([]bool, len(d.questions))
	for i, q := range d.questions {
		y[i] = q.concept == concept
	}
	return y
}

// block is one pair of a template fold and a concept group that are held out
// together; blocks are numbered fold-major. -1 holds nothing out.
type block struct{ fold, group int }

var whole = block{-1, -1}

// blocks lists all, none where directions cannot be tested.
func (d *design) blocks() []block {
	if d.tested() != "" {
		return nil
	}
	var list []block
	for f := range d.folds {
		for g := range d.groups {
			if d.groups == 1 {
				g = -1
			}
			list = append(list, block{f, g})
		}
	}
	return list
}

// trains says whether a direction for block b is fitted on question q: its
// template is not held out, and neither is its concept unless it plays the
// target (there is only one).
func (d *design) trains(b block, q *question, target bool) bool {
	return d.fold[q.template] != b.fold && (target || d.group[q.concept] != b.group)
}
