package main

import (
	"fmt"
	"path/filepath"
	"slices"
	"strings"

	"github.com/google/renameio/v2/maybe"
	"github.com/spf13/cobra"

	"premlp/layers"
	"premlp/layers/drawing"
	"premlp/model"
)

// inspectFlags are the flags of inspect.
type inspectFlags struct {
	graph string
	block int
}

// check refuses a picture of another kind and a block without a picture.
func (f *inspectFlags) check(c *cobra.Command) error {
	switch ext := strings.ToLower(filepath.Ext(f.graph)); {
	case f.graph == "" && c.Flags().Changed("block"):
		return usagef("--block: want --graph too")
	case f.graph != "" && ext != ".svg" && ext != ".dot":
		return usagef("--graph: want a file that ends in .svg or .dot, have %q", f.graph)
	}
	return checkFolder(f.graph)
}

// draw draws the model's graph.
func (f *inspectFlags) draw(c *cobra.Command, m *model.Model) error {
	nodes, err := m.Nodes()
	if err != nil {
		return err
	}
	p := drawing.Picture{Title: m.Config().Architecture, Nodes: nodes}
	if c.Flags().Changed("block") {
		if n := m.Config().Layers; f.block < 0 || f.block >= n {
			return usagef("--block: want from 0 to %d, have %d", n-1, f.block)
		}
		i := slices.IndexFunc(nodes, func(n layers.Node) bool { return n.Block != "" && n.Layer == f.block })
		if i < 0 {
			return fmt.Errorf("--block: want a block of the graph, have %d", f.block)
		}
		p.Block = nodes[i].Block
		p.Title += ", " + p.Block
	}
	picture := p.SVG
	if strings.EqualFold(filepath.Ext(f.graph), ".dot") {
		picture = p.DOT
	}
	return maybe.WriteFile(f.graph, picture(), 0o644)
}
