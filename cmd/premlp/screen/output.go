package screen

import (
	"strings"

	"github.com/charmbracelet/x/ansi"
)

// output is what commands printed, cut to the width of the window.
type output struct {
	texts  []string // of each command, the line first
	lines  []string
	top    int // the first line that is shown
	height int // lines that are shown
}

// kept is how many commands' outputs stay.
const kept = 500

// add puts a command and what it printed at the end, and shows its beginning.
func (o *output) add(line, text string, width int) {
	o.texts = append(o.texts, "> "+line+"\n"+strings.TrimRight(text, "\n"))
	if len(o.texts) > kept {
		o.texts = o.texts[len(o.texts)-kept:]
	}
	o.wrap(width)
	last := len(wrapped(o.texts[len(o.texts)-1], width))
	o.scroll(len(o.lines)) // to the end
	o.scroll(min(len(o.lines)-last-o.top, 0))
}

// fit takes on another size and shows the end.
func (o *output) fit(height, width int) {
	o.height = height
	o.wrap(width)
	o.scroll(len(o.lines))
}

func (o *output) wrap(width int) {
	o.lines = o.lines[:0]
	for _, text := range o.texts {
		o.lines = append(o.lines, wrapped(text, width)...)
	}
}

// wrapped cuts a text into lines of at most a width.
func wrapped(text string, width int) []string {
	text = strings.TrimRight(text, "\n")
	return strings.Split(ansi.Wrap(text, max(width, 1), ""), "\n")
}

// scroll moves what is shown.
func (o *output) scroll(by int) {
	o.top = max(min(o.top+by, len(o.lines)-o.height), 0)
}

// shown are the lines to show, as many as there is room for.
func (o *output) shown() []string {
	lines := make([]string, o.height)
	copy(lines, o.lines[min(o.top, len(o.lines)):])
	return lines
}

// below is how many lines are under those that are shown.
func (o *output) below() int { return max(len(o.lines)-o.top-o.height, 0) }
