package model

import "premlp/weights"

// gemmaGGUF is Gemma 1's form.
var gemmaGGUF = &ggufArch{name: "gemma", keys: ggufRMS, rope: true, tensors: llamaTensors, plusOne: true}

// gemmaTensors are those of Gemma 2 and 3.
var gemmaTensors = with(ggufEnds, ggufAttention, ggufMLP, map[string]string{
	"blk.%.attn_norm":           "model.layers.%.input_layernorm",
	"blk.%.post_attention_norm": "model.layers.%.post_attention_layernorm",
	"blk.%.ffn_norm":            "model.layers.%.pre_feedforward_layernorm",
	"blk.%.post_ffw_norm":       "model.layers.%.post_feedforward_layernorm",
})

// gemma2GGUF is Gemma 2's form.
var gemma2GGUF = &ggufArch{
	name: "gemma2",
	keys: with(ggufRMS, ggufWindow, map[string]string{
		"attn_logit_softcapping":  "attn_logit_softcapping",
		"final_logit_softcapping": "final_logit_softcapping",
	}),
	rope: true, adjust: gemmaScale(46), tensors: gemmaTensors, plusOne: true,
}

// gemma3GGUF is the form of Gemma 3's text model. The base of the blocks with a
// sliding window is 10000 where it is not given.
var gemma3GGUF = &ggufArch{
	name: "gemma3",
	keys: with(ggufRMS, ggufWindow, map[string]string{
		"attention.sliding_window_pattern": "sliding_window_pattern",
		"final_logit_softcapping":          "final_logit_softcapping",
		"rope.freq_base_swa":               "rope_local_base_freq",
	}),
	rope: true, adjust: gemmaScale(62), tensors: with(gemmaTensors, ggufHeadNorms), plusOne: true,
}

// gemmaScale sets what scores are scaled by, which the metadata do not say: the
// width of a head, but D/H in the 27B models, known by their number of blocks.
func gemmaScale(blocks27B int) func(g *weights.GGUF, values map[string]any) {
	return func(_ *weights.GGUF, values map[string]any) {
		dim, ok := values["hidden_size"].(int)
		heads, _ := values["num_attention_heads"].(int)
		if ok && heads > 0 && values["num_hidden_layers"] == blocks27B {
			values["query_pre_attn_scalar"] = dim / heads
		}
	}
}
