// Package screen shows a walk through a forward pass on a terminal: the layers and
// tokens as a strip of norms, the value at which the walk stands, and the commands
// of package walk with what they print. All it asks of the walk it asks by those
// commands.
package screen

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"charm.land/bubbles/v2/textinput"
	tea "charm.land/bubbletea/v2"
	"github.com/charmbracelet/colorprofile"

	"premlp/collect/walk"
)

// Walk is what a screen shows: a *walk.Walk.
type Walk interface {
	Do(ctx context.Context, line string) (walk.Result, error)
	Tokens() []string
	Layers() int
	Sites() []string
	Watch(report func(done int))
}

// Options says what stands at the top, and which terminal it is.
type Options struct {
	Model, Prompt string
	In            io.Reader
	Out           io.Writer
}

// Run shows the screen until the user quits or ctx is cancelled. The walk is at
// rest when it returns, and the terminal as it was, after a panic too.
func Run(ctx context.Context, w Walk, o Options) error {
	m := newModel(ctx, w, o)
	defer m.rest()
	_, err := tea.NewProgram(m, tea.WithContext(ctx), tea.WithInput(o.In), tea.WithOutput(o.Out), tea.WithoutSignalHandler()).Run()
	if ctx.Err() != nil && errors.Is(err, tea.ErrProgramKilled) {
		return ctx.Err()
	}
	return err
}

// focus is the part that arrow keys move in.
type focus int

const (
	onStrip focus = iota
	onOutput
	onLine
	focuses // how many there are
)

// model is the screen's state. Only a job, of which there is one at a time, touches
// the walk; what the view shows are copies that the last one brought.
type model struct {
	title  Options
	tokens []string
	layers int
	sites  []string

	width, height int
	colour        bool
	focus         focus
	zoomed        bool // the output takes the place of the strip and the table
	site          int  // in sites, of the strip
	layer, token  int  // the cursor
	table         table
	coord         int  // the first column of values
	atCursor      bool // the table is of the cursor's layer, not of the walk's op

	have   snapshot
	line   textinput.Model
	typed  []string // lines of before
	recall int      // in typed; its length: none of them
	output output

	jobs
}

// jobs are what the walk is asked for.
type jobs struct {
	walk    Walk
	ctx     context.Context // of the whole screen
	end     context.CancelFunc
	using   sync.Mutex // held by what touches the walk
	done    atomic.Int64
	queue   []string           // lines that wait
	now     string             // the line that is run, "" for none
	busy    bool               // a job runs
	since   time.Time          // when it began
	stop    context.CancelFunc // ends it
	stale   bool               // what is shown is not of this cursor and window
	stopped bool               // the user stopped the job
}

func newModel(ctx context.Context, w Walk, o Options) *model {
	m := &model{title: o, tokens: w.Tokens(), layers: w.Layers(), sites: w.Sites(), line: textinput.New()}
	m.site, m.token = max(slices.Index(m.sites, "resid_post"), 0), len(m.tokens)-1
	m.line.Prompt = "> "
	m.line.SetVirtualCursor(false)
	m.jobs.walk = w
	m.jobs.ctx, m.jobs.end = context.WithCancel(ctx)
	w.Watch(func(done int) { m.done.Store(int64(done)) })
	return m
}

// rest ends what runs and waits for it.
func (m *model) rest() {
	m.end()
	m.using.Lock()
	defer m.using.Unlock()
	m.walk.Watch(nil)
}

// Init implements tea.Model.
func (m *model) Init() tea.Cmd { return nil } // the size of the window comes first

// tick has the clock of a long job drawn.
type tick struct{}

const tickEvery = 200 * time.Millisecond

func nextTick() tea.Cmd {
	return tea.Tick(tickEvery, func(time.Time) tea.Msg { return tick{} })
}

// Update implements tea.Model.
func (m *model) Update(msg tea.Msg) (tea.Model, tea.Cmd) {
	switch msg := msg.(type) {
	case tea.WindowSizeMsg:
		m.width, m.height = msg.Width, msg.Height
		m.line.SetWidth(max(msg.Width-4, 1))
		m.output.fit(m.outputHeight(), m.width)
		return m, m.refresh()
	case tea.ColorProfileMsg:
		m.colour = msg.Profile >= colorprofile.ANSI
	case tick:
		if m.busy {
			return m, nextTick()
		}
	case finished:
		return m, m.finish(msg)
	case tea.KeyPressMsg:
		return m, m.key(msg)
	case tea.PasteMsg:
		m.focusOn(onLine)
		var cmd tea.Cmd
		m.line, cmd = m.line.Update(msg)
		return m, cmd
	}
	return m, nil
}

// finished is what a job brought.
type finished struct {
	line string // "": it only looked
	text string // that the command printed
	err  error
	have snapshot
}

// run puts a line behind those that wait.
func (m *model) run(line string) tea.Cmd {
	m.queue = append(m.queue, line)
	return m.start()
}

// refresh asks for what the cursor and the window now show.
func (m *model) refresh() tea.Cmd {
	m.stale = true
	return m.start()
}

// start begins the next job, if none runs.
func (m *model) start() tea.Cmd {
	if m.busy || len(m.queue) == 0 && !m.stale {
		return nil
	}
	m.now = ""
	if len(m.queue) > 0 {
		m.now, m.queue = m.queue[0], m.queue[1:]
	}
	ctx, stop := context.WithCancel(m.ctx)
	m.stop, m.busy, m.stale, m.stopped, m.since = stop, true, false, false, time.Now()
	line, look := m.now, m.looks()
	job := func() tea.Msg {
		m.using.Lock()
		defer m.using.Unlock()
		defer stop()
		f := finished{line: line}
		if m.ctx.Err() != nil {
			return f // the screen is at its end, and the walk may be closed
		}
		var r walk.Result
		if line != "" {
			r, f.err = m.walk.Do(ctx, line)
			f.text = printed(r)
		}
		f.have = look.take(m.ctx, ctx, m.walk)
		if moved, ok := r.(*walk.Where); ok {
			f.have.where = moved // it says at which stop
		}
		return f
	}
	return tea.Batch(job, nextTick())
}

// finish takes what a job brought and begins the next.
func (m *model) finish(f finished) tea.Cmd {
	m.busy, m.now = false, ""
	if errors.Is(f.err, walk.ErrQuit) {
		return tea.Quit
	}
	if f.err != nil {
		f.text += f.err.Error() + "\n"
		if m.stopped && errors.Is(f.err, context.Canceled) {
			f.text = fmt.Sprintf("stopped: %s", position(f.have.where))
		}
	}
	if f.line == "help" {
		f.text = keysHelp + "\n" + f.text
	}
	if f.line != "" {
		m.output.add(f.line, f.text, m.width)
		m.follow(f.have.where)
	}
	if now, before := f.have.where, m.have.where; now != nil {
		if before != nil && now.Stop == "" && now.Done == before.Done {
			now.Stop = before.Stop // it still stands there
		}
		m.have = f.have
	}
	return m.start()
}

// follow moves the cursor to the layer of the walk's op where that changed.
func (m *model) follow(w *walk.Where) {
	before := m.have.where
	if w == nil || before == nil || w.Done == before.Done {
		return
	}
	m.layer = max(w.Layer, 0)
	if w.Done == w.Ops {
		m.layer = m.layers - 1
	}
	m.stale = m.stale || m.atCursor
}
