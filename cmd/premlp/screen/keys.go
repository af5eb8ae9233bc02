package screen

import (
	"slices"
	"strings"

	tea "charm.land/bubbletea/v2"
)

// commandKeys are keys that are commands.
var commandKeys = map[string]string{
	"n": "next", "L": "layer", "space": "layer", "c": "continue", "r": "restart", "w": "where",
}

// tableKeys choose what is shown of a value.
var tableKeys = map[string]table{"s": ofStats, "v": ofValues, "l": ofLens}

// keysHelp stands above the list of commands.
const keysHelp = `n next op            space or L end of the block     c continue      r restart
s stats              v values      l logit lens      enter the value here, or at the cursor
arrows the cursor    home, end     [ ] the site      < > the coordinates of values
g go to the cursor   b break there                   z the output large or small
: or / a command     tab strip, output, line         pgup, pgdn the output
? this               q quit                          Ctrl-C stop what runs, else quit
`

// key does what a pressed key means.
func (m *model) key(k tea.KeyPressMsg) tea.Cmd {
	name := k.String()
	switch name {
	case "ctrl+c":
		return m.interrupt()
	case "tab":
		m.focusOn((m.focus + 1) % focuses)
		return nil
	case "shift+tab":
		m.focusOn((m.focus + focuses - 1) % focuses)
		return nil
	case "pgup":
		m.output.scroll(-m.output.height)
		return nil
	case "pgdown":
		m.output.scroll(m.output.height)
		return nil
	}
	if m.focus == onLine {
		return m.lineKey(k)
	}
	if line, ok := commandKeys[name]; ok {
		return m.run(line)
	}
	if t, ok := tableKeys[name]; ok {
		m.table = t
		return m.refresh()
	}
	return m.otherKey(name)
}

// interrupt stops what runs, leaves the line, or ends the screen.
func (m *model) interrupt() tea.Cmd {
	switch {
	case m.busy:
		m.stopped, m.queue = true, nil
		m.stop()
	case m.focus == onLine:
		m.line.Reset()
		m.focusOn(onStrip)
	default:
		return tea.Quit
	}
	return nil
}

func (m *model) otherKey(name string) tea.Cmd {
	switch name {
	case "q":
		return tea.Quit
	case "?":
		return m.showHelp()
	case ":", "/":
		m.focusOn(onLine)
	case "esc":
		m.zoom(false)
		m.focusOn(onStrip)
	case "z":
		m.zoom(!m.zoomed)
	case "enter":
		m.atCursor = !m.atCursor
		return m.refresh()
	case "g":
		return m.run("to " + m.cursorPlace())
	case "b":
		return m.run("break " + m.cursorPlace())
	case "]":
		return m.moveSite(1)
	case "[":
		return m.moveSite(-1)
	case ">", ".":
		return m.moveCoord(valueColumns(m.rightWidth()))
	case "<", ",":
		return m.moveCoord(-valueColumns(m.rightWidth()))
	case "up", "down", "left", "right", "home", "end":
		return m.arrow(name)
	}
	return nil
}

func (m *model) arrow(name string) tea.Cmd {
	if m.focus == onOutput {
		m.output.scroll(map[string]int{"up": -1, "down": 1, "home": -len(m.output.lines), "end": len(m.output.lines)}[name])
		return nil
	}
	switch name {
	case "up":
		m.layer = max(m.layer-1, 0)
	case "down":
		m.layer = min(m.layer+1, m.layers-1)
	case "left":
		m.token = max(m.token-1, 0)
	case "right":
		m.token = min(m.token+1, len(m.tokens)-1)
	case "home":
		m.token = 0
	case "end":
		m.token = len(m.tokens) - 1
	}
	return m.refresh()
}

func (m *model) moveSite(by int) tea.Cmd {
	m.site = (m.site + by + len(m.sites)) % len(m.sites)
	return m.refresh()
}

// moveCoord moves the columns of values; what is shown says where they end.
func (m *model) moveCoord(by int) tea.Cmd {
	if m.have.values != nil {
		m.coord = m.have.values.Coords[0]
	}
	m.coord = max(m.coord+by, 0)
	return m.refresh()
}

func (m *model) focusOn(f focus) {
	m.focus = f
	if f == onLine {
		m.line.Focus() // the cursor is the terminal's own, so there is nothing to blink
		return
	}
	m.line.Blur()
}

func (m *model) zoom(on bool) {
	m.zoomed = on
	m.output.fit(m.outputHeight(), m.width)
}

func (m *model) showHelp() tea.Cmd {
	m.zoom(true)
	return m.run("help")
}

// lineKey edits the line, runs it, or brings back one of before.
func (m *model) lineKey(k tea.KeyPressMsg) tea.Cmd {
	switch k.String() {
	case "enter", "ctrl+j": // the second where it was typed before the screen came
		return m.enter()
	case "esc":
		m.focusOn(onStrip)
		return nil
	case "up":
		m.bringBack(-1)
		return nil
	case "down":
		m.bringBack(1)
		return nil
	}
	var cmd tea.Cmd
	m.line, cmd = m.line.Update(k)
	return cmd
}

func (m *model) enter() tea.Cmd {
	text := strings.TrimSpace(m.line.Value())
	m.line.Reset()
	if text == "" {
		m.focusOn(onStrip)
		return nil
	}
	m.typed = append(slices.DeleteFunc(m.typed, func(s string) bool { return s == text }), text)
	m.recall = len(m.typed)
	if text == "help" || text == "h" {
		return m.showHelp()
	}
	return m.run(text)
}

// bringBack puts an earlier or later line where lines are typed.
func (m *model) bringBack(by int) {
	m.recall = max(min(m.recall+by, len(m.typed)), 0)
	text := ""
	if m.recall < len(m.typed) {
		text = m.typed[m.recall]
	}
	m.line.SetValue(text)
	m.line.CursorEnd()
}
