package layers

import (
	"fmt"
	"slices"
)

// Site names a place in a transformer block where activations can be read.
type Site string

// The sites, in the order of computation inside a block.
const (
	// ResidPre is the block's input, the residual stream before it.
	ResidPre Site = "resid_pre"
	// ResidMid is the residual stream after attention was added.
	ResidMid Site = "resid_mid"
	// MLPIn is the tensor the MLP's first product reads: after the norm, its
	// weight and any offset. In Hugging Face terms, the input of the block's
	// mlp module.
	MLPIn Site = "mlp_in"
	// MLPOut is what the MLP module returns, before any norm behind it and
	// before the residual is added.
	MLPOut Site = "mlp_out"
	// ResidPost is the block's output; that of block i is ResidPre of i+1.
	ResidPost Site = "resid_post"
	// Router is the choice of a mixture's router: the numbers of the experts
	// chosen for a token, ascending, then their weights. Only blocks with such a
	// mixture have it; its rows are not of the model's width.
	Router Site = "router"
	// Logits are the vocabulary scores; they belong to no block.
	Logits Site = "logits"
)

// BlockSites lists the sites of a block in the order of computation.
var BlockSites = []Site{ResidPre, ResidMid, MLPIn, MLPOut, ResidPost}

// ParseSite returns the block site of that name.
func ParseSite(name string) (Site, error) {
	all := append(BlockSites[:len(BlockSites):len(BlockSites)], Router)
	if s := Site(name); slices.Contains(all, s) {
		return s, nil
	}
	return "", fmt.Errorf("site %q: want one of %v", name, all)
}

// Point is a site of one layer. The layer of [Logits] is 0.
type Point struct {
	Site  Site
	Layer int
}

// String returns the point's name in files: "mlp_in.3", or "logits".
func (p Point) String() string {
	if p.Site == Logits {
		return string(Logits)
	}
	return fmt.Sprintf("%s.%d", p.Site, p.Layer)
}
