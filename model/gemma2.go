package model

import (
	"math"

	"premlp/layers"
)

// gemma2 is Gemma 2: norms behind attention and MLP too, bounded scores and
// logits, and a sliding window in every other block. Gemma Team, "Gemma 2", 2024.
var gemma2 = &arch{
	class: "Gemma2ForCausalLM",
	gguf:  []*ggufArch{gemma2GGUF},
	config: func(c *Config, k *keys) {
		gemmaConfig(c, k)
		c.rope(k)
		c.slidingBlocks(k, func(i int) bool { return i%2 == 0 })
		c.extra = readGemmaScores(k, c)
	},
	build: buildGemma2,
}

// gemmaScores is what Gemma 2 and 3 do to scores and logits.
type gemmaScores struct {
	scale               float32
	attention, logitCap float32 // 0: not bounded
}

// readGemmaScores reads the keys of scores and logits.
func readGemmaScores(k *keys, c *Config) gemmaScores {
	return gemmaScores{
		scale:     float32(1 / math.Sqrt(k.float("query_pre_attn_scalar", float64(c.HeadDim), 0))),
		attention: float32(k.float("attn_logit_softcapping", 0, 0)),
		logitCap:  float32(k.float("final_logit_softcapping", 0, 0)),
	}
}

func buildGemma2(g *layers.Graph, c *Config) {
	scores := c.extra.(gemmaScores)
	norms := gemmaNorms
	norms.change = func(a *layers.Attention) { a.Scale, a.SoftCap = scores.scale, scores.attention }
	f := gemmaFrame(c, normedBlock(gemmaNorm(c), norms))
	f.logitCap = scores.logitCap
	decoder(g, c, f)
}

// gemmaNorms names the norms of a block of Gemma 2 and 3.
var gemmaNorms = blockNorms{
	attention: "input_layernorm", behindAttention: "post_attention_layernorm",
	mlp: "pre_feedforward_layernorm", behindMLP: "post_feedforward_layernorm",
}
