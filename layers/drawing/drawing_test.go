package drawing

import (
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"math"
	"slices"
	"strings"
	"testing"

	"gonum.org/v1/gonum/graph/formats/dot"
	"gonum.org/v1/gonum/graph/formats/dot/ast"

	"premlp/layers"
)

// chain is a model of blocks whose nodes have names that pictures must escape.
func chain(blocks int) []layers.Node {
	nodes := []layers.Node{{Key: `emb"ed<&>\n`, Name: `emb"ed<&>\n`, Kind: "embedding", Shape: "[T, 8]", Batch: true}}
	x := nodes[0].Key
	for i := range blocks {
		path := fmt.Sprintf("layers.%d", i)
		add := func(name, kind string, weights int, inputs ...string) string {
			n := layers.Node{Key: path + "." + name, Name: name, Block: path, Layer: i, Kind: kind, Shape: "[T, 8]", Inputs: inputs}
			for range weights {
				n.Weights = append(n.Weights, layers.NodeWeight{Shape: []int{8, 8}, Type: "F32"})
			}
			if kind == "add" {
				n.Points = []layers.Point{{Site: layers.ResidPost, Layer: i}}
			}
			nodes = append(nodes, n)
			return n.Key
		}
		norm := add("norm", "rmsnorm", 0, x)
		q, k, v := add("q", "linear", 1, norm), add("k", "linear", 1, norm), add("v", "linear", 1, norm)
		attn := add("attn", "attention", 0, add("q_rope", "rope", 0, q), add("k_rope", "rope", 0, k), v)
		x = add("add", "add", 0, x, add("experts", "experts", 3, attn))
	}
	return nodes
}

func TestDOTIsRead(t *testing.T) {
	p := Picture{Title: `a "title" \`, Nodes: chain(2)}
	file, err := dot.ParseBytes(p.DOT())
	if err != nil {
		t.Fatalf("%v in %s", err, p.DOT())
	}
	var nodes, edges, clusters int
	var count func(list []ast.Stmt)
	count = func(list []ast.Stmt) {
		for _, s := range list {
			switch s := s.(type) {
			case *ast.NodeStmt:
				nodes++
			case *ast.EdgeStmt:
				edges++
			case *ast.Subgraph:
				clusters++
				count(s.Stmts)
			}
		}
	}
	count(file.Graphs[0].Stmts)
	if nodes != 1+2*9 || edges != 2*12 || clusters != 2 {
		t.Errorf("want 19 nodes, 24 edges, 2 clusters, have %d, %d, %d", nodes, edges, clusters)
	}
	if label := `"experts\nexperts [T, 8]\n3 weights, the first [8, 8] F32"`; !strings.Contains(string(p.DOT()), label) {
		t.Errorf("want %s in %s", label, p.DOT())
	}
}

func TestSVGIsWellFormed(t *testing.T) {
	p := Picture{Title: "a <title>", Nodes: chain(3)}
	var titles []string
	paths := 0
	for d := xml.NewDecoder(strings.NewReader(string(p.SVG()))); ; {
		token, err := d.Token()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		switch e := token.(type) {
		case xml.StartElement:
			if e.Name.Local == "path" {
				paths++
			}
			if e.Name.Local == "title" {
				var text string
				if err := d.DecodeElement(&text, &e); err != nil {
					t.Fatal(err)
				}
				titles = append(titles, text)
			}
		}
	}
	if len(titles) != 1+3*9 || titles[0] != `emb"ed<&>\n` || paths != 1+3*12 {
		t.Errorf("want 28 titles and 37 paths, have %d and %d", len(titles), paths)
	}
}

func TestOneBlock(t *testing.T) {
	p := Picture{Nodes: chain(3), Block: "layers.1"}
	var keys []string
	for _, n := range p.nodes() {
		keys = append(keys, n.Key)
		if n.outer != (n.Key == "layers.0.add") {
			t.Errorf("%s: outer is %v", n.Key, n.outer)
		}
	}
	if len(keys) != 10 || !slices.Contains(keys, "layers.0.add") {
		t.Errorf("want the block's nodes and what they read, have %v", keys)
	}
}

// TestLayout: boxes and edges on their way keep apart, in ranks from inputs on, and
// within the picture.
func TestLayout(t *testing.T) {
	p := Picture{Nodes: chain(4)}
	l := newLayout(p.nodes())
	bottom := 0.0
	for i, rank := range l.ranks {
		below := bottom
		for j, p := range rank {
			if j > 0 {
				if q := rank[j-1]; p.x-p.width/2 < q.x+q.width/2+gapAcross-1e-6 {
					t.Errorf("rank %d: places %d and %d overlap", i, j-1, j)
				}
			}
			if p.y-p.height/2 < below || p.x-p.width/2 < margin-1e-6 || p.x+p.width/2 > l.width-margin+1e-6 || p.y+p.height/2 > l.height {
				t.Errorf("rank %d: place %d is outside: %+v", i, j, p)
			}
			bottom = max(bottom, p.y+p.height/2)
			for _, q := range p.up {
				if q.rank != p.rank-1 {
					t.Errorf("an edge from rank %d to %d", q.rank, p.rank)
				}
			}
		}
	}
	if len(l.ranks) != 1+4*6 {
		t.Errorf("want 25 ranks, have %d", len(l.ranks))
	}
	// What everything passes through is near one line.
	axis := l.points["layers.0.norm"].x
	for key, p := range l.points {
		if strings.HasSuffix(key, ".norm") && math.Abs(p.x-axis) > 30 {
			t.Errorf("%s: want it near %v, have %v", key, axis, p.x)
		}
	}
}
