package model

import (
	"os"
	"path/filepath"
	"testing"

	"premlp/layers"
)

// TestEveryKindIsCounted: the flops of every op of every architecture are known.
func TestEveryKindIsCounted(t *testing.T) {
	dirs, err := os.ReadDir("testdata/arch")
	if err != nil {
		t.Fatal(err)
	}
	own := map[string]bool{"linear": true, "attention": true, "experts": true, "route": true}
	for _, d := range dirs {
		m, err := Open(filepath.Join("testdata/arch", d.Name()))
		if err != nil {
			t.Fatal(err)
		}
		nodes, err := m.Nodes()
		if err != nil {
			t.Fatal(err)
		}
		blocks := map[string]bool{}
		for _, n := range nodes {
			if _, ok := layers.FlopPerValue(n.Kind, len(n.Inputs)); !ok && !own[n.Kind] {
				t.Errorf("%s: %s: no flops for kind %q", d.Name(), n.Key, n.Kind)
			}
			if n.Block != "" {
				blocks[n.Block] = true
			}
		}
		if len(blocks) != m.Config().Layers {
			t.Errorf("%s: want %d blocks, have %v", d.Name(), m.Config().Layers, blocks)
		}
		if err := m.Close(); err != nil {
			t.Fatal(err)
		}
	}
}
