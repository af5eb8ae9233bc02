package report

import (
	"image/color"
	"strings"
)

// look is how a class is drawn in a picture: what page.css says of it in its
// light form.
type look struct {
	fill, stroke string // names of colours, "" for none
	opacity      float64
	width        float64
	dashes       []float64
}

// colours are the light ones of page.css.
var colours = map[string]color.NRGBA{
	"paper": {0xff, 0xff, 0xff, 0xff}, "ink": {0x1c, 0x21, 0x28, 0xff}, "soft": {0x57, 0x60, 0x6a, 0xff}, "line": {0xd8, 0xde, 0xe4, 0xff},
	"blue": {0x1f, 0x6f, 0xeb, 0xff}, "orange": {0xd4, 0x57, 0x0b, 0xff}, "green": {0x1a, 0x7f, 0x4b, 0xff},
	"violet": {0x82, 0x50, 0xdf, 0xff}, "grey": {0x6e, 0x77, 0x81, 0xff}, "none": {0xec, 0xef, 0xf2, 0xff},
	"amber": {0xd4, 0xa0, 0x17, 0xff}, "red": {0xd1, 0x48, 0x3c, 0xff}, // of cells alone
}

// looks are those of page.css. A text's classes are read by textLook.
var looks = map[string]look{
	"grid":   {stroke: "line", width: 1},
	"rule":   {stroke: "soft", width: 1},
	"chance": {stroke: "soft", width: 1, dashes: []float64{2, 3}},

	"main":    {stroke: "blue", width: 2.6},
	"other-0": {stroke: "violet", width: 1.6},
	"other-1": {stroke: "green", width: 1.6},
	"other-2": {stroke: "soft", width: 1.6},
	"null-a":  {stroke: "orange", width: 1.5, dashes: []float64{1, 4}},
	"null-b":  {stroke: "orange", width: 1.5, dashes: []float64{7, 4}},
	"null-c":  {stroke: "grey", width: 1.5, dashes: []float64{10, 3, 2, 3}},
	"null-d":  {stroke: "green", width: 1.5, dashes: []float64{4, 3}},
	"target":  {stroke: "blue", width: 1.8},
	"control": {stroke: "grey", width: 5, opacity: 0.5},
	"ribbon":  {fill: "blue", opacity: 0.2},
	"band":    {fill: "grey", opacity: 0.25},

	"good": {fill: "green", opacity: 0.45},
	"fair": {fill: "amber", opacity: 0.45},
	"same": {fill: "grey", opacity: 0.35},
	"poor": {fill: "red", opacity: 0.4},
	"none": {fill: "none", stroke: "line", width: 1, dashes: []float64{2, 2}},
	"up":   {fill: "orange"},
	"down": {fill: "blue"},

	"point": {fill: "grey", opacity: 0.55}, "point own": {fill: "blue"},
	"stem": {stroke: "line", width: 2}, "stem own": {stroke: "blue", width: 2},
	"bar": {fill: "grey", opacity: 0.6}, "bar own": {fill: "blue"},
}

// lookOf is a class's look: a dot has the colour of its line.
func lookOf(class string) (look, bool) {
	line, dot := strings.CutSuffix(class, " dot")
	l, ok := looks[line]
	if dot {
		l = look{fill: l.stroke}
	}
	if l.opacity == 0 {
		l.opacity = 1
	}
	return l, ok
}

// letters is a text's look.
type letters struct {
	size   float64 // in units
	bold   bool
	colour string
	anchor float64 // the part of the text that stands before its place
}

func textLook(class string) letters {
	l := letters{size: 12, colour: "ink"}
	for word := range strings.FieldsSeq(class) {
		switch word {
		case "middle":
			l.anchor = 0.5
		case "end":
			l.anchor = 1
		case "tick", "axis":
			l.colour = "soft"
		case "name":
			l.size, l.colour = 11, "soft"
		case "mark":
			l.size, l.bold = 14, true
		case "strong":
			l.bold, l.colour = true, "ink"
		}
	}
	return l
}
