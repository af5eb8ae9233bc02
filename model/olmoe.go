package model

import "premlp/layers"

// olmoe is OLMoE: a mixture of experts with one norm on all queries and on all
// keys. Muennighoff et al., "OLMoE", 2024.
var olmoe = &arch{
	class: "OlmoeForCausalLM",
	gguf:  []*ggufArch{olmoeGGUF},
	config: func(c *Config, k *keys) {
		olmo2Config(c, k)
		c.experts(k, "num_experts", "")
		c.expertsNormed = k.flag("norm_topk_prob", false)
		c.extra = float32(k.float("clip_qkv", 0, 0))
	},
	build: func(g *layers.Graph, c *Config) {
		norm := layers.Norm{Eps: c.NormEps}
		f := llamaFrame(c)
		f.block = normedBlock(norm, blockNorms{
			attention: "input_layernorm", mlp: "post_attention_layernorm",
			change: func(a *layers.Attention) { a.QKNorm, a.NormWhole, a.Clip = &norm, true, c.extra.(float32) },
			mlpOf:  mixtureMLP(func(c *Config) layers.Route { return layers.SoftmaxRoute(c.ExpertsChosen, c.expertsNormed) }),
		})
		decoder(g, c, f)
	},
}
