package screen

import (
	"fmt"
	"strings"

	"github.com/charmbracelet/x/ansi"

	"premlp/collect/walk"
)

// Widths of the table's columns.
const (
	tokenWidth  = 17 // number and text
	valueWidth  = 9
	guessWidth  = 18
	layerColumn = 5
)

// valueColumns is how many coordinates fit.
func valueColumns(width int) int { return max((width-tokenWidth)/valueWidth, 1) }

// lensGuesses is how many tokens fit.
func lensGuesses(width int) int { return max((width-layerColumn)/guessWidth, 1) }

// tableLines are the right panel: a title, what it is of, a head, and rows.
func (m *model) tableLines() []string {
	words := make([]string, len(tableNames))
	for i, name := range tableNames {
		if words[i] = name; table(i) == m.table {
			words[i] = reverse.Render(" " + name + " ")
		}
	}
	of, head, rows := m.tableText()
	lines := append([]string{titled(strings.Join(words, " "), m.rightWidth(), false), " " + of, faint.Render(head)}, rows...)
	for len(lines) < m.panelHeight() {
		lines = append(lines, "")
	}
	return lines[:m.panelHeight()]
}

func (m *model) tableText() (of, head string, rows []string) {
	h := m.have
	switch {
	case h.err != nil:
		for _, line := range wrapped(h.err.Error(), m.rightWidth()-1) {
			rows = append(rows, " "+line)
		}
		return "", "", rows
	case m.table == ofStats && h.stats != nil:
		head, rows = m.statsText(h.stats)
		return m.opName(h.stats.Op), head, rows
	case m.table == ofValues && h.values != nil:
		head, rows = m.valuesText(h.values)
		return m.opName(h.values.Op), head, rows
	case m.table == ofLens && h.lens != nil:
		head, rows = m.lensText(h.lens)
		return fmt.Sprintf("what would follow token %d %s", h.lens.Token, quoted(h.lens.Text, 14)), head, rows
	}
	return "", "", nil
}

// opName is an op's key and, of the cursor's layer, the site.
func (m *model) opName(key string) string {
	if m.atCursor {
		return m.cursorPlace() + " (cursor) " + key
	}
	return key
}

// tokenColumn is a token's number and text.
func tokenColumn(token int, text string) string {
	return padded(fmt.Sprintf("%4d %s", token, quoted(text, tokenWidth-6)), tokenWidth)
}

// at marks the cursor's row.
func (m *model) at(here bool, row string) string {
	if here {
		return bold.Render(ansi.Truncate(row, m.rightWidth(), ""))
	}
	return row
}

// statsColumns are figures of a row, the most wanted first: as many as fit are shown.
var statsColumns = []struct {
	name  string
	width int
	of    func(s walk.RowStats) string
}{
	{"norm", valueWidth, func(s walk.RowStats) string { return fmt.Sprintf("%.4g", s.Norm) }},
	{"max", valueWidth, func(s walk.RowStats) string { return fmt.Sprintf("%.4g", s.Max) }},
	{"at", 7, func(s walk.RowStats) string { return fmt.Sprint(s.MaxCoord) }},
	{"std", valueWidth, func(s walk.RowStats) string { return fmt.Sprintf("%.4g", s.Std) }},
	{"min", valueWidth, func(s walk.RowStats) string { return fmt.Sprintf("%.4g", s.Min) }},
	{"mean", 11, func(s walk.RowStats) string { return fmt.Sprintf("%.3g", s.Mean) }},
}

func (m *model) statsText(s *walk.Stats) (head string, rows []string) {
	head = padded("     token", tokenWidth)
	columns := statsColumns
	width := tokenWidth
	for i, c := range columns {
		if width += c.width; width > m.rightWidth() {
			columns = columns[:i]
			break
		}
		head += fmt.Sprintf("%*s", c.width, c.name)
	}
	for _, r := range s.Rows {
		row := tokenColumn(r.Token, r.Text)
		for _, c := range columns {
			row += fmt.Sprintf("%*s", c.width, c.of(r))
		}
		if r.NotFinite > 0 {
			row = tokenColumn(r.Token, r.Text) + fmt.Sprintf(" %d not finite", r.NotFinite)
		}
		rows = append(rows, m.at(r.Token == m.token, row))
	}
	return head, rows
}

func (m *model) valuesText(v *walk.Values) (head string, rows []string) {
	head = padded("     token", tokenWidth)
	for k := v.Coords[0]; k < v.Coords[1]; k++ {
		head += fmt.Sprintf("%*d", valueWidth, k)
	}
	for i, token := range v.Tokens {
		row := tokenColumn(token, v.Texts[i])
		for _, x := range v.Rows[i] {
			row += fmt.Sprintf("%*.3g", valueWidth, float64(x))
		}
		rows = append(rows, m.at(token == m.token, row))
	}
	return head, rows
}

func (m *model) lensText(l *walk.Lens) (head string, rows []string) {
	head = "     if the model ended behind a layer"
	first, last := window(m.layer, len(l.Layers), m.tableRows())
	for _, layer := range l.Layers[first:last] {
		row := fmt.Sprintf("%4d ", layer.Layer)
		for _, g := range layer.Guesses {
			row += padded(fmt.Sprintf("%s %.2f", quoted(g.Text, guessWidth-7), g.LogProb), guessWidth)
		}
		rows = append(rows, m.at(layer.Layer == m.layer, row))
	}
	return head, rows
}
