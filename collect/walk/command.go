package walk

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"

	"premlp/model"
)

// Result is what a command found. It is a document of JSON too.
type Result interface{ Print(out io.Writer) }

// ErrQuit is what the command quit returns.
var ErrQuit = errors.New("quit")

// command is a line's first word.
type command struct {
	name, short string
	args        string
	help        string
	run         func(ctx context.Context, w *Walk, words []string) (Result, error)
}

// commands are all there are, in the order of help. It is a function as help is
// one of them.
func commands() []command {
	return []command{
		{"next", "n", "[COUNT]", "compute the next op, or as many", runNext},
		{"layer", "l", "", "go to the end of the block", runLayer},
		{"to", "t", "WHERE", "go to a site, layer, kind or key; a stop on the way holds", runTo},
		{"continue", "c", "", "go to the next stop, or the end", runContinue},
		{"restart", "r", "", "go back before the first op; patches are forgotten", runRestart},
		{"break", "b", "WHERE", "stop there from now on", runBreak},
		{"when", "", "nan | norm > X | TOKEN overtakes TOKEN [at WHERE]", "stop where that holds", runWhen},
		{"stops", "", "", "list the stops", runStops},
		{"delete", "d", "NUMBER", "forget a stop", runDelete},
		{"where", "w", "", "say where the walk stands", runWhere},
		{"ops", "", "[WHERE]", "list the ops", runOps},
		{"tokens", "", "", "list the prompt's tokens", runTokens},
		{"show", "s", "[WHERE] [tokens A:B] [coords A:B]", "print values", runShow},
		{"stats", "", "[WHERE] [tokens A:B]", "print norm, mean, deviation and extremes of each token", runStats},
		{"heat", "", "[SITE]", "print the norms of all layers as a strip", runHeat},
		{"lens", "", "[token I] [layers A:B] [top K]", "print what would be said if the model ended behind each layer", runLens},
		{"reference", "", "prompt TEXT | model MODEL | file FILE | bf16", "compute another run to compare with", runReference},
		{"compare", "", "[WHERE] [tokens A:B]", "compare a value with the reference's", runCompare},
		{"patch", "p", "zero | scale X | set [tokens A:B]", "change the value just computed; set takes the reference's", runPatch},
		{"save", "", "[WHERE] FILE", "write a value to a safetensors file", runSave},
		{"help", "h", "", "print this", runHelp},
		{"quit", "q", "", "end", func(context.Context, *Walk, []string) (Result, error) { return nil, ErrQuit }},
	}
}

// Do runs one line. An empty one, or one that begins with #, does nothing and has
// no result. The error of quit is ErrQuit.
func (w *Walk) Do(ctx context.Context, line string) (Result, error) {
	words, err := split(line)
	if err != nil || len(words) == 0 {
		return nil, err
	}
	var names []string
	for _, c := range commands() {
		if words[0] == c.name || c.short != "" && words[0] == c.short {
			return c.run(ctx, w, words[1:])
		}
		names = append(names, c.name)
	}
	return nil, fmt.Errorf("%q: no command; the nearest: %s; 'help' lists all", words[0], nearest(words[0], names))
}

// split cuts a line into words; text in double quotes, as Go writes it, is one.
func split(line string) ([]string, error) {
	var words []string
	for line = strings.TrimSpace(line); line != "" && !strings.HasPrefix(line, "#"); line = strings.TrimLeft(line, " \t") {
		if line[0] == '"' {
			quoted, err := strconv.QuotedPrefix(line)
			if err != nil {
				return nil, fmt.Errorf("%s: want a closing quote", line)
			}
			text, err := strconv.Unquote(quoted)
			if err != nil {
				return nil, err
			}
			words, line = append(words, text), line[len(quoted):]
			continue
		}
		word, rest, _ := strings.Cut(line, " ")
		words, line = append(words, word), rest
	}
	return words, nil
}

// most refuses words that a command does not take.
func most(words []string, n int) error {
	if len(words) > n {
		return fmt.Errorf("want at most %d words behind the command, have %q", n, words)
	}
	return nil
}

