package report

import (
	"bytes"
	"encoding/base64"
	"flag"
	"fmt"
	"image"
	"image/color"
	"image/png"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

var update = flag.Bool("update", false, "write the pictures that screenshots are compared with")

// maxBytes and maxLoad bound a page; on an idle machine it opens in a fifth of
// the time.
const (
	maxBytes = 3 << 20
	maxLoad  = 3000 // ms
)

// drawn is a drawing of the page as the browser has it.
type drawn struct {
	ID     string
	Box    box
	Letter float64 // height of the smallest text's font, in pixels
}

// listDrawings lists the drawings that are shown.
const listDrawings = `Array.from(document.querySelectorAll(".panel svg")).filter(s => s.getClientRects().length).map(s => {
	const r = s.getBoundingClientRect(), scale = r.width / s.viewBox.baseVal.width;
	return {ID: s.querySelector("title").id.replace(/-t$/, ""), Letter: scale * 11,
		Box: {X: r.left + scrollX, Y: r.top + scrollY, Width: r.width, Height: r.height}};
})`

// TestBrowser loads a page in headless Chromium, light and dark, wide and
// narrow: a silent console, nothing wider than the screen, every drawing drawn
// and its text large enough.
func TestBrowser(t *testing.T) {
	b, file := startChromium(t), filepath.Join(t.TempDir(), "report.html")
	p := steeredPage(t)
	size, err := p.Write(file)
	if err != nil {
		t.Fatal(err)
	}
	if size > maxBytes {
		t.Errorf("want at most %d bytes, have %d", maxBytes, size)
	}
	want := 0
	for _, s := range p.Sections {
		for _, f := range s.Figures {
			if want++; f.Choose == "" {
				want += len(f.Panels) - 1
			}
		}
	}
	for _, scheme := range []string{"light", "dark"} {
		for _, width := range []int{1280, 390} {
			t.Run(fmt.Sprint(scheme, " ", width), func(t *testing.T) {
				b.t = t
				b.console = nil
				b.open(file, width, scheme)
				var load, wide float64
				b.eval("performance.getEntriesByType('navigation')[0].domContentLoadedEventEnd", &load)
				t.Logf("opened in %.0f ms", load)
				if load > maxLoad {
					t.Errorf("want it open in %d ms, have %.0f", maxLoad, load)
				}
				if b.eval("document.documentElement.scrollWidth", &wide); wide > float64(width) {
					t.Errorf("want a page as wide as the screen, have %.0f", wide)
				}
				var list []drawn
				if b.eval(listDrawings, &list); len(list) != want {
					t.Errorf("want %d drawings, have %d", want, len(list))
				}
				for _, d := range list {
					if d.Letter < 7.9 {
						t.Errorf("%s: want text of 8 pixels or more, have %.1f", d.ID, d.Letter)
					}
					if err := hasDrawing(b.shot(d.Box)); err != nil {
						t.Errorf("%s: %v", d.ID, err)
					}
				}
				for _, said := range b.console {
					t.Errorf("want a silent console, have %s", said)
				}
			})
		}
	}
	b.t = t
}

// hasDrawing says whether a picture is more than its background and text.
func hasDrawing(p image.Image) error {
	count := map[color.Color]int{}
	most := 0
	for y := range p.Bounds().Dy() {
		for x := range p.Bounds().Dx() {
			c := p.At(x, y)
			count[c]++
			most = max(most, count[c])
		}
	}
	all := p.Bounds().Dx() * p.Bounds().Dy()
	if len(count) < 10 || all-most < all/100 {
		return fmt.Errorf("want a drawing, have %d colours and %d of %d pixels that are not background", len(count), all-most, all)
	}
	return nil
}

// TestKeyboard reaches every drawing, list and table with Tab and a single value
// with the arrow keys.
func TestKeyboard(t *testing.T) {
	b, file := startChromium(t), filepath.Join(t.TempDir(), "report.html")
	if _, err := steeredPage(t).Write(file); err != nil {
		t.Fatal(err)
	}
	b.open(file, 1280, "light")
	var want map[string]int
	b.eval(`Array.from(document.querySelectorAll(".panel svg, select, summary, a, pre")).filter(e => e.getClientRects().length)
		.reduce((n, e) => ({...n, [e.tagName]: (n[e.tagName] || 0) + 1}), {})`, &want)
	seen := map[string]bool{}
	for range 200 {
		b.key("Tab", 9)
		var at struct{ Kind, Name string }
		b.eval(`(e => ({Kind: e.tagName, Name: e.tagName + " " + Array.from(document.querySelectorAll("*")).indexOf(e)}))(document.activeElement)`, &at)
		if at.Kind == "BODY" || seen[at.Name] {
			break // behind the last
		}
		seen[at.Name] = true
	}
	reached := map[string]int{}
	for name := range seen {
		kind, _, _ := strings.Cut(name, " ")
		reached[kind]++
	}
	for kind, n := range want {
		if reached[kind] != n {
			t.Errorf("want %d places of kind %s reached with Tab, have %d", n, kind, reached[kind])
		}
	}
	b.eval(`document.querySelector("#places svg").focus()`, nil)
	var first, second string
	b.key("ArrowDown", 40)
	b.eval(`document.getElementById("tip").textContent`, &first)
	b.key("ArrowDown", 40)
	b.eval(`document.getElementById("tip").textContent`, &second)
	if first == "" || first == second {
		t.Errorf("arrow keys: want one value after the other, have %q and %q", first, second)
	}
}

// TestSpoken holds that the tree that screen readers read has every drawing as
// an image with a name and a description.
func TestSpoken(t *testing.T) {
	b, file := startChromium(t), filepath.Join(t.TempDir(), "report.html")
	if _, err := steeredPage(t).Write(file); err != nil {
		t.Fatal(err)
	}
	b.open(file, 1280, "light")
	var tree struct {
		Nodes []struct {
			Ignored    bool
			Role, Name struct{ Value any }
		}
	}
	b.call("Accessibility.getFullAXTree", nil, &tree)
	var list []drawn
	b.eval(listDrawings, &list)
	images := 0
	for _, n := range tree.Nodes {
		if n.Role.Value == "image" && !n.Ignored {
			images++
			if name, _ := n.Name.Value.(string); len(name) < 20 {
				t.Errorf("image: want a name that says what is seen, have %q", name)
			}
		}
	}
	if images != len(list) {
		t.Errorf("want %d images, have %d", len(list), images)
	}
	var printed struct{ Data string }
	b.call("Page.printToPDF", map[string]any{"preferCSSPageSize": true}, &printed)
	pdf, err := base64.StdEncoding.DecodeString(printed.Data)
	if err != nil || !bytes.HasPrefix(pdf, []byte("%PDF")) || len(pdf) < 20000 {
		t.Errorf("printed: want a PDF, have %d bytes, %v", len(pdf), err)
	}
}

// TestScreenshots compares each drawing, without its text, whose font differs
// from machine to machine, with what it was when it was looked at: fields of 8
// pixels in grey. -update writes what they are now.
func TestScreenshots(t *testing.T) {
	b, file := startChromium(t), filepath.Join(t.TempDir(), "report.html")
	if _, err := steeredPage(t).Write(file); err != nil {
		t.Fatal(err)
	}
	b.open(file, 1280, "light")
	b.eval(`document.head.append(Object.assign(document.createElement("style"), {textContent: "svg text { visibility: hidden }"}))`, nil)
	var list []drawn
	b.eval(listDrawings, &list)
	for _, d := range list {
		have, path := fields(b.shot(d.Box)), filepath.Join("testdata", "screenshots", d.ID+".png")
		if *update {
			var data bytes.Buffer
			if err := png.Encode(&data, have); err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(path, data.Bytes(), 0o644); err != nil {
				t.Fatal(err)
			}
			continue
		}
		data, err := os.ReadFile(path)
		if err != nil {
			t.Error(err)
			continue
		}
		want, err := png.Decode(bytes.NewReader(data))
		if err != nil {
			t.Fatal(err)
		}
		if err := alike(want.(*image.Gray), have); err != nil {
			t.Errorf("%s: %v", d.ID, err)
		}
	}
}

// fields are the means of 8 × 8 pixels in grey.
func fields(p image.Image) *image.Gray {
	const side = 8
	b := p.Bounds()
	g := image.NewGray(image.Rect(0, 0, b.Dx()/side, b.Dy()/side))
	for y := range g.Rect.Dy() {
		for x := range g.Rect.Dx() {
			sum := 0
			for k := range side * side {
				sum += int(color.GrayModel.Convert(p.At(b.Min.X+side*x+k%side, b.Min.Y+side*y+k/side)).(color.Gray).Y)
			}
			g.SetGray(x, y, color.Gray{Y: uint8(sum / side / side)})
		}
	}
	return g
}

// alike refuses pictures of which more than one field in 200 differs by more
// than 12 of 255, or whose sizes differ by more than a field.
func alike(a, b *image.Gray) error {
	w, h := min(a.Rect.Dx(), b.Rect.Dx()), min(a.Rect.Dy(), b.Rect.Dy())
	if a.Rect.Dx()-w+b.Rect.Dx()-w > 1 || a.Rect.Dy()-h+b.Rect.Dy()-h > 1 {
		return fmt.Errorf("want a picture of %v fields, have %v", a.Rect.Size(), b.Rect.Size())
	}
	other := 0
	for y := range h {
		for x := range w {
			if math.Abs(float64(a.GrayAt(x, y).Y)-float64(b.GrayAt(x, y).Y)) > 12 {
				other++
			}
		}
	}
	if other > w*h/200 {
		return fmt.Errorf("want the picture it was, have %d of %d fields that differ", other, w*h)
	}
	return nil
}
