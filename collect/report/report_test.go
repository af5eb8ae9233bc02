package report

import (
	"bytes"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"golang.org/x/net/html"
)

// figureIDs are the figures of every page.
var figureIDs = []string{"curves", "verdicts", "tokens", "places", "coordinates", "norms", "scatter", "ranks", "concept-cosines", "layer-cosines"}

// TestPage holds what every page must be, of datasets with much and with little
// to show.
func TestPage(t *testing.T) {
	for _, c := range []struct {
		name                string
		concepts, templates []string
		missing             []string // figures that cannot be drawn
	}{
		{"whole", names, wordings, nil},
		{"one template", names, wordings[:1], []string{"curves", "places", "ranks"}},
		{"one control", names[:2], wordings, []string{"curves", "tokens", "places", "coordinates", "ranks", "concept-cosines"}},
		{"two questions", names[:2], wordings[:1], []string{"curves", "tokens", "places", "coordinates", "scatter", "ranks", "concept-cosines"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			p := page(t, synthetic(t, c.concepts, c.templates, 1))
			var missing []string
			for _, f := range p.Summary.Figures {
				if f.Missing != "" {
					missing = append(missing, f.ID)
				}
			}
			if !slices.Equal(missing, c.missing) {
				t.Errorf("figures not drawn: want %v, have %v", c.missing, missing)
			}
			data, err := p.HTML()
			if err != nil {
				t.Fatal(err)
			}
			checkPage(t, data, c.missing)
		})
	}
}

// checkPage checks a page: tags that match, links and labels that lead
// somewhere, nothing from outside, no figure that is empty.
func checkPage(t *testing.T, data []byte, missing []string, more ...string) {
	t.Helper()
	for _, bad := range []string{"NaN", "Inf", "://", "@import", "url(", "%!", "ZgotmplZ", "<script>alert"} {
		if at := bytes.Index(data, []byte(bad)); at >= 0 {
			t.Errorf("want no %q, have it in %q", bad, data[max(0, at-60):min(len(data), at+60)])
		}
	}
	if err := wellFormed(data); err != nil {
		t.Error(err)
	}
	root, err := html.Parse(bytes.NewReader(data))
	if err != nil {
		t.Fatal(err)
	}
	ids := map[string]*html.Node{}
	for n := range root.Descendants() {
		if id := attr(n, "id"); id != "" {
			if ids[id] != nil {
				t.Errorf("id %q: want it once", id)
			}
			ids[id] = n
		}
	}
	for n := range root.Descendants() {
		for _, ref := range append(strings.Fields(attr(n, "aria-labelledby")), strings.TrimPrefix(attr(n, "href"), "#")) {
			if ref != "" && ref != "data:," && ids[ref] == nil {
				t.Errorf("%s: want an element with the id %q, have none", n.Data, ref)
			}
		}
		if attr(n, "src") != "" {
			t.Errorf("%s: want no src, have %q", n.Data, attr(n, "src"))
		}
	}
	for _, id := range append(more, figureIDs...) {
		f := ids[id]
		if f == nil || f.Data != "figure" {
			t.Errorf("figure %s: want it, have none", id)
			continue
		}
		checkFigure(t, f, slices.Contains(missing, id))
	}
}

// checkFigure checks that a figure has drawings with marks, a caption and a
// table, or says why not.
func checkFigure(t *testing.T, f *html.Node, missing bool) {
	t.Helper()
	count := map[string]int{}
	for n := range f.Descendants() {
		if n.Type != html.ElementNode {
			continue
		}
		count[n.Data]++
		if n.Data == "svg" {
			marks := 0
			for m := range n.Descendants() {
				if slices.Contains([]string{"rect", "circle", "polyline", "polygon"}, m.Data) {
					marks++
				}
			}
			if marks < 2 || attr(n, "role") != "img" {
				t.Errorf("figure %s: want marks in every drawing, have %d", attr(f, "id"), marks)
			}
		}
	}
	want := !missing
	for _, tag := range []string{"svg", "figcaption", "table", "title", "desc"} {
		if (count[tag] > 0) != want {
			t.Errorf("figure %s: want a %s: %v, have %d", attr(f, "id"), tag, want, count[tag])
		}
	}
}

// void are the elements without an end tag.
var void = []string{"meta", "link", "br", "hr", "img", "input"}

// wellFormed checks that every tag is closed in order, as the parser, which
// mends everything, does not.
func wellFormed(data []byte) error {
	z := html.NewTokenizer(bytes.NewReader(data))
	var open []string
	for {
		kind := z.Next()
		name, _ := z.TagName()
		tag := string(name)
		switch kind {
		case html.ErrorToken:
			if z.Err() != io.EOF {
				return z.Err()
			}
			if len(open) > 0 {
				return fmt.Errorf("tags: want all closed, have %v open", open)
			}
			return nil
		case html.StartTagToken:
			if !slices.Contains(void, tag) {
				open = append(open, tag)
			}
		case html.EndTagToken:
			if len(open) == 0 || open[len(open)-1] != tag {
				return fmt.Errorf("tags: want an end of %v, have </%s>", open, tag)
			}
			open = open[:len(open)-1]
		}
	}
}

