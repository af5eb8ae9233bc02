package main

import (
	"fmt"
	"io"
	"os"
	"sync"
	"time"

	"github.com/vbauerster/mpb/v8"
	"github.com/vbauerster/mpb/v8/cwriter"
	"github.com/vbauerster/mpb/v8/decor"
)

// progress shows on stderr how far a long command is: a bar on a terminal, a
// plain line about every 5 s elsewhere, nothing with --quiet. Its methods are
// safe for concurrent use.
type progress struct {
	mu      sync.Mutex
	label   string
	unit    string // "B" counts bytes, anything else is the name of what is counted
	done    int64
	total   int64 // 0 while unknown
	start   time.Time
	printed time.Time // when the last plain line was written
	now     func() time.Time
	out     io.Writer     // plain lines; nil when silent or on a terminal
	bars    *mpb.Progress // the terminal's bar; nil otherwise
	bar     *mpb.Bar
}

// unitBytes makes a progress print its counts as sizes.
const unitBytes = "B"

const lineEvery = 5 * time.Second

// Progress starts one. A total of 0 is unknown. The caller calls Close, also
// after an error, before it prints anything else.
func (e *env) Progress(label, unit string, total int64) *progress {
	p := &progress{label: label, unit: unit, total: total, now: time.Now}
	p.start = p.now()
	p.printed = p.start
	switch file, ok := e.stderr.(*os.File); {
	case e.quiet:
	case ok && cwriter.IsTerminal(int(file.Fd())):
		p.bars = mpb.New(mpb.WithOutput(file), mpb.WithWidth(40), mpb.WithRefreshRate(100*time.Millisecond))
		p.bar = p.newBar()
	default:
		p.out = e.stderr
	}
	return p
}

// Set says how much is done, counted from the start. A total above 0 replaces
// the one known before.
func (p *progress) Set(done, total int64) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.done = done
	if total > 0 {
		p.total = total
	}
	if p.bar != nil {
		p.bar.SetTotal(p.total, false)
		p.bar.SetCurrent(done)
	}
	if now := p.now(); p.out != nil && now.Sub(p.printed) >= lineEvery {
		p.printed = now
		fmt.Fprintln(p.out, p.label+": "+p.state(p.done, p.total, now))
	}
}

// Add says that n more are done.
func (p *progress) Add(n int64) {
	p.mu.Lock()
	done := p.done + n
	p.mu.Unlock()
	p.Set(done, 0)
}

// Close ends the bar and leaves it on the screen as it stands.
func (p *progress) Close() {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.bar == nil {
		return
	}
	if p.total > 0 && p.done >= p.total {
		p.bar.SetTotal(p.done, true)
	} else {
		p.bar.Abort(false)
	}
	p.bars.Wait()
	p.bar = nil
}

// newBar makes the terminal's form; without a total there is only text.
func (p *progress) newBar() *mpb.Bar {
	var style mpb.BarFillerBuilder = mpb.BarStyle()
	if p.total <= 0 {
		style = mpb.NopStyle()
	}
	// The bar draws while Set holds the lock, so this must not take it.
	state := func(s decor.Statistics) string { return " " + p.state(s.Current, s.Total, p.now()) }
	return p.bars.New(p.total, style, mpb.PrependDecorators(decor.Name(p.label+" ")), mpb.AppendDecorators(decor.Any(state)))
}

// state is what stands beside the bar and in a plain line:
// "12.0 MB of 98.4 MB (12 %), 3.1 MB/s, 28s left".
func (p *progress) state(done, total int64, now time.Time) string {
	count := func(n float64) string { return fmt.Sprintf("%.0f", n) }
	of := " " + p.unit
	if p.unit == unitBytes {
		count = func(n float64) string { return formatBytes(int64(n)) }
		of = ""
	}
	text := count(float64(done))
	if total > 0 {
		text += fmt.Sprintf(" of %s%s (%d %%)", count(float64(total)), of, 100*done/total)
	} else {
		text += of
	}
	elapsed := now.Sub(p.start).Seconds()
	if done <= 0 || elapsed <= 0 {
		return text
	}
	rate := float64(done) / elapsed
	if p.unit == unitBytes {
		text += ", " + formatBytes(int64(rate)) + "/s"
	} else {
		text += fmt.Sprintf(", %.3g/s", rate)
	}
	if left := float64(total-done) / rate; left > 0 {
		text += ", " + (time.Duration(min(left, 1e9)) * time.Second).String() + " left"
	}
	return text
}

// formatBytes prints a size in decimal units, as disks and downloads state it.
func formatBytes(n int64) string {
	if n < 1000 {
		return fmt.Sprintf("%d B", n)
	}
	size, unit := float64(n), ""
	for _, unit = range []string{"kB", "MB", "GB", "TB", "PB", "EB"} {
		if size /= 1000; size < 999.95 {
			break
		}
	}
	return fmt.Sprintf("%.1f %s", size, unit)
}
