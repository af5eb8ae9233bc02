package report

import (
	"cmp"
	"context"
	"fmt"
	"math"
	"slices"
	"strings"

	"premlp/collect/dataset"
)

// Options say what is shown. The zero value of a field is its default.
type Options struct {
	Site    string   // the dataset's first
	Target  string   // the dataset's
	Methods []string // mean difference and LDA; the first is judged
	Seed    uint64   // 1

	Digest  string   // of the dataset, which the caller may know
	Checks  []Check  // what the caller found in the dataset
	Command []string // that made the page, to be repeated

	Steering *Steering // what the directions did to the model; nil where it was not tried

	// Progress is told how many layers of how many are analysed.
	Progress func(done, total int)
}

// Check is something found in a dataset before it was analysed.
type Check struct {
	Word    string // how grave: warning, look, bad
	Name    string
	Message string
	Advice  string // what to do; "" for none
}

// Page is a report, ready to be written.
type Page struct {
	Heading  string
	Weights  string   // the first 12 digits of their digest
	Dataset  string   // the same, "" where it is not known
	Asked    []string // paragraphs: what was asked, of what
	Word     string   // the verdict in a word or two
	Class    string   // its class in page.css
	Answer   string   // the verdict in a sentence
	More     []string // what else has to be known with it
	Sections []Section
	Checks   []Check
	Missing  []string
	Refused  []string
	Manifest []Row
	Repeat   []string // command lines
	Summary  Summary
}

// Section is a group of figures under one heading.
type Section struct {
	ID, Title string
	Figures   []Figure
}

// Row is a name and what it is.
type Row struct {
	Name, Value string
	Code        bool // Value is a digest or identifier
}

// Summary is what a command prints of a page.
type Summary struct {
	Model   string      `json:"model"`
	Target  string      `json:"target"`
	Site    string      `json:"site"`
	Layer   int         `json:"layer"` // looked at closer
	Verdict string      `json:"verdict"`
	Answer  string      `json:"answer"`
	Curve   []Curve     `json:"curve"`
	Effects []Effects   `json:"effects"` // of steering, where it was given
	Figures []FigureSum `json:"figures"`
}

// Curve is the judged method at a layer; figures are nil where it was not
// tested.
type Curve struct {
	Layer   int      `json:"layer"`
	AUROC   *float64 `json:"auroc"`
	Low     *float64 `json:"auroc_low"` // of its interval
	Chance  *float64 `json:"chance"`    // what the highest null reaches 1 time in 20
	Verdict string   `json:"verdict"`
	Mark    string   `json:"mark"` // of the verdict, one letter
}

// Effects are the net changes that one strength of an edit made at layers, each
// by itself.
type Effects struct {
	Edit   string    `json:"edit"`
	Layers []int     `json:"layers"`
	Net    []float64 `json:"net"`
	Random []float64 `json:"random_net"` // nil where none were tried
}

// FigureSum names a figure; Missing says why it has no drawing.
type FigureSum struct {
	ID      string `json:"id"`
	Missing string `json:"missing,omitempty"`
}

// Make analyses one site of a dataset and draws the page.
func Make(ctx context.Context, r *dataset.Reader, o Options) (*Page, error) {
	m := r.Manifest()
	o.Site = cmp.Or(o.Site, m.Sites[0])
	if !slices.Contains(m.Sites, o.Site) {
		return nil, fmt.Errorf("report: site: want one of %v, have %q", m.Sites, o.Site)
	}
	if len(o.Methods) == 0 {
		o.Methods = standard
	}
	a, err := analyse(ctx, r, o)
	if err != nil {
		return nil, fmt.Errorf("report: %w", err)
	}
	if o.Steering != nil {
		if o.Steering, err = o.Steering.of(a.target); err != nil {
			return nil, err
		}
	}
	d, err := readRows(ctx, r, o.Site, a)
	if err != nil {
		return nil, fmt.Errorf("report: %w", err)
	}
	p := &Page{Checks: o.Checks, Missing: a.missing, Refused: slices.Clone(a.refused)}
	p.say(a, m, o)
	if p.Sections, err = sections(a, d, o); err != nil {
		return nil, fmt.Errorf("report: %w", err)
	}
	p.Manifest = manifestRows(m, o)
	p.Repeat = repeat(r, o)
	p.sum(a, m, o)
	return p, nil
}

