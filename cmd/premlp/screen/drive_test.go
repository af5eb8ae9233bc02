package screen

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	tea "charm.land/bubbletea/v2"
	"github.com/charmbracelet/x/ansi"
)

// driver gives a model messages and runs what it asks for, one after another.
type driver struct {
	t    *testing.T
	m    *model
	quit bool
}

func drive(t *testing.T, w Walk, width, height int) *driver {
	t.Helper()
	d := &driver{t: t, m: newModel(t.Context(), w, Options{Model: "tiny-countries", Prompt: prompt})}
	t.Cleanup(d.m.rest)
	d.do(d.m.Init())
	d.send(tea.WindowSizeMsg{Width: width, Height: height})
	return d
}

func (d *driver) send(msg tea.Msg) {
	_, cmd := d.m.Update(msg)
	d.do(cmd)
}

func (d *driver) do(cmd tea.Cmd) {
	if cmd == nil {
		return
	}
	switch msg := cmd().(type) {
	case tea.BatchMsg:
		d.do(msg[0]) // the second is the clock
	case tea.QuitMsg:
		d.quit = true
	default:
		d.send(msg)
	}
}

var named = map[string]rune{
	"enter": tea.KeyEnter, "esc": tea.KeyEscape, "up": tea.KeyUp, "down": tea.KeyDown, "left": tea.KeyLeft, "right": tea.KeyRight,
	"tab": tea.KeyTab, "home": tea.KeyHome, "end": tea.KeyEnd, "pgup": tea.KeyPgUp, "pgdown": tea.KeyPgDown,
}

// press sends keys by their names, or as they are typed.
func (d *driver) press(keys ...string) *driver {
	for _, k := range keys {
		switch code, ok := named[k]; {
		case ok:
			d.send(tea.KeyPressMsg{Code: code})
		case k == "space":
			d.send(tea.KeyPressMsg{Code: ' ', Text: " "})
		case k == "ctrl+c":
			d.send(tea.KeyPressMsg{Code: 'c', Mod: tea.ModCtrl})
		default:
			for _, r := range k {
				d.send(tea.KeyPressMsg{Code: r, Text: string(r)})
			}
		}
	}
	return d
}

// view is the screen without colours; it must fit the window.
func (d *driver) view() string {
	d.t.Helper()
	text := ansi.Strip(d.m.View().Content)
	lines := strings.Split(text, "\n")
	if len(lines) > d.m.height {
		d.t.Errorf("want at most %d lines, have %d", d.m.height, len(lines))
	}
	for i, line := range lines {
		if w := ansi.StringWidth(line); w > d.m.width {
			d.t.Errorf("line %d: want at most %d wide, have %d: %s", i, d.m.width, w, line)
		}
		lines[i] = strings.TrimRight(line, " ")
	}
	return strings.Join(lines, "\n") + "\n"
}

func (d *driver) golden(name string) {
	d.t.Helper()
	path := filepath.Join("testdata", name+".golden")
	have := d.view()
	if *update {
		if err := os.WriteFile(path, []byte(have), 0o644); err != nil {
			d.t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		d.t.Fatal(err)
	}
	if have != string(want) {
		d.t.Errorf("%s: want\n%shave\n%s", name, want, have)
	}
}
