package model

// nemotronGGUF is the form of Nemotron-4 and Minitron.
var nemotronGGUF = &ggufArch{
	name: "nemotron",
	keys: with(ggufSizes, map[string]string{
		"attention.layer_norm_epsilon": "norm_eps",
		"rope.dimension_count":         "rotary_dim",
	}),
	rope:    true,
	only:    map[string]any{"attention.layer_norm_rms_epsilon": nil}, // repeats the other
	flags:   ggufBiases,
	tensors: with(ggufEnds, ggufAttention, ggufPreNorms, without(ggufMLP, "blk.%.ffn_gate")),
	plusOne: true,
}
