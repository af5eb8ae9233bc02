package drawing

import (
	"bytes"
	"encoding/xml"
	"fmt"
	"io"
	"strings"
)

// SVG returns the picture as an SVG document.
func (p *Picture) SVG() []byte {
	nodes := p.nodes()
	l := newLayout(nodes)
	l.width = max(l.width, letter*1.3*float64(len(p.Title))+2*margin)
	var w bytes.Buffer
	fmt.Fprintf(&w, `<svg xmlns="http://www.w3.org/2000/svg" width="%.0f" height="%.0f" viewBox="0 0 %.0f %.0f" font-family="Helvetica, Arial, sans-serif" font-size="12">`+"\n",
		l.width, l.height, l.width, l.height)
	fmt.Fprintln(&w, `<defs><marker id="arrow" viewBox="0 0 8 8" refX="7.5" refY="4" markerWidth="7" markerHeight="7" orient="auto"><path d="M0 0.5 L8 4 L0 7.5 z" fill="#555"/></marker></defs>`)
	fmt.Fprintf(&w, `<rect width="%.0f" height="%.0f" fill="white"/>`+"\n", l.width, l.height)
	fmt.Fprintf(&w, `<text x="%d" y="%d" font-size="16" font-weight="bold">%s</text>`+"\n", margin, margin+4, escape(p.Title))
	l.blocks(&w)
	for _, path := range l.paths {
		edge(&w, path)
	}
	for i := range nodes {
		l.points[nodes[i].Key].box(&w)
	}
	fmt.Fprintln(&w, "</svg>")
	return w.Bytes()
}

// blocks draws a band behind the nodes of every block.
func (l *layout) blocks(w io.Writer) {
	var order []string
	top, bottom := map[string]float64{}, map[string]float64{}
	for _, p := range l.all() {
		if p.node == nil || p.node.Block == "" {
			continue
		}
		name := p.node.Block
		if _, ok := top[name]; !ok {
			order = append(order, name)
			top[name] = p.y
		}
		top[name], bottom[name] = min(top[name], p.y-p.height/2), max(bottom[name], p.y+p.height/2)
	}
	for _, name := range order {
		const around = gapDown/2 - 3
		fmt.Fprintf(w, `<rect x="8" y="%.1f" width="%.1f" height="%.1f" rx="8" fill="#fafafa" stroke="#bbb"/>`+"\n",
			top[name]-around, l.width-16, bottom[name]-top[name]+2*around)
		fmt.Fprintf(w, `<text x="16" y="%.1f" font-size="11" fill="#666">%s</text>`+"\n", top[name]-around+14, escape(name))
	}
}

// edge draws an edge through its points, straight down at each.
func edge(w io.Writer, path []*point) {
	var d strings.Builder
	for i, p := range path {
		above, below := p.y-p.height/2, p.y+p.height/2
		if i == 0 {
			fmt.Fprintf(&d, "M%.1f %.1f", p.x, below)
			continue
		}
		before := path[i-1]
		from := before.y + before.height/2
		middle := (from + above) / 2
		fmt.Fprintf(&d, " C%.1f %.1f %.1f %.1f %.1f %.1f", before.x, middle, p.x, middle, p.x, above)
		if p.node == nil {
			fmt.Fprintf(&d, " L%.1f %.1f", p.x, below)
		}
	}
	fmt.Fprintf(w, `<path d="%s" fill="none" stroke="#555" marker-end="url(#arrow)"/>`+"\n", d.String())
}

// box draws a node.
func (p *point) box(w io.Writer) {
	n := p.node
	dashes := ""
	if n.outer {
		dashes = ` stroke-dasharray="4 3"`
	}
	left, top := p.x-p.width/2, p.y-p.height/2
	fmt.Fprintf(w, `<g><title>%s</title><rect x="%.1f" y="%.1f" width="%.1f" height="%.1f" rx="5" fill="%s" stroke="#555"%s/>`,
		escape(n.Key), left, top, p.width, p.height, n.colour(), dashes)
	y := top + padding + 8
	for i, text := range n.lines() {
		style := ` fill="#333" font-size="11"`
		if i == 0 {
			style = ` font-weight="bold"`
		}
		fmt.Fprintf(w, `<text x="%.1f" y="%.1f" text-anchor="middle"%s>%s</text>`, p.x, y, style, escape(text))
		y += line
	}
	x := left + padding
	for _, text := range n.tags() {
		width := tagWidth(text)
		fmt.Fprintf(w, `<rect x="%.1f" y="%.1f" width="%.1f" height="%d" rx="7" fill="#b3261e"/>`, x, y-9, width, line)
		fmt.Fprintf(w, `<text x="%.1f" y="%.1f" text-anchor="middle" font-size="10.5" fill="white">%s</text>`, x+width/2, y+2, escape(text))
		x += width + 4
	}
	fmt.Fprintln(w, "</g>")
}

// escape writes text for XML.
func escape(s string) string {
	var b strings.Builder
	_ = xml.EscapeText(&b, []byte(s)) // a Builder takes everything
	return b.String()
}
