package screen

import (
	"fmt"
	"strings"
	"time"

	"charm.land/lipgloss/v2"

	tea "charm.land/bubbletea/v2"
	"github.com/charmbracelet/x/ansi"
)

// The least window.
const leastWidth, leastHeight = 60, 16

// Styles that a terminal without colours has too.
var (
	bold    = lipgloss.NewStyle().Bold(true)
	faint   = lipgloss.NewStyle().Faint(true)
	reverse = lipgloss.NewStyle().Reverse(true)
)

// topHeight are the lines above the strip; lineHeight those under the output.
const topHeight, lineHeight = 2, 2

// outputHeight is how many lines of output are shown: a fifth of the window, and
// what layers and tokens leave of it.
func (m *model) outputHeight() int {
	room := m.height - topHeight - 1 - lineHeight
	if m.zoomed {
		return max(room, 1)
	}
	return max(min(m.height/5, 10), room-panelExtra-max(m.layers, len(m.tokens)), 3)
}

// panelExtra are the lines of a panel that are no rows.
const panelExtra = 3

// panelHeight is that of the strip and the table, titles included.
func (m *model) panelHeight() int {
	return max(m.height-topHeight-1-m.outputHeight()-lineHeight, 0)
}

// stripRows and tableRows are how many layers and rows are shown.
func (m *model) stripRows() int { return max(m.panelHeight()-panelExtra, 1) }
func (m *model) tableRows() int { return max(m.panelHeight()-panelExtra, 1) }

// window returns which of n things are shown, [from, to), where there is room for
// some and one of them must be seen: about in the middle.
func window(at, n, room int) (from, to int) {
	room = min(room, n)
	from = max(min(at-room/2, n-room), 0)
	return from, from + room
}

// View implements tea.Model.
func (m *model) View() tea.View {
	var v tea.View
	v.AltScreen = true
	v.WindowTitle = "premlp step"
	if m.width < leastWidth || m.height < leastHeight {
		text := fmt.Sprintf("premlp step: want a window of at least %d by %d, have %d by %d", leastWidth, leastHeight, m.width, m.height)
		v.SetContent(strings.Join(wrapped(text, m.width), "\n"))
		return v
	}
	lines := m.top()
	if !m.zoomed {
		lines = append(lines, m.panels()...)
	}
	lines = append(lines, m.outputTitle())
	lines = append(lines, m.output.shown()...)
	if m.focus == onLine {
		v.Cursor = m.line.Cursor()
		v.Cursor.Y = len(lines)
	}
	lines = append(lines, m.bottom()...)
	for i, line := range lines {
		lines[i] = ansi.Truncate(line, m.width, "…")
	}
	v.SetContent(strings.Join(lines, "\n"))
	return v
}

// top says what is walked through, and where the walk stands.
func (m *model) top() []string {
	head := fmt.Sprintf(" premlp step  %s  %q", m.title.Model, m.title.Prompt)
	lines := []string{reverse.Render(padded(head, m.width)), ""}
	w := m.have.where
	if w == nil {
		return lines
	}
	here := position(w)
	var more []string
	if w.Stop != "" {
		more = append(more, "stop "+w.Stop)
	}
	if len(w.Changes) > 0 {
		more = append(more, fmt.Sprintf("patched %d×", len(w.Changes)))
	}
	if len(more) > 0 {
		here = reverse.Render(" "+strings.Join(more, ", ")+" ") + " " + here
	} else if next := "next " + w.Next; w.Next != "" && w.Op != "" && ansi.StringWidth(here)+len(next)+2 <= m.width {
		here += strings.Repeat(" ", m.width-ansi.StringWidth(here)-len(next)) + faint.Render(next)
	}
	lines[1] = here
	return lines
}

// panels are the strip and the table side by side.
func (m *model) panels() []string {
	left, right := m.strip(), m.tableLines()
	lines := make([]string, m.panelHeight())
	between := "│"
	for i := range lines {
		if i == 0 {
			between = "┬"
		} else {
			between = "│"
		}
		lines[i] = padded(left[i], m.leftWidth()) + faint.Render(between) + padded(right[i], m.rightWidth())
	}
	return lines
}

// padded makes a line as wide as that.
func padded(line string, width int) string {
	line = ansi.Truncate(line, width, "…")
	return line + strings.Repeat(" ", max(width-ansi.StringWidth(line), 0))
}

// titled is a rule with words in it.
func titled(words string, width int, focused bool) string {
	rule, mark := "─", " "
	if focused {
		rule, mark = "━", " "
	}
	line := rule + mark + words + mark
	return ansi.Truncate(line+strings.Repeat(rule, max(width-ansi.StringWidth(line), 0)), width, "")
}

func (m *model) outputTitle() string {
	words := "output"
	if n := m.output.below(); n > 0 {
		words += fmt.Sprintf(", %d lines below: pgdn", n)
	}
	return titled(words, m.width, m.focus == onOutput)
}

// bottom is the line for commands, and what can be pressed or is under way.
func (m *model) bottom() []string {
	hints := "n next  space layer  c continue  s v l tables  : command  ? help  q quit"
	if m.width >= 100 {
		hints = "n next  space layer  c continue  g go to  b break  s v l tables  : command  ? help  q quit"
	}
	running := ""
	switch {
	case m.busy && time.Since(m.since) > tickEvery:
		all := 0
		if m.have.where != nil {
			all = m.have.where.Ops
		}
		what := m.now
		if what == "" {
			what = tableNames[m.table]
		}
		running = fmt.Sprintf("%s: %d of %d ops, %.1f s, Ctrl-C stops it", what, m.done.Load(), all, time.Since(m.since).Seconds())
	case m.focus == onLine:
		hints = "enter run  ↑↓ lines of before  esc back to the strip"
	case m.zoomed:
		hints = "esc or z back to the strip  pgup pgdn scroll  : command  q quit"
	}
	line := m.line.View()
	if m.focus != onLine && m.line.Value() == "" {
		line = faint.Render("> : or / for a command")
	}
	if running != "" {
		return []string{line, bold.Render(running)}
	}
	return []string{line, faint.Render(hints)}
}
