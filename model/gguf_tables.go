package model

import "maps"

// These tables hold what GGUF forms have in common; each family's are in its own
// file.

// ggufSizes maps the metadata keys of sizes.
var ggufSizes = map[string]string{
	"block_count":             "num_hidden_layers",
	"context_length":          "max_position_embeddings",
	"embedding_length":        "hidden_size",
	"feed_forward_length":     "intermediate_size",
	"attention.head_count":    "num_attention_heads",
	"attention.head_count_kv": "num_key_value_heads",
	"attention.key_length":    "head_dim",
	"vocab_size":              "vocab_size",
}

// ggufRMS is ggufSizes and the key of RMSNorm.
var ggufRMS = with(ggufSizes, map[string]string{"attention.layer_norm_rms_epsilon": "rms_norm_eps"})

// ggufExperts maps the metadata keys of mixtures.
var ggufExperts = map[string]string{
	"expert_count":               "num_local_experts",
	"expert_used_count":          "num_experts_per_tok",
	"expert_feed_forward_length": "moe_intermediate_size",
	"expert_weights_norm":        "norm_topk_prob",
}

// ggufEnds maps what stands around the blocks.
var ggufEnds = map[string]string{
	"token_embd":  "model.embed_tokens",
	"output_norm": "model.norm",
	"output":      "lm_head",
}

// ggufAttention maps attention with projections of its own.
var ggufAttention = map[string]string{
	"blk.%.attn_q":      "model.layers.%.self_attn.q_proj",
	"blk.%.attn_k":      "model.layers.%.self_attn.k_proj",
	"blk.%.attn_v":      "model.layers.%.self_attn.v_proj",
	"blk.%.attn_output": "model.layers.%.self_attn.o_proj",
}

// ggufHeadNorms maps norms of queries and keys.
var ggufHeadNorms = map[string]string{
	"blk.%.attn_q_norm": "model.layers.%.self_attn.q_norm",
	"blk.%.attn_k_norm": "model.layers.%.self_attn.k_norm",
}

// ggufPreNorms maps the norms of pre-norm blocks.
var ggufPreNorms = map[string]string{
	"blk.%.attn_norm": "model.layers.%.input_layernorm",
	"blk.%.ffn_norm":  "model.layers.%.post_attention_layernorm",
}

// ggufMLP maps a gated MLP.
var ggufMLP = map[string]string{
	"blk.%.ffn_gate": "model.layers.%.mlp.gate_proj",
	"blk.%.ffn_up":   "model.layers.%.mlp.up_proj",
	"blk.%.ffn_down": "model.layers.%.mlp.down_proj",
}

// ggufMixture maps a mixture's router and experts, those of one kind stacked in
// one tensor [experts, …].
var ggufMixture = map[string]string{
	"blk.%.ffn_gate_inp":  "model.layers.%.mlp.gate",
	"blk.%.ffn_gate_exps": "model.layers.%.mlp.experts.#.gate_proj",
	"blk.%.ffn_up_exps":   "model.layers.%.mlp.experts.#.up_proj",
	"blk.%.ffn_down_exps": "model.layers.%.mlp.experts.#.down_proj",
}

// ggufStacked are the forms of a mixture's tensors.
var ggufStacked = map[string]ggufForm{
	"blk.%.ffn_gate_exps": {parts: expertCount},
	"blk.%.ffn_up_exps":   {parts: expertCount},
	"blk.%.ffn_down_exps": {parts: expertCount},
}

// ggufInterleaved are the forms of queries and keys for which llama.cpp rotates
// neighbours.
var ggufInterleaved = map[string]ggufForm{
	"blk.%.attn_q": interleaved(queryHeads),
	"blk.%.attn_k": interleaved(keyHeads),
}

// ggufSharedExpert maps experts that all tokens use, joined in one.
func ggufSharedExpert(module string) map[string]string {
	return map[string]string{
		"blk.%.ffn_gate_shexp": module + ".gate_proj",
		"blk.%.ffn_up_shexp":   module + ".up_proj",
		"blk.%.ffn_down_shexp": module + ".down_proj",
	}
}

// without returns a table without some entries.
func without[V any](table map[string]V, names ...string) map[string]V {
	rest := maps.Clone(table)
	for _, n := range names {
		delete(rest, n)
	}
	return rest
}

// with returns all the entries of some tables; later ones override.
func with[V any](tables ...map[string]V) map[string]V {
	all := map[string]V{}
	for _, t := range tables {
		maps.Copy(all, t)
	}
	return all
}
