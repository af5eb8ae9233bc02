package model

import "premlp/weights"

// llamaTensors are those of Llama's dense blocks.
var llamaTensors = with(ggufEnds, ggufAttention, ggufPreNorms, ggufMLP)

// ggufBiases are the config's flags of biases.
var ggufBiases = map[string]string{"attention_bias": "blk.0.attn_q.bias", "mlp_bias": "blk.0.ffn_up.bias"}

// llamaGGUF is Llama's form. Mistral and Mixtral are stored under the same name.
var llamaGGUF = &ggufArch{
	name: "llama",
	when: func(g *weights.GGUF) bool { return !isMixtral(g) && !isMistral(g) },
	keys: ggufRMS, rope: true,
	only:    map[string]any{"expert_count": 0.0, "expert_used_count": 0.0},
	flags:   ggufBiases,
	tensors: llamaTensors, forms: ggufInterleaved,
}

// mistralGGUF is Mistral's form where it is not Llama's: with a sliding window.
var mistralGGUF = &ggufArch{
	name: "llama", when: isMistral,
	keys: with(ggufRMS, ggufWindow), rope: true,
	tensors: llamaTensors, forms: ggufInterleaved,
}

// mixtralGGUF is Mixtral's form.
var mixtralGGUF = &ggufArch{
	name: "llama", when: isMixtral,
	keys: with(ggufRMS, ggufExperts, ggufWindow), rope: true,
	tensors: with(ggufEnds, ggufAttention, ggufPreNorms, map[string]string{
		"blk.%.ffn_gate_inp":  "model.layers.%.block_sparse_moe.gate",
		"blk.%.ffn_gate_exps": "model.layers.%.block_sparse_moe.experts.#.w1",
		"blk.%.ffn_up_exps":   "model.layers.%.block_sparse_moe.experts.#.w3",
		"blk.%.ffn_down_exps": "model.layers.%.block_sparse_moe.experts.#.w2",
	}),
	forms: with(ggufInterleaved, ggufStacked),
}

// ggufWindow maps the key of a sliding window.
var ggufWindow = map[string]string{"attention.sliding_window": "sliding_window"}

func isMixtral(g *weights.GGUF) bool {
	n, _ := g.Meta().Int("llama.expert_count")
	return n > 0
}

func isMistral(g *weights.GGUF) bool {
	_, ok := g.Meta().Int("llama.attention.sliding_window")
	return ok && !isMixtral(g)
}

// graniteGGUF is Granite's form.
var graniteGGUF = &ggufArch{
	name: "granite",
	keys: with(ggufRMS, map[string]string{
		"attention.scale": "attention_multiplier",
		"embedding_scale": "embedding_multiplier",
		"residual_scale":  "residual_multiplier",
		"logit_scale":     "logits_scaling",
	}),
	rope:    true,
	flags:   ggufBiases,
	tensors: llamaTensors, forms: ggufInterleaved,
}

// smollm3GGUF is SmolLM3's form. Every fourth block is without a rotary embedding.
var smollm3GGUF = &ggufArch{
	name: "smollm3", keys: ggufRMS, rope: true,
	flags:   ggufBiases,
	tensors: llamaTensors, forms: ggufInterleaved,
}
