package screen

import (
	"bytes"
	"context"
	"errors"
	"flag"
	"fmt"
	"strings"
	"testing"
	"time"

	tea "charm.land/bubbletea/v2"
	"github.com/charmbracelet/colorprofile"

	"premlp/collect"
	"premlp/collect/walk"
	"premlp/weights/catalogue"
)

var update = flag.Bool("update-screen", false, "write the views of testdata again")

const prompt = "The capital of France is"

// tiny walks through the model in the program.
func tiny(t *testing.T, text string) *walk.Walk {
	t.Helper()
	t.Setenv("PREMLP_CACHE", t.TempDir())
	path, err := catalogue.Locate("tiny-countries")
	if err != nil {
		t.Fatal(err)
	}
	l, err := collect.OpenModel(path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	w, err := walk.New(l, walk.Options{Text: text, Threads: 1})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { w.Close() })
	return w
}

// What the screen shows on the way through a pass.
func TestViews(t *testing.T) {
	d := drive(t, tiny(t, prompt), 80, 24)
	d.golden("begin")
	d.press("n", "n", "space", "L", "left")
	d.golden("stats")
	d.press("v", ">", ">")
	d.golden("values")
	d.press("[", "[", "up", "enter")
	d.golden("cursor")
	d.press("enter", ":", "when Madrid overtakes London", "enter", "continue", "enter", "up", "up", "esc", "l")
	d.golden("lens")
	d.send(tea.WindowSizeMsg{Width: 120, Height: 40})
	d.golden("large")
	d.press("?")
	d.golden("help")
	d.press("z")
	d.send(tea.WindowSizeMsg{Width: leastWidth, Height: leastHeight})
	d.press("c")
	d.golden("least")
	d.send(tea.WindowSizeMsg{Width: leastWidth - 1, Height: leastHeight})
	if have := d.view(); !strings.Contains(have, "want a window of at") {
		t.Errorf("have %s", have)
	}
}

// Whatever the size of the window, the prompt and what is pressed, the view fits.
func TestFits(t *testing.T) {
	long := strings.TrimSpace(strings.Repeat(prompt+" Paris. ", 20))
	w := tiny(t, long)
	d := drive(t, w, 80, 24)
	d.press("space", "home", "right", "space", ":", "nonsense", "enter", "tokens", "enter", "esc")
	for _, size := range [][2]int{{60, 16}, {61, 17}, {80, 24}, {79, 50}, {200, 20}, {250, 100}} {
		for _, keys := range []string{"s", "v", "l"} {
			d.send(tea.WindowSizeMsg{Width: size[0], Height: size[1]})
			d.press(keys)
			d.view()
			d.press("z")
			d.view()
			d.press("z")
		}
	}
}

// Keys move what they say, and stay within what there is.
func TestKeys(t *testing.T) {
	d := drive(t, tiny(t, prompt), 100, 30)
	m := d.m
	d.press("up", "left", "left", "home", "left")
	if m.layer != 0 || m.token != 0 {
		t.Errorf("want the first layer and token, have %d, %d", m.layer, m.token)
	}
	d.press("end", "right")
	for range 9 {
		d.press("down")
	}
	if m.layer != m.layers-1 || m.token != len(m.tokens)-1 {
		t.Errorf("want the last layer and token, have %d, %d", m.layer, m.token)
	}
	site := m.site
	for range m.sites {
		d.press("]")
	}
	if m.site != site {
		t.Errorf("want the sites to go round, have %d", m.site)
	}
	d.press("up", "up", "g")
	if have := m.have.where; have.Layer != 3 {
		t.Errorf("want to be in layer 3, have %+v", have)
	}
	d.press("v", "<")
	for range 40 {
		d.press(">")
	}
	if have := m.have.values; have == nil || have.Coords[1] != 128 {
		t.Errorf("want the last coordinates, have %+v, %v", have, m.have.err)
	}
	d.press("b", "c", "r", "tab")
	if m.focus != onOutput {
		t.Errorf("want the output in focus, have %v", m.focus)
	}
	d.press("home", "up")
	if m.output.top != 0 {
		t.Errorf("want the output's first line, have %d", m.output.top)
	}
	d.press("end", "tab", "abc", "ctrl+c")
	if m.focus != onStrip || m.line.Value() != "" {
		t.Errorf("want the line left, have %v, %q", m.focus, m.line.Value())
	}
	if have := strings.Join(m.output.lines, "\n"); !strings.Contains(have, "> to resid_post.3") || !strings.Contains(have, "1: resid_post.3") {
		t.Errorf("have %s", have)
	}
	if d.press("q"); !d.quit {
		t.Error("want the end")
	}
}

