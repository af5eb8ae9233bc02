package main

import (
	"fmt"
	"io"
	"os"
	"strconv"
	"strings"

	"github.com/vbauerster/mpb/v8/cwriter"

	"premlp/collect"
	"premlp/collect/dataset"
)

// plannedQuestion is a question of a dry run.
type plannedQuestion struct {
	ID       string   `json:"id"`
	Set      string   `json:"set"`
	Concept  string   `json:"concept"`
	Type     string   `json:"type"`
	Text     string   `json:"text"`
	Before   string   `json:"before"`   // of the prompt, up to the concept
	Named    string   `json:"named"`    // the concept's tokens
	Selected []string `json:"selected"` // the tokens after them, whose rows are stored
}

// newPlanned cuts a question's prompt at the concept's tokens.
func newPlanned(q *dataset.Question) plannedQuestion {
	first, last := q.Spans[q.TokenSpan[0]], q.Spans[q.TokenSpan[1]-1]
	return plannedQuestion{
		ID: q.ID, Set: q.Set, Concept: q.Concept, Type: q.Type, Text: q.Text,
		Before: q.Prompt[:first[0]], Named: q.Prompt[first[0]:last[1]], Selected: q.Tokens,
	}
}

// The colours of a terminal, by ECMA-48.
const (
	conceptColour  = "\x1b[1;35m"
	selectedColour = "\x1b[32m"
	faint          = "\x1b[2m"
	plainColour    = "\x1b[0m"
)

// wantsColour reports whether w is a terminal whose user has not asked for none
// (no-color.org).
func wantsColour(w io.Writer) bool {
	file, ok := w.(*os.File)
	return ok && os.Getenv("NO_COLOR") == "" && os.Getenv("TERM") != "dumb" && cwriter.IsTerminal(int(file.Fd()))
}

// planWriter prints the questions of a plan, one a line: the concept's tokens and
// the selected ones stand out by colour, or else by brackets and bars.
type planWriter struct {
	w      io.Writer
	colour bool
	prefix string // of every prompt, printed once
}

// begin prints what all have in common, and what the marks mean.
func (p *planWriter) begin() {
	if p.prefix != "" {
		fmt.Fprintf(p.w, "every prompt begins %s\n", p.paint(faint, visible(p.prefix)))
	}
	fmt.Fprintf(p.w, "in each: %s, then the tokens whose rows are stored: %s\n", p.named("concept"), p.selected([]string{"one", "two"}))
}

// question prints a line.
func (p *planWriter) question(q plannedQuestion) {
	before := strings.TrimPrefix(q.Before, p.prefix)
	fmt.Fprintf(p.w, "%s %-7s %s%s%s\n", q.ID, q.Set, visible(before), p.named(q.Named), p.selected(q.Selected))
}

func (p *planWriter) named(text string) string {
	if p.colour {
		return p.paint(conceptColour, visible(text))
	}
	return "[" + visible(text) + "]"
}

func (p *planWriter) selected(tokens []string) string {
	var b strings.Builder
	for _, t := range tokens {
		if p.colour {
			b.WriteString(p.paint(faint, "|") + p.paint(selectedColour, visible(t)))
		} else {
			b.WriteString("|" + visible(t))
		}
	}
	return b.String()
}

func (p *planWriter) paint(colour, text string) string {
	if !p.colour || text == "" {
		return text
	}
	return colour + text + plainColour
}

// visible writes line ends and other characters that would not show, or would
// do something to a terminal, as Go does in a string.
func visible(text string) string {
	quoted := strconv.Quote(text)
	return strings.ReplaceAll(quoted[1:len(quoted)-1], `\"`, `"`)
}

// planned makes every question of a plan.
func planned(plan *collect.Plan, each func(plannedQuestion)) error {
	for i := range plan.Len() {
		q, err := plan.Question(i)
		if err != nil {
			return err
		}
		each(newPlanned(q))
	}
	return nil
}
