package report

import (
	"bytes"
	"encoding/xml"
	"errors"
	"fmt"
	"image/png"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// TestDraw holds that every drawing of a page becomes a PNG with marks in
// several colours and an SVG that parses and says what it shows.
func TestDraw(t *testing.T) {
	p, dir := steeredPage(t), filepath.Join(t.TempDir(), "pictures")
	files, err := p.Draw(dir)
	if err != nil {
		t.Fatal(err)
	}
	want := 0
	for _, s := range p.Sections {
		for _, f := range s.Figures {
			want += 2 * len(f.Panels)
		}
	}
	if list, _ := os.ReadDir(dir); len(files) != want || len(list) != want {
		t.Errorf("want %d files, have %d and %d in the folder", want, len(files), len(list))
	}
	for _, file := range files {
		data, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		if filepath.Ext(file) == ".svg" {
			err = checkSVG(data)
		} else {
			err = checkPNG(data)
		}
		if err != nil {
			t.Errorf("%s: %v", file, err)
		}
	}
}

func checkSVG(data []byte) error {
	d, seen := xml.NewDecoder(bytes.NewReader(data)), map[string]int{}
	for {
		token, err := d.Token()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return err
		}
		if e, ok := token.(xml.StartElement); ok {
			seen[e.Name.Local]++
		}
	}
	for _, name := range []string{"title", "desc", "path", "text"} {
		if seen[name] == 0 {
			return fmt.Errorf("want a %s, have %v", name, seen)
		}
	}
	return nil
}

func checkPNG(data []byte) error {
	picture, err := png.Decode(bytes.NewReader(data))
	if err != nil {
		return err
	}
	b, count := picture.Bounds(), map[[3]uint32]int{}
	for y := b.Min.Y; y < b.Max.Y; y++ {
		for x := b.Min.X; x < b.Max.X; x++ {
			r, g, b, _ := picture.At(x, y).RGBA()
			count[[3]uint32{r >> 12, g >> 12, b >> 12}]++
		}
	}
	all := b.Dx() * b.Dy()
	if drawn := all - count[[3]uint32{15, 15, 15}]; len(count) < 8 || drawn < all/100 || drawn > all*9/10 {
		return fmt.Errorf("want a drawing on white, have %d colours and %d of %d dots drawn", len(count), drawn, all)
	}
	return nil
}

// TestLooks holds that every class has a look, and that the colours are those of
// the style sheet.
func TestLooks(t *testing.T) {
	for _, s := range steeredPage(t).Sections {
		for _, f := range s.Figures {
			for _, p := range f.Panels {
				for _, m := range p.drawing.marks {
					if _, ok := lookOf(m.class); !ok && m.kind != textMark {
						t.Errorf("%s: class %q: want a look", f.ID, m.class)
					}
				}
			}
		}
	}
	light := strings.Join(regexp.MustCompile(`(?s)^:root \{(.*?)\}`).FindStringSubmatch(pageCSS), "")
	for name, c := range colours {
		want := fmt.Sprintf("#%02x%02x%02x", c.R, c.G, c.B)
		if name == "amber" || name == "red" {
			light += pageCSS
		}
		if want == "#ffffff" {
			want = "#fff"
		}
		if !strings.Contains(light, want) {
			t.Errorf("%s: want %s in the style sheet", name, want)
		}
	}
}
