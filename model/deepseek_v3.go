package model

import (
	"fmt"
	"math"
	"strings"
	"sync"

	"gorgonia.org/gorgonia"

	"premlp/layers"
)

// deepseekV3 is DeepSeek-V3 and R1: latent attention, and behind the first
// blocks a mixture of experts with groups and shared experts. DeepSeek-AI,
// "DeepSeek-V3 technical report", 2024.
var deepseekV3 = &arch{
	class:  "DeepseekV3ForCausalLM",
	gguf:   []*ggufArch{deepseek2GGUF, deepseek2JoinedGGUF},
	config: deepseekConfig,
	build: func(g *layers.Graph, c *Config) {
		f := llamaFrame(c)
		f.block = deepseekBlock
		decoder(g, c, f)
	},
	// Blocks behind the last one predict tokens further ahead; the model itself
	// does without.
	ignores: func(c *Config, name string) bool {
		return strings.HasPrefix(name, fmt.Sprintf("model.layers.%d.", c.Layers))
	},
}

// deepseekExtra is what this family alone has.
type deepseekExtra struct {
	latent layers.Latent
	route  layers.GroupRoute
}

func deepseekConfig(c *Config, k *keys) {
	c.sizes(k)
	k.refuse("num_key_value_heads", float64(c.Heads)) // all heads have keys and values of their own
	l := layers.Latent{
		Heads: c.Heads, Plain: k.integer("qk_nope_head_dim", 1, maxWidth), Rotated: k.integer("qk_rope_head_dim", 2, maxWidth),
		Value: k.integer("v_head_dim", 1, maxWidth), QueryRank: k.integerOr("q_lora_rank", 0, 1, maxWidth),
		KeyRank: k.integer("kv_lora_rank", 1, maxWidth), Bias: k.flag("attention_bias", false),
	}
	c.QueryRank, c.KeyRank = l.QueryRank, l.KeyRank
	c.HeadDim = l.Rotated // what the rope is of
	c.rope(k)
	c.HeadDim = c.width(k, l.Plain+l.Rotated)
	c.width(k, l.Plain+l.Value)
	c.Rope.From, c.Rope.Interleaved = l.Plain, k.flag("rope_interleave", true)
	// A yarn scales all values of a head, not only those that are rotated.
	l.Scale = float32(c.yarnScale * c.yarnScale / math.Sqrt(float64(l.Plain+l.Rotated)))
	c.NormEps = k.float("rms_norm_eps", 1e-6, 0)
	l.Norm = layers.Norm{Eps: c.NormEps}
	c.activation(k, "hidden_act", layers.SiLU)
	c.experts(k, "n_routed_experts", "moe_intermediate_size")
	c.DenseBlocks = k.integerOr("first_k_dense_replace", 3, 0, maxLayers)
	c.SharedHidden = c.ExpertHidden * k.integerOr("n_shared_experts", 1, 0, 1<<10)
	c.extra = deepseekExtra{l, c.groupRoute(k)}
	k.refuse("pretraining_tp", 1.0)
	k.refuse("scoring_func", "sigmoid")
	k.refuse("topk_method", "noaux_tc")
	k.refuse("moe_layer_freq", 1.0)
	// What repeats other keys, blocks that predict further ahead, and training.
	k.ignore("head_dim", "qk_head_dim", "num_nextn_predict_layers", "ep_size", "aux_loss_alpha", "seq_aux")
}

// deepseekBlock is x += attention(norm(x)); x += mlp(norm(x)).
func deepseekBlock(s layers.Scope, c *Config, x *gorgonia.Node, b blockOf) *gorgonia.Node {
	extra := c.extra.(deepseekExtra)
	extra.latent.Rope = b.rope
	a := layers.RMSNorm(s.Sub("input_layernorm"), x, c.NormEps)     // [T, D]
	a = layers.LatentAttention(s.Sub("self_attn"), a, extra.latent) // [T, D]
	x = s.Tap(layers.ResidMid, layers.Residual(s.Sub("attn_residual"), x, a))

	m := s.Tap(layers.MLPIn, layers.RMSNorm(s.Sub("post_attention_layernorm"), x, c.NormEps)) // [T, D]
	if b.index < c.DenseBlocks {
		m = denseMLP(s, c, m, b)
	} else {
		m = deepseekMixture(s.Sub("mlp"), c, m, extra)
	}
	return layers.Residual(s.Sub("mlp_residual"), x, s.Tap(layers.MLPOut, m))
}

// deepseekMixture is mixture(x) + shared(x).
func deepseekMixture(s layers.Scope, c *Config, x *gorgonia.Node, extra deepseekExtra) *gorgonia.Node {
	bias := s.Sub("gate").Weight("e_score_correction_bias", c.Experts) // [Count]
	extra.route.Bias = sync.OnceValue(bias.Floats)
	y := layers.Mixture(s, x, c.mixture(extra.route.Route)) // [T, D]
	if c.SharedHidden == 0 {
		return y
	}
	m := c.mlp()
	m.Hidden = c.SharedHidden
	return layers.Residual(s.Sub("sum"), y, layers.GatedMLP(s.Sub("shared_experts"), x, m))
}
