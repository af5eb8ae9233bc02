package model

import "premlp/weights"

// phi3GGUF is the form of Phi-3 and Phi-4-mini.
var phi3GGUF = &ggufArch{
	name: "phi3",
	keys: with(ggufRMS, ggufWindow, map[string]string{"rope.dimension_count": "rotary_dim"}),
	rope: true,
	adjust: func(_ *weights.GGUF, values map[string]any) {
		if values["sliding_window"] == 0 { // Phi-4's way to say that there is none
			delete(values, "sliding_window")
		}
	},
	tensors: with(ggufEnds, ggufPreNorms, map[string]string{
		"blk.%.attn_qkv":    "model.layers.%.self_attn.qkv_proj",
		"blk.%.attn_output": "model.layers.%.self_attn.o_proj",
		"blk.%.ffn_up":      "model.layers.%.mlp.gate_up_proj",
		"blk.%.ffn_down":    "model.layers.%.mlp.down_proj",
	}),
}
