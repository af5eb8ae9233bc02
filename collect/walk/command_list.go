package walk

import (
	"context"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"

	"premlp/collect"
	"premlp/weights/catalogue"
)

// Stops are where a walk that goes on stops.
type Stops struct {
	Stops []string `json:"stops"`
}

// Print writes a line for each.
func (r *Stops) Print(out io.Writer) {
	if len(r.Stops) == 0 {
		fmt.Fprintln(out, "no stops")
	}
	for _, s := range r.Stops {
		fmt.Fprintln(out, s)
	}
}

func (w *Walk) stops() *Stops {
	r := &Stops{Stops: []string{}}
	for _, s := range w.breaks {
		r.Stops = append(r.Stops, fmt.Sprintf("%d: %s", s.number, s.text))
	}
	return r
}

func runStops(_ context.Context, w *Walk, words []string) (Result, error) {
	if err := most(words, 0); err != nil {
		return nil, err
	}
	return w.stops(), nil
}

func runBreak(_ context.Context, w *Walk, words []string) (Result, error) {
	if len(words) != 1 {
		return nil, fmt.Errorf("break: want one place, as mlp_in.3, have %q", words)
	}
	p, err := w.place(words[0])
	if err != nil {
		return nil, err
	}
	w.addStop(&stop{text: words[0], at: &p})
	return w.stops(), nil
}

func runWhen(_ context.Context, w *Walk, words []string) (Result, error) {
	s := &stop{text: strings.Join(words, " ")}
	if n := len(words); n > 2 && words[n-2] == "at" {
		p, err := w.place(words[n-1])
		if err != nil {
			return nil, err
		}
		s.at, words = &p, words[:n-2]
	}
	var err error
	if s.when, err = w.condition(words); err != nil {
		return nil, err
	}
	w.addStop(s)
	return w.stops(), nil
}

func runDelete(_ context.Context, w *Walk, words []string) (Result, error) {
	for i, s := range w.breaks {
		if len(words) == 1 && words[0] == strconv.Itoa(s.number) {
			w.breaks = slices.Delete(w.breaks, i, i+1)
			return w.stops(), nil
		}
	}
	return nil, fmt.Errorf("delete: want the number of a stop, have %q; 'stops' lists them", words)
}

// Op is an op in a list.
type Op struct {
	Key   string   `json:"op"`
	Kind  string   `json:"kind"`
	Width int      `json:"width"`
	Sites []string `json:"sites"`
	Done  bool     `json:"done"`
}

// Ops are ops in the order of computation.
type Ops struct {
	Ops []Op `json:"ops"`
}

// Print writes a line for each; > marks the one that was computed last.
func (r *Ops) Print(out io.Writer) {
	for i, o := range r.Ops {
		mark := " "
		if o.Done && (i+1 == len(r.Ops) || !r.Ops[i+1].Done) {
			mark = ">"
		}
		line := fmt.Sprintf("%s %-12s %-48s %6d  %s", mark, o.Kind, o.Key, o.Width, strings.Join(o.Sites, ", "))
		fmt.Fprintln(out, strings.TrimRight(line, " "))
	}
}

func runOps(_ context.Context, w *Walk, words []string) (Result, error) {
	if err := most(words, 1); err != nil {
		return nil, err
	}
	ops := w.ops
	if len(words) == 1 {
		p, err := w.place(words[0])
		if err != nil {
			return nil, err
		}
		ops = p.ops
	}
	r := &Ops{}
	for _, o := range ops {
		r.Ops = append(r.Ops, Op{o.Key(), o.Kind(), o.Cols(), w.sitesOf(o), w.at[o] < w.session.Done()})
	}
	return r, nil
}

// Tokens are the prompt's.
type Tokens struct {
	IDs   []int32  `json:"ids"`
	Texts []string `json:"texts"`
}

// Print writes a line for each.
func (r *Tokens) Print(out io.Writer) {
	for i, id := range r.IDs {
		fmt.Fprintf(out, "%4d %7d  %q\n", i, id, r.Texts[i])
	}
}

func runTokens(_ context.Context, w *Walk, words []string) (Result, error) {
	if err := most(words, 0); err != nil {
		return nil, err
	}
	return &Tokens{w.ids, w.tokens}, nil
}

// Said is a line.
type Said struct {
	Text string `json:"text"`
}

// Print writes it.
func (r *Said) Print(out io.Writer) { fmt.Fprintln(out, r.Text) }

func runReference(ctx context.Context, w *Walk, words []string) (Result, error) {
	var err error
	switch {
	case len(words) == 2 && words[0] == "prompt":
		err = w.referTo(ctx, fmt.Sprintf("prompt %q", words[1]), w.loaded, words[1], false)
	case len(words) == 2 && words[0] == "model":
		var l *collect.Loaded
		if l, err = openReference(words[1]); err == nil {
			err = w.referTo(ctx, "model "+words[1], l, w.text, false)
		}
	case len(words) == 2 && words[0] == "file":
		err = w.referToFile(words[1])
	case len(words) == 1 && words[0] == "bf16":
		err = w.referTo(ctx, "bf16", w.loaded, w.text, true)
	default:
		err = fmt.Errorf("reference: want prompt TEXT, model MODEL, file FILE or bf16, have %q", words)
	}
	if err != nil {
		return nil, err
	}
	return &Said{fmt.Sprintf("reference: %s, %d tokens", w.reference.name, w.reference.tokens)}, nil
}

// openReference opens a model by its name in the catalogue or its path.
func openReference(name string) (*collect.Loaded, error) {
	path, err := catalogue.Locate(name)
	if err != nil {
		return nil, err
	}
	return collect.OpenModel(path)
}

// argsWidth is the column of arguments in help; longer ones have a line to themselves.
const argsWidth = 32

// Help is the list of commands.
type Help struct {
	Commands []string `json:"commands"`
}

// Print writes it.
func (r *Help) Print(out io.Writer) {
	for _, c := range r.Commands {
		fmt.Fprintln(out, c)
	}
	fmt.Fprintln(out, "WHERE is a site (mlp_in.3, resid_post), a layer (layer.3), a kind (attention), an op's key or a pattern of keys (*.down_proj)")
	fmt.Fprintln(out, "A:B are from A to before B, counted from 0 or, with -, from the end: 2:5, 3, -1, :-2")
}

func runHelp(_ context.Context, _ *Walk, words []string) (Result, error) {
	if err := most(words, 0); err != nil {
		return nil, err
	}
	r := &Help{}
	for _, c := range commands() {
		name := c.name
		if c.short != "" {
			name += ", " + c.short
		}
		gap := ""
		if len(c.args) > argsWidth {
			gap = "\n" + strings.Repeat(" ", 14+argsWidth)
		}
		r.Commands = append(r.Commands, fmt.Sprintf("%-13s %-*s%s %s", name, argsWidth, c.args, gap, c.help))
	}
	return r, nil
}
