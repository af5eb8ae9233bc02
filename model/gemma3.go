package model

import "premlp/layers"

// gemma3 is the text model of Gemma 3: Gemma 2's block without bounds, with a
// norm on each head's queries and keys, and two rotary embeddings: one for the
// blocks with a sliding window, one for the others. Gemma Team, "Gemma 3", 2025.
var gemma3 = &arch{
	class:  "Gemma3ForCausalLM",
	gguf:   []*ggufArch{gemma3GGUF},
	config: gemma3Config,
	build: func(g *layers.Graph, c *Config) {
		scores := c.extra.(gemmaScores)
		norms, qk := gemmaNorms, gemmaNorm(c)
		norms.change = func(a *layers.Attention) { a.Scale, a.SoftCap, a.QKNorm = scores.scale, scores.attention, &qk }
		f := gemmaFrame(c, normedBlock(gemmaNorm(c), norms))
		f.logitCap = scores.logitCap
		decoder(g, c, f)
	},
}

// gemma3Config reads Gemma 3's config.json, whose rotary parameters are one
// object for each kind of block, or rope_theta and rope_scaling for the one and
// rope_local_base_freq for the other.
func gemma3Config(c *Config, k *keys) {
	gemmaConfig(c, k)
	every := k.integerOr("sliding_window_pattern", k.integerOr("_sliding_window_pattern", 6, 1, maxLayers), 1, maxLayers)
	local := layers.Rope{}
	if p := k.object("rope_parameters"); p != nil {
		for _, kind := range []string{"sliding_attention", "full_attention"} { // the last is the config's
			if of := p.object(kind); of != nil {
				c.readRope(k, of, 10000)
				p.join(of)
			} else {
				p.fail(kind, "its parameters")
			}
			if kind == "sliding_attention" {
				local = c.Rope
			}
		}
		k.join(p)
	} else {
		c.rope(k)
		local = layers.Rope{Inverse: layers.RopeFrequencies(k.float("rope_local_base_freq", 10000, 0), c.HeadDim), Factor: 1}
	}
	c.slidingBlocks(k, func(i int) bool { return (i+1)%every != 0 })
	for i := range c.Blocks {
		if c.Blocks[i].Window > 0 {
			c.Blocks[i].Rope = &local
		}
	}
	c.extra = readGemmaScores(k, c)
}