func TestWellFormed(t *testing.T) {
	for text, good := range map[string]bool{
		"<p>a<br>b</p>": true, "<svg><rect/></svg>": true, "<p>": false, "<b><i></b></i>": false, "</p>": false,
	} {
		if err := wellFormed([]byte(text)); (err == nil) != good {
			t.Errorf("%s: want good %v, have %v", text, good, err)
		}
	}
}

func attr(n *html.Node, key string) string {
	for _, a := range n.Attr {
		if a.Key == key {
			return a.Val
		}
	}
	return ""
}

// TestSays holds that a planted direction is found, and that noise is not.
func TestSays(t *testing.T) {
	concepts, templates := slices.Clone(names), slices.Clone(wordings)
	for k := range 8 {
		concepts, templates = append(concepts, fmt.Sprint("Land ", k)), append(templates, fmt.Sprintf("Question %d about {concept}?", k))
	}
	for _, c := range []struct {
		shift   float32
		classes []string
		layers  []int // one of them looked at closer; nil: any
	}{
		{0.6, []string{"good"}, []int{1, 2, 3}},
		{0, []string{"poor"}, nil},
	} {
		p := page(t, synthetic(t, concepts, templates, c.shift))
		if !slices.Contains(c.classes, p.Class) || c.layers != nil && !slices.Contains(c.layers, p.Summary.Layer) {
			t.Errorf("shift %v: want one of %v at layers %v, have %s at %d: %s", c.shift, c.classes, c.layers, p.Class, p.Summary.Layer, p.Answer)
		}
	}
}

// TestRepeats holds that a page follows from the dataset and the options, and
// that the commands on it can be given to a shell.
func TestRepeats(t *testing.T) {
	r := synthetic(t, names, wordings, 1)
	a, err := page(t, r).HTML()
	if err != nil {
		t.Fatal(err)
	}
	b, err := page(t, r).HTML()
	if err != nil || !bytes.Equal(a, b) {
		t.Errorf("want the same page twice, have others, %v", err)
	}
	if want := `premlp report 'it'\''s' -o report.html`; !strings.Contains(html.UnescapeString(string(a)), want) {
		t.Errorf("want the command %s", want)
	}
}

func TestWrite(t *testing.T) {
	p, dir := &Page{Heading: "x"}, t.TempDir()
	size, err := p.Write(filepath.Join(dir, "report.html"))
	info, statErr := os.Stat(filepath.Join(dir, "report.html"))
	if err != nil || statErr != nil || info.Size() != int64(size) {
		t.Errorf("want a file of %d bytes, have %v, %v, %v", size, info, err, statErr)
	}
	if _, err := p.Write(filepath.Join(dir, "no", "report.html")); err == nil {
		t.Error("a folder that is not there: want an error, have none")
	}
	if list, _ := os.ReadDir(dir); len(list) != 1 {
		t.Errorf("want one file, have %v", list)
	}
}

func TestSite(t *testing.T) {
	_, err := Make(t.Context(), synthetic(t, names, wordings, 1), Options{Site: "nosuch"})
	if err == nil || !strings.Contains(err.Error(), `want one of [mlp_in], have "nosuch"`) {
		t.Errorf("have %v", err)
	}
}

// TestBadNumber holds that a drawing with a number that is none is refused.
func TestBadNumber(t *testing.T) {
	d := newDrawing(10, 10)
	d.circle("x", nan, 1, 1, "")
	if _, err := d.done("f", "title", "desc"); err == nil {
		t.Error("want an error, have none")
	}
}

func TestTicks(t *testing.T) {
	for _, c := range []struct {
		s    scale
		n    int
		want string
	}{
		{scale{low: 0.4, high: 1}, 7, "[0.4 0.5 0.6 0.7 0.8 0.9 1]"},
		{scale{low: 0, high: 10}, 5, "[0 2 4 6 8 10]"},
		{scale{low: -0.07, high: 0.11}, 5, "[-0.05 0 0.05 0.1]"},
	} {
		var have []string
		for _, v := range c.s.ticks(c.n) {
			have = append(have, short(v))
		}
		if fmt.Sprint(have) != c.want {
			t.Errorf("%v: want %s, have %v", c.s, c.want, have)
		}
	}
}

func TestRanges(t *testing.T) {
	for want, list := range map[string][]int{"": nil, "3": {3}, "0-2, 5, 7-8": {0, 1, 2, 5, 7, 8}} {
		if have := ranges(list); have != want {
			t.Errorf("want %q, have %q", want, have)
		}
	}
}

// TestClasses holds that every class a drawing uses has a rule in the style
// sheet.
func TestClasses(t *testing.T) {
	data, err := steeredPage(t).HTML()
	if err != nil {
		t.Fatal(err)
	}
	plain := []string{"dot"} // told by the class beside it
	for _, m := range regexp.MustCompile(`<(?:rect|circle|line|polyline|polygon|text) class="([^"]*)"`).FindAllSubmatch(data, -1) {
		for _, class := range strings.Fields(string(m[1])) {
			if !strings.Contains(pageCSS, "."+class) && !slices.Contains(plain, class) {
				t.Errorf("class %s: want a rule", class)
			}
		}
	}
}
