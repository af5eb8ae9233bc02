package model

import "premlp/layers"

// smollm3 is SmolLM3: Llama's block without a rotary embedding in every fourth
// block. Hugging Face, "SmolLM3", 2025; Yang et al., "RoPE to NoRoPE and back
// again", 2025.
var smollm3 = &arch{
	class: "SmolLM3ForCausalLM",
	gguf:  []*ggufArch{smollm3GGUF},
	config: func(c *Config, k *keys) {
		llamaConfig(c, k)
		slides := k.flag("use_sliding_window", false)
		k.ignore("max_window_layers")
		if slides {
			c.slidingBlocks(k, always)
		} else {
			k.ignore("sliding_window")
			c.slidingBlocksOf(k, 0)
		}
		every := k.integerOr("no_rope_layer_interval", 4, 1, maxLayers)
		rotated := k.integers("no_rope_layers", c.Layers, 0, 1)
		for i := range c.Blocks {
			if rotated != nil && rotated[i] == 0 || rotated == nil && (i+1)%every == 0 {
				c.Blocks[i].Rope = nil
			}
		}
	},
	build: func(g *layers.Graph, c *Config) { decoder(g, c, llamaFrame(c)) },
}
