package model

import (
	"gorgonia.org/gorgonia"

	"premlp/layers"
)

// gptBigCode is SantaCoder and StarCoder: GPT-2's block with one key and value
// head for all queries. Li et al., "StarCoder: may the source be with you!", 2023.
var gptBigCode = &arch{
	class:  "GPTBigCodeForCausalLM",
	gguf:   []*ggufArch{starCoderGGUF},
	prefix: "transformer.",
	config: gptBigCodeConfig,
	build:  func(g *layers.Graph, c *Config) { decoder(g, c, gptFrame(c, gptBigCodeBlock)) },
	// The causal mask and the score of what it hides: attention needs neither.
	ignored: []string{".attn.bias", ".attn.masked_bias"},
}

// gptBigCodeConfig reads the keys of GPTBigCode's config.json.
func gptBigCodeConfig(c *Config, k *keys) {
	k.assume("tie_word_embeddings", true)
	c.gptSizes(k)
	if c.KVHeads = c.Heads; k.flag("multi_query", true) {
		c.KVHeads = 1
	}
	k.refuse("add_cross_attention", false)
	k.refuse("scale_attn_weights", true)
	// How half-precision scores are computed, and buffers of other runtimes.
	k.ignore("attention_softmax_in_fp32", "scale_attention_softmax_in_fp32", "inference_runner",
		"validate_runner_input", "pre_allocate_kv_cache", "max_batch_size", "max_sequence_length")
}

// gptBigCodeBlock is GPT-2's block with its own projections: queries, then the
// shared key and value; or where heads do not share, the three of each head.
func gptBigCodeBlock(s layers.Scope, c *Config, x *gorgonia.Node, b blockOf) *gorgonia.Node {
	a := c.attention(b)
	a.Bias, a.OutBias, a.Out = true, true, "c_proj"
	a.Projections = layers.QKV{Fused: "c_attn", Groups: c.KVHeads}
	return gptBlock(s, c, x, a)
}