// go on until reached, and say where that is.
func (w *Walk) move(ctx context.Context, reached func(*model.Op) bool) (Result, error) {
	held, err := w.advance(ctx, reached)
	if err != nil {
		return nil, err
	}
	return w.where(held), nil
}

func never(*model.Op) bool { return false }

func runNext(ctx context.Context, w *Walk, words []string) (Result, error) {
	n := 1
	if err := most(words, 1); err != nil {
		return nil, err
	}
	if len(words) == 1 {
		var err error
		if n, err = strconv.Atoi(words[0]); err != nil || n < 1 {
			return nil, fmt.Errorf("next: want a number from 1 up, have %q", words[0])
		}
	}
	return w.move(ctx, func(*model.Op) bool { n--; return n == 0 })
}

func runLayer(ctx context.Context, w *Walk, words []string) (Result, error) {
	if err := most(words, 0); err != nil {
		return nil, err
	}
	return w.move(ctx, func(o *model.Op) bool { _, ends := w.endOf(o); return ends })
}

func runTo(ctx context.Context, w *Walk, words []string) (Result, error) {
	if len(words) != 1 {
		return nil, fmt.Errorf("to: want one place, as mlp_in.3, have %q", words)
	}
	p, err := w.place(words[0])
	if err != nil {
		return nil, err
	}
	done := w.session.Done()
	if last := p.ops[len(p.ops)-1]; w.at[last] < done {
		return nil, fmt.Errorf("%s: computed already; 'restart' goes back, 'show %s' shows it", words[0], words[0])
	}
	return w.move(ctx, p.is)
}

func runContinue(ctx context.Context, w *Walk, words []string) (Result, error) {
	if err := most(words, 0); err != nil {
		return nil, err
	}
	return w.move(ctx, never)
}

func runRestart(_ context.Context, w *Walk, words []string) (Result, error) {
	if err := errors.Join(most(words, 0), w.Restart()); err != nil {
		return nil, err
	}
	return w.where(nil), nil
}

func runWhere(_ context.Context, w *Walk, words []string) (Result, error) {
	if err := most(words, 0); err != nil {
		return nil, err
	}
	return w.where(nil), nil
}

// one returns the one place that words may name, "" for none.
func one(o options) (string, error) {
	if err := most(o.rest, 1); err != nil {
		return "", err
	}
	return orElse(o.rest...), nil
}

// reading is a command that reads a value: of a place, in ranges.
func reading[R Result](read func(w *Walk, name string, o options) (R, error)) func(context.Context, *Walk, []string) (Result, error) {
	return func(_ context.Context, w *Walk, words []string) (Result, error) {
		o, err := parseOptions(words)
		if err != nil {
			return nil, err
		}
		name, err := one(o)
		if err != nil {
			return nil, err
		}
		r, err := read(w, name, o)
		if err != nil {
			return nil, err
		}
		return r, nil
	}
}

var (
	runShow    = reading((*Walk).values)
	runStats   = reading((*Walk).stats)
	runCompare = reading((*Walk).compare)
	runHeat    = reading(func(w *Walk, site string, _ options) (*Heat, error) { return w.Heat(site) })
)

func runLens(ctx context.Context, w *Walk, words []string) (Result, error) {
	o, err := parseOptions(words)
	if err == nil {
		err = most(o.rest, 0)
	}
	if err != nil {
		return nil, err
	}
	r, err := w.look(ctx, o)
	if err != nil {
		return nil, err
	}
	return r, nil
}

func runPatch(_ context.Context, w *Walk, words []string) (Result, error) {
	o, err := parseOptions(words)
	if err != nil {
		return nil, err
	}
	r, err := w.patch(o)
	if err != nil {
		return nil, err
	}
	return r, nil
}

func runSave(_ context.Context, w *Walk, words []string) (Result, error) {
	if len(words) < 1 || len(words) > 2 {
		return nil, fmt.Errorf("save: want a place, which may be left out, and a file, have %q", words)
	}
	name := ""
	if len(words) == 2 {
		name = words[0]
	}
	r, err := w.save(name, words[len(words)-1])
	if err != nil {
		return nil, err
	}
	return r, nil
}