// Lines come back in the order of the last use.
func TestHistory(t *testing.T) {
	d := drive(t, tiny(t, prompt), 80, 24)
	d.press(":", "where", "enter", "stops", "enter", "where", "enter", "up")
	for _, want := range []string{"where", "stops", "stops"} {
		if have := d.m.line.Value(); have != want {
			t.Errorf("want %q, have %q", want, have)
		}
		d.press("up")
	}
	d.press("down", "down")
	if have := d.m.line.Value(); have != "" {
		t.Errorf("want an empty line, have %q", have)
	}
	d.send(tea.PasteMsg{Content: "quit"})
	if d.press("enter"); !d.quit {
		t.Error("want the end")
	}
}

// Norms are colours where the terminal has some.
func TestColour(t *testing.T) {
	d := drive(t, tiny(t, prompt), 80, 24)
	d.press("space")
	const background = "\x1b[48;2;"
	if have := d.m.View().Content; strings.Contains(have, background) || !strings.Contains(have, "█") {
		t.Errorf("want heights, have %q", have)
	}
	d.send(tea.ColorProfileMsg{Profile: colorprofile.ANSI256})
	if have := d.m.View().Content; !strings.Contains(have, background) {
		t.Errorf("want colours, have %q", have)
	}
	d.view()
}

// fake is a walk whose commands do what a test wants.
type fake struct {
	do func(ctx context.Context, line string) (walk.Result, error)
}

func (f fake) Do(ctx context.Context, line string) (walk.Result, error) { return f.do(ctx, line) }
func (fake) Tokens() []string                                           { return []string{"a", "b"} }
func (fake) Layers() int                                                { return 2 }
func (fake) Sites() []string                                            { return []string{"mlp_in"} }
func (fake) Watch(func(int))                                            {}

// Ctrl-C ends what runs, and forgets what waits; the screen stays.
func TestStop(t *testing.T) {
	begun := make(chan bool, 1)
	var lines []string
	w := fake{func(ctx context.Context, line string) (walk.Result, error) {
		lines = append(lines, line)
		if line != "continue" {
			return &walk.Where{Ops: 9, Done: 3, Op: "op"}, nil
		}
		begun <- true
		<-ctx.Done()
		return nil, ctx.Err()
	}}
	d := drive(t, w, 80, 24)
	_, cmd := d.m.Update(tea.KeyPressMsg{Code: 'c', Text: "c"})
	brought := make(chan tea.Msg)
	go func() { brought <- cmd().(tea.BatchMsg)[0]() }()
	<-begun
	d.press("n", "n", "left")
	d.m.since = time.Now().Add(-time.Second)
	if have := d.view(); !strings.Contains(have, "continue: 0 of 9 ops, 1.0 s, Ctrl-C stops it") {
		t.Errorf("want it said what runs, have %s", have)
	}
	d.press("ctrl+c")
	d.send(<-brought)
	if have := d.view(); d.quit || d.m.busy || !strings.Contains(have, "stopped: [3/9]") {
		t.Errorf("want a stop, have %v %v %s", d.quit, d.m.busy, have)
	}
	for _, line := range lines {
		if line == "next" {
			t.Error("want what waited forgotten")
		}
	}
	if d.press("ctrl+c"); !d.quit {
		t.Error("want the end")
	}
}

// leave is what gives the terminal back its own screen.
const leave = "\x1b[?1049l"

// drawn is when the first view is drawn.
const drawn = 200 * time.Millisecond

// A panic, in a command or in the screen, ends with the terminal as it was.
func TestPanic(t *testing.T) {
	for _, line := range []string{"next", "where"} {
		w := fake{func(_ context.Context, have string) (walk.Result, error) {
			if have == line {
				time.Sleep(drawn)
				panic("test")
			}
			return nil, nil
		}}
		var out bytes.Buffer
		err := Run(t.Context(), w, Options{In: strings.NewReader("n"), Out: &out})
		if !errors.Is(err, tea.ErrProgramPanic) || !strings.Contains(out.String(), leave) {
			t.Errorf("%s: want the terminal restored, have %v, %q", line, err, out.String())
		}
	}
}

// A run that is cancelled from outside ends, and so does what it was at.
func TestCancel(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	ended := false
	w := fake{func(ctx context.Context, line string) (walk.Result, error) {
		if line == "continue" {
			time.Sleep(drawn)
			cancel()
			<-ctx.Done()
			time.Sleep(20 * time.Millisecond)
			ended = true
			return nil, ctx.Err()
		}
		return nil, fmt.Errorf("no %s here", line)
	}}
	var out bytes.Buffer
	err := Run(ctx, w, Options{In: strings.NewReader("c"), Out: &out})
	if err != context.Canceled || !ended || !strings.Contains(out.String(), leave) {
		t.Errorf("want a clean end, have %v, %v, %q", err, ended, out.String())
	}
}