// sections draws every figure.
func sections(a *analysis, d *rows, o Options) ([]Section, error) {
	var failed error
	draw := func(f Figure, err error) Figure {
		failed = cmp.Or(failed, err)
		return f
	}
	list := []Section{
		{"layers", "Layer by layer", []Figure{draw(a.curves()), draw(a.verdicts())}},
		{"activations", "In the activations", []Figure{draw(a.tokenMap(d)), draw(a.placeMap()), draw(a.coordinateMap(d)), draw(a.normProfiles(d, o.Site))}},
		{"concepts", "Beside the other concepts", []Figure{draw(a.scatter(d)), draw(a.ranks()), draw(a.conceptCosines(d)), draw(a.layerCosines())}},
	}
	if o.Steering == nil {
		return list, failed
	}
	figures, err := a.steered(o.Steering)
	if len(o.Steering.Answers) > 0 {
		figures = append(figures, o.Steering.answers(a.target))
	}
	return slices.Insert(list, 1, Section{"effects", "What it does to the model", figures}), cmp.Or(failed, err)
}

// manifestRows are the fields of the manifest a reader asks for.
func manifestRows(m dataset.Manifest, o Options) []Row {
	chat := "no: the question is the prompt"
	if m.Chat.Used {
		chat = "yes"
	}
	list := []Row{
		{"model", m.Model.Name, false},
		{"architecture", m.Model.Architecture, false},
		{"weights, sha256", m.Model.Digest, true},
		{"tokenizer, sha256", m.Tokenizer.Digest, true},
		{"dataset, sha256", cmp.Or(o.Digest, "not computed"), true},
		{"questions, sha256", m.QuestionsDigest, true},
		{"chat form", chat, false},
		{"site shown", o.Site, true},
		{"sites stored", strings.Join(m.Sites, ", "), true},
		{"layers stored", fmt.Sprintf("%s of %d", ranges(m.Layers), m.Model.Layers), false},
		{"values in a row", fmt.Sprintf("%d of %s", m.Dim, m.DType), false},
		{"arithmetic", m.Arithmetic, true},
		{"questions", fmt.Sprint(m.Questions), false},
		{"rows", fmt.Sprintf("%d at each layer and site", m.Rows), false},
		{"target", m.Target, false},
		{"controls", strings.Join(m.Controls, ", "), false},
	}
	for i, t := range m.Templates {
		list = append(list, Row{fmt.Sprintf("template %d (%s)", i+1, t.Type), t.Text, false})
	}
	return list
}

// repeat lists the commands that make the dataset and the page again.
func repeat(r *dataset.Reader, o Options) []string {
	var list []string
	if run, err := r.Run(); err == nil && len(run.Command) > 1 {
		list = append(list, quoted(append([]string{"premlp"}, run.Command[1:]...)))
	}
	if len(o.Command) > 0 {
		list = append(list, quoted(o.Command))
	}
	return list
}

// quoted is a command line a shell reads back.
func quoted(args []string) string {
	list := make([]string, len(args))
	for i, a := range args {
		if a == "" || strings.ContainsFunc(a, func(r rune) bool {
			return !strings.ContainsRune("-_./,:=@+%", r) && !(r >= '0' && r <= '9' || r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z')
		}) {
			a = "'" + strings.ReplaceAll(a, "'", `'\''`) + "'"
		}
		list[i] = a
	}
	return strings.Join(list, " ")
}

// sum fills in the page's summary.
func (p *Page) sum(a *analysis, m dataset.Manifest, o Options) {
	p.Summary = Summary{Model: m.Model.Name, Target: a.target, Site: o.Site, Layer: a.lead().number, Verdict: a.lead().judged().verdict, Answer: p.Answer}
	for i := range a.layers {
		l, m := &a.layers[i], a.layers[i].judged()
		chance := most(math.Inf(-1), []float64{m.wrongTarget, m.shuffled, l.random})
		p.Summary.Curve = append(p.Summary.Curve, Curve{
			Layer: l.number, AUROC: known(m.area), Low: known(m.low), Chance: known(chance),
			Verdict: m.verdict, Mark: signs[kind(m.verdict)].mark,
		})
	}
	if o.Steering != nil {
		p.Summary.Effects = o.Steering.sum(a.target)
	}
	for _, s := range p.Sections {
		for _, f := range s.Figures {
			p.Summary.Figures = append(p.Summary.Figures, FigureSum{f.ID, f.Missing})
		}
	}
}

// known is a figure, nil where it could not be computed.
func known(v float64) *float64 {
	if !finite(v) {
		return nil
	}
	return &v
}
