package drawing

import (
	"bytes"
	"fmt"
	"strings"
)

// DOT returns the picture in Graphviz's language.
func (p *Picture) DOT() []byte {
	var w bytes.Buffer
	fmt.Fprintf(&w, "digraph %s {\n", quote(p.Title))
	fmt.Fprintf(&w, "\tlabel=%s;\n\tlabelloc=t;\n\tfontname=\"sans-serif\";\n", quote(p.Title))
	fmt.Fprintln(&w, "\tnode [shape=box, style=\"rounded,filled\", fontname=\"sans-serif\", fontsize=11];")
	fmt.Fprintln(&w, "\tedge [arrowsize=0.7];")
	block := ""
	nodes := p.nodes()
	for i := range nodes {
		n := &nodes[i]
		if n.Block != block {
			if block != "" {
				fmt.Fprintln(&w, "\t}")
			}
			if block = n.Block; block != "" {
				fmt.Fprintf(&w, "\tsubgraph %s {\n\tlabel=%s;\n", quote("cluster_"+block), quote(block))
			}
		}
		style := ""
		if n.outer {
			style = `, style="rounded,dashed"`
		}
		fmt.Fprintf(&w, "\t%s [label=%s, fillcolor=\"%s\"%s];\n", quote(n.Key), quote(strings.Join(append(n.lines(), n.tags()...), "\n")), n.colour(), style)
	}
	if block != "" {
		fmt.Fprintln(&w, "\t}")
	}
	for _, n := range nodes {
		for _, in := range n.Inputs {
			fmt.Fprintf(&w, "\t%s -> %s;\n", quote(in), quote(n.Key))
		}
	}
	fmt.Fprintln(&w, "}")
	return w.Bytes()
}

// quote writes a string of the language: a backslash stands for itself but before a
// quote, and \n breaks a label's line.
func quote(s string) string {
	return `"` + strings.NewReplacer(`\`, `\\`, `"`, `\"`, "\n", `\n`).Replace(s) + `"`
}
