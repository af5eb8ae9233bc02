package model

import (
	"gorgonia.org/gorgonia"

	"premlp/layers"
)

// codeGen is CodeGen: GPT-J's block with fused projections. Nijkamp et al.,
// "CodeGen", 2022.
var codeGen = &arch{
	class:  "CodeGenForCausalLM",
	prefix: "transformer.",
	config: codeGenConfig,
	build:  func(g *layers.Graph, c *Config) { decoder(g, c, gptJFrame(c, codeGenBlock)) },
	// The causal mask: attention does not need it.
	ignored: []string{".attn.causal_mask", ".attn.bias", ".attn.masked_bias"},
}

// codeGenShards are the shards that the models were trained in. The projections
// lie as in these, each with queries, values and keys in this order.
const codeGenShards = 4

// codeGenConfig reads the keys of CodeGen's config.json, which are GPT-J's.
func codeGenConfig(c *Config, k *keys) {
	gptJConfig(c, k)
	if c.Heads%codeGenShards != 0 {
		k.fail("num_attention_heads", "a multiple of %d", codeGenShards)
	}
}

// codeGenBlock is GPT-J's block with the projections of CodeGen.
func codeGenBlock(s layers.Scope, c *Config, x *gorgonia.Node, b blockOf) *gorgonia.Node {
	a := c.attention(b)
	a.Out, a.Projections = "out_proj", layers.QKV{Fused: "qkv_proj", Groups: codeGenShards, ValueFirst: true}
	return gptJParallel(s, c, x, a)
}
