package screen

import (
	"fmt"
	"image/color"
	"math"
	"slices"
	"strings"

	"charm.land/lipgloss/v2"
	"github.com/charmbracelet/x/ansi"

	"premlp/collect/walk"
)

// ramp are the colours of norms, the least first (viridis).
var ramp = []color.Color{
	lipgloss.Color("#440154"), lipgloss.Color("#481a6c"), lipgloss.Color("#472f7d"), lipgloss.Color("#414487"),
	lipgloss.Color("#39568c"), lipgloss.Color("#31688e"), lipgloss.Color("#2a788e"), lipgloss.Color("#23888e"),
	lipgloss.Color("#1f988b"), lipgloss.Color("#22a884"), lipgloss.Color("#35b779"), lipgloss.Color("#54c568"),
	lipgloss.Color("#7ad151"), lipgloss.Color("#a5db36"), lipgloss.Color("#d2e21b"), lipgloss.Color("#fde725"),
}

// far is a norm far above the others of its layer, under is the cursor's cell.
var (
	far   = lipgloss.NewStyle().Background(lipgloss.Color("#ffffff"))
	under = lipgloss.NewStyle().Background(lipgloss.Color("#d03030")).Foreground(lipgloss.Color("#ffffff")).Bold(true)
)

// The strip's measures: the column of layers, and the widest cell.
const labelWidth, widestCell, leastLeft = 5, 3, 36

// cellWidth is how wide a token's cell is: wider where the prompt is short.
func (m *model) cellWidth() int {
	return max(min((m.width*45/100-labelWidth-1)/len(m.tokens), widestCell), 1)
}

// stripTokens are the tokens that are shown, [from, to).
func (m *model) stripTokens() (from, to int) {
	return window(m.token, len(m.tokens), (m.width*45/100-labelWidth-1)/m.cellWidth())
}

func (m *model) leftWidth() int {
	from, to := m.stripTokens()
	return max(labelWidth+(to-from)*m.cellWidth()+1, leastLeft)
}

func (m *model) rightWidth() int { return max(m.width-m.leftWidth()-1, 1) }

// strip is a row of cells for each layer, with what is under the cursor.
func (m *model) strip() []string {
	lines := []string{titled(m.sites[m.site]+"  low "+m.legend(), m.leftWidth(), m.focus == onStrip)}
	first, last := window(m.layer, m.layers, m.stripRows())
	for layer := first; layer < last; layer++ {
		lines = append(lines, m.stripRow(layer))
	}
	for len(lines) < m.stripRows()+1 {
		lines = append(lines, "")
	}
	return append(lines, m.caret(), m.underCursor())
}

// legend are the shades from the least to the most, and far above.
func (m *model) legend() string {
	var text strings.Builder
	const shades = 6
	for i := range shades {
		text.WriteString(m.cell(float64(i)/(shades-1), 1))
	}
	text.WriteString(" high " + m.cell(math.Inf(1), 1) + " far") // above the others
	return text.String()
}

// row returns where in the heat a layer is, -1: not computed yet.
func (m *model) row(layer int) int {
	if m.have.heat == nil || m.have.heat.Site != m.sites[m.site] {
		return -1
	}
	return slices.Index(m.have.heat.Layers, layer)
}

func (m *model) stripRow(layer int) string {
	mark, label := " ", fmt.Sprintf("%3d", layer)
	if w := m.have.where; w != nil && w.Layer == layer {
		mark, label = "▶", bold.Render(label)
	}
	if layer == m.layer && m.focus == onStrip {
		label = reverse.Render(ansi.Strip(label))
	}
	line := mark + label + " "
	from, to := m.stripTokens()
	i := m.row(layer)
	if i < 0 {
		cell := "·" + strings.Repeat(" ", m.cellWidth()-1)
		for t := from; t < to; t++ {
			line += m.marked(layer, t, faint.Render(cell))
		}
		return line
	}
	levels := m.have.heat.Levels(i)
	for t := from; t < to; t++ {
		line += m.marked(layer, t, m.cell(levels[t], m.cellWidth()))
	}
	return line
}

// marked is a cell, or the cursor on it.
func (m *model) marked(layer, token int, cell string) string {
	switch {
	case layer != m.layer || token != m.token:
		return cell
	case !m.colour: // the shade stays to be seen
		return reverse.Render(ansi.Strip(cell))
	}
	return under.Render("×" + strings.Repeat(" ", m.cellWidth()-1))
}

// cell is a norm as colour, or without colours as height.
func (m *model) cell(level float64, width int) string {
	shade := strings.Repeat(string(walk.Shade(level)), width)
	switch {
	case !m.colour || math.IsNaN(level) || level < 0:
		return shade
	case level > 1:
		return far.Render(strings.Repeat(" ", width))
	}
	background := ramp[int(math.Round(level*float64(len(ramp)-1)))]
	return lipgloss.NewStyle().Background(background).Render(strings.Repeat(" ", width))
}

// caret points at the cursor's token and names it.
func (m *model) caret() string {
	from, _ := m.stripTokens()
	column := labelWidth + (m.token-from)*m.cellWidth()
	name := fmt.Sprintf("%d %s", m.token, quoted(m.tokens[m.token], 14))
	if column+2+ansi.StringWidth(name) <= m.leftWidth() {
		return strings.Repeat(" ", column) + "▲ " + name
	}
	return padded("", column-1-ansi.StringWidth(name)) + name + " ▲"
}

// underCursor is the norm there and those of its layer.
func (m *model) underCursor() string {
	i := m.row(m.layer)
	if i < 0 {
		return faint.Render(fmt.Sprintf(" layer %d: not computed yet", m.layer))
	}
	norms := m.have.heat.Norms[i]
	low, high := norms[0], norms[0]
	for _, n := range norms {
		low, high = min(low, n), max(high, n)
	}
	return fmt.Sprintf(" layer %d: %.4g, of %.4g to %.4g", m.layer, float64(norms[m.token]), float64(low), float64(high))
}

// quoted is a token in quotes, cut to a width.
func quoted(text string, width int) string {
	return ansi.Truncate(fmt.Sprintf("%q", text), width, "…")
}
