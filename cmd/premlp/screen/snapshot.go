package screen

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"premlp/collect/walk"
)

// table is which figures of a value are shown.
type table int

const (
	ofStats table = iota
	ofValues
	ofLens
)

var tableNames = []string{"stats", "values", "lens"}

// snapshot are copies of what a walk has: nil where there is nothing yet.
type snapshot struct {
	where  *walk.Where
	heat   *walk.Heat
	stats  *walk.Stats
	values *walk.Values
	lens   *walk.Lens
	err    error // why there is no table
}

// looks are what the screen has room for.
type looks struct {
	site    string
	place   string // of the table, "": the walk's op
	table   table
	token   int    // of the lens
	tokens  [2]int // of stats and values, [from, to)
	coord   int    // the first of values
	columns int    // of values
	guesses int    // of the lens
}

// looks follow from the cursor and the window.
func (m *model) looks() looks {
	l := looks{site: m.sites[m.site], table: m.table, token: m.token, coord: m.coord}
	if m.atCursor {
		l.place = m.cursorPlace()
	}
	l.tokens[0], l.tokens[1] = window(m.token, len(m.tokens), m.tableRows())
	l.columns, l.guesses = valueColumns(m.rightWidth()), lensGuesses(m.rightWidth())
	return l
}

// cursorPlace names the cursor's site and layer.
func (m *model) cursorPlace() string { return fmt.Sprintf("%s.%d", m.sites[m.site], m.layer) }

// take reads what is to be shown. The whole screen's context is for what must be
// there, the job's for what may take long.
func (l looks) take(whole, job context.Context, w Walk) snapshot {
	var s snapshot
	if r, err := w.Do(whole, "where"); err == nil {
		s.where, _ = r.(*walk.Where)
	}
	if r, err := w.Do(whole, "heat "+l.site); err == nil {
		s.heat, _ = r.(*walk.Heat)
	}
	line, err := l.command(whole, w, s.where)
	if err != nil {
		s.err = err
		return s
	}
	r, err := w.Do(job, line)
	switch r := r.(type) {
	case *walk.Stats:
		s.stats = r
	case *walk.Values:
		s.values = r
	case *walk.Lens:
		s.lens = r
	}
	if s.err = err; errors.Is(err, context.Canceled) {
		s.err = errors.New("stopped")
	}
	return s
}

// command is what brings the table.
func (l looks) command(ctx context.Context, w Walk, where *walk.Where) (string, error) {
	switch l.table {
	case ofStats:
		return fmt.Sprintf("stats %s tokens %d:%d", l.place, l.tokens[0], l.tokens[1]), nil
	case ofLens:
		return fmt.Sprintf("lens token %d top %d", l.token, l.guesses), nil
	}
	width := 0
	if where != nil {
		width = where.Shape[1]
	}
	if l.place != "" {
		r, err := w.Do(ctx, "ops "+l.place)
		if err != nil {
			return "", err
		}
		if ops, ok := r.(*walk.Ops); ok {
			width = ops.Ops[0].Width
		}
	}
	from := max(min(l.coord, width-l.columns), 0)
	to := max(min(from+l.columns, width), from+1)
	return fmt.Sprintf("show %s tokens %d:%d coords %d:%d", l.place, l.tokens[0], l.tokens[1], from, to), nil
}

// printed is a result as text.
func printed(r walk.Result) string {
	if r == nil {
		return ""
	}
	var text strings.Builder
	r.Print(&text)
	return text.String()
}

// position says where a walk stands.
func position(w *walk.Where) string {
	if w == nil {
		return ""
	}
	here := *w
	here.Stop, here.Changes = "", nil
	first, _, _ := strings.Cut(printed(&here), "\n")
	return first
}
