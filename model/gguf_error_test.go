package model

import (
	"path/filepath"
	"strings"
	"testing"
)

// TestGGUFErrors changes GGUF files of golden models one way each, and expects
// a line that says what is wrong where.
func TestGGUFErrors(t *testing.T) {
	set := func(key string, value any) func(*testing.T, *ggufWriter) {
		return func(_ *testing.T, w *ggufWriter) { w.set(key, value) }
	}
	drop := func(name string) func(*testing.T, *ggufWriter) {
		return func(_ *testing.T, w *ggufWriter) { w.drop(name) }
	}
	add := func(name string, values ...float32) func(*testing.T, *ggufWriter) {
		return func(_ *testing.T, w *ggufWriter) {
			w.tensors = append(w.tensors, ggufOutput{name, []int{len(values)}, values})
		}
	}
	shape := func(name string, shape ...int) func(*testing.T, *ggufWriter) {
		return func(t *testing.T, w *ggufWriter) { w.tensor(t, name).shape = shape }
	}
	for name, c := range map[string]struct {
		variant string
		change  func(*testing.T, *ggufWriter)
		want    string
	}{
		"no architecture":      {"llama", set("general.architecture", nil), `general.architecture "": want one of bloom, command-r,`},
		"unknown architecture": {"llama", set("general.architecture", "rwkv7"), `general.architecture "rwkv7": want one of`},
		"missing key":          {"llama", set("llama.embedding_length", nil), "metadata: llama.embedding_length: want an integer, have nothing"},
		"negative kind":        {"llama", set("llama.block_count", "three"), "metadata: llama.block_count: want an integer from 1 to 1024, have three"},
		"heads per block":      {"llama", set("llama.attention.head_count_kv", []int32{2, 2, 1}), "metadata: llama.attention.head_count_kv: want an integer"},
		"unknown key":          {"llama", set("llama.swin_norm", true), "metadata not supported: llama.swin_norm"},
		"foreign key":          {"qwen2", set("qwen2.attention.sliding_window", uint32(8)), "metadata not supported: qwen2.attention.sliding_window"},
		"rope of no rope":      {"gpt2", set("gpt2.rope.freq_base", float32(500)), "metadata not supported: gpt2.rope.freq_base"},
		"attends ahead":        {"gemma3", set("gemma3.attention.causal", false), "metadata: gemma3.attention.causal: want true: nothing else is supported, have false"},
		"sigmoid router":       {"qwen3_moe", set("qwen3moe.expert_gating_func", uint32(2)), "metadata: qwen3moe.expert_gating_func: want 1: nothing else is supported, have 2"},
		"grouped projection":   {"falcon-new", set("falcon.tensor_data_layout", "grouped"), "metadata: falcon.tensor_data_layout: want jploski"},
		"repeated differently": {"qwen3", set("qwen3.attention.value_length", uint32(8)), "metadata: qwen3.attention.value_length: want 16, have 8"},
		"rope of part":         {"llama", set("llama.rope.dimension_count", uint32(6)), "metadata: llama.rope.dimension_count: want 12, have 6"},
		"too much rope":        {"stablelm", set("stablelm.rope.dimension_count", uint32(16)), "metadata: stablelm.rope.dimension_count: want what rotates 1 to 12 values of a head, not 16, have 16"},
		"unknown rope":         {"llama", set("llama.rope.scaling.type", "ntk"), "metadata: rope_scaling: llama.rope.scaling.type: want one of default, linear"},
		"short factors":        {"llama3-rope", shape("rope_freqs.weight", 3), "metadata: rope_scaling: rope_freqs.weight: want 6 positive numbers"},
		"one list of factors":  {"phi3-longrope", drop("rope_factors_long.weight"), "metadata: rope_scaling: rope_factors_long.weight: want 6 positive numbers, have nothing"},
		"missing tensor":       {"llama", drop("blk.1.attn_q.weight"), `tensor "blk.1.attn_q.weight": not in the checkpoint: want [48, 48]`},
		"wrong shape":          {"llama", shape("blk.2.ffn_down.weight", 112, 48), `tensor "blk.2.ffn_down.weight": wrong shape: want [48, 112], have [112, 48]`},
		"not transposed":       {"gpt2", shape("blk.0.ffn_up.weight", 48, 192), `tensor "blk.0.ffn_up.weight": wrong shape: want [192, 48], have [48, 192]`},
		"unused tensor":        {"gemma", add("blk.0.layer_output_scale.weight", 1), "blk.0.layer_output_scale.weight"},
		"rope factors unread":  {"bloom", add("rope_freqs.weight", 1), "rope_freqs.weight"},
		"missing bias":         {"llama-linear-rope", drop("blk.0.attn_v.bias"), `tensor "blk.0.attn_v.bias": not in the checkpoint: want [24]`},
		"fewer experts":        {"mixtral", set("llama.expert_count", uint32(3)), `tensor "blk.0.ffn_down_exps.weight": wrong shape: want [3, ?, ?], have [4, 48, 112]`},
		"too few experts":      {"olmoe", set("olmoe.expert_used_count", uint32(7)), "metadata: olmoe.expert_used_count: want an integer from 1 to 6, have 7"},
		"no experts":           {"qwen2_moe", drop("blk.1.ffn_up_exps.weight"), `tensor "blk.1.ffn_up_exps.weight": not in the checkpoint`},
		"softmax in groups":    {"deepseek_v3", set("deepseek2.expert_gating_func", uint32(1)), "metadata: deepseek2.expert_gating_func: want sigmoid: nothing else is supported, have softmax"},
		"nothing of routing":   {"deepseek_v3", set("deepseek2.expert_gating_func", nil), "metadata: deepseek2.expert_gating_func: want sigmoid: nothing else is supported, have softmax"},
		"latent keys":          {"deepseek_v3", set("deepseek2.attention.key_length", uint32(25)), "metadata: deepseek2.attention.key_length: want 24, have 25"},
		"apart and joined":     {"deepseek_v3", add("blk.0.attn_kv_b.weight", 1), "blk.0.attn_kv_b.weight"},
		"keys not transposed":  {"deepseek_v3", shape("blk.1.attn_k_b.weight", 4, 8, 32), `tensor "blk.1.attn_k_b.weight": wrong shape: want [4, 16, 16], have [4, 8, 32]`},
		"no router's bias":     {"deepseek_v3", drop("blk.1.exp_probs_b.bias"), `tensor "blk.1.exp_probs_b.bias": not in the checkpoint`},
		"blocks without flag":  {"exaone4", set("exaone4.attention.sliding_window_pattern", []bool{true}), "metadata: exaone4.attention.sliding_window_pattern: want a list of 4 strings"},
		"no sinks":             {"gpt_oss", drop("blk.2.attn_sinks.weight"), `tensor "blk.2.attn_sinks.weight": not in the checkpoint: want [4]`},
		"no experts' bias":     {"gpt_oss", drop("blk.0.ffn_up_exps.bias"), `tensor "blk.0.ffn_up_exps.bias": not in the checkpoint`},
		"width said twice":     {"gpt_oss", set("gpt-oss.expert_feed_forward_length", uint32(96)), "metadata: gpt-oss.expert_feed_forward_length: want 112, have 96"},
		"heads of their own":   {"gpt_bigcode", set("starcoder.attention.head_count_kv", uint32(4)), "metadata: starcoder.attention.head_count_kv: want 1, have 4"},
		"no ALiBi":             {"mpt", set("mpt.attention.max_alibi_bias", float32(0)), "metadata: attn_config: mpt.attention.max_alibi_bias: want an integer from 1 to 1024, have 0"},
		"dense without width":  {"llama", set("llama.expert_used_count", uint32(2)), "metadata: llama.expert_used_count: want 0: nothing else is supported, have 2"},
	} {
		t.Run(name, func(t *testing.T) {
			w := convertGGUF(t, filepath.Join("testdata", "arch", c.variant), ggufFamilies[c.variant])
			c.change(t, w)
			m, err := Open(w.write(t))
			if err == nil {
				t.Cleanup(func() { m.Close() })
				err = m.Check()
			}
			if err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("want %q, have %v", c.want, err)
			}
		})
	}
}
