package model

import (
	"cmp"
	"encoding/json"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"premlp/weights"
)

// ggufModules gives the published GGUF names of modules, below a block and
// around the blocks.
var ggufModules = map[string]string{
	"model.embed_tokens": "token_embd", "transformer.wte": "token_embd", "transformer.word_embeddings": "token_embd",
	"gpt_neox.embed_in": "token_embd", "transformer.wpe": "position_embd", "transformer.word_embeddings_layernorm": "token_embd_norm",
	"model.norm": "output_norm", "transformer.ln_f": "output_norm", "gpt_neox.final_layer_norm": "output_norm",
	"lm_head": "output", "embed_out": "output",

	"input_layernorm": "attn_norm", "ln_1": "attn_norm", "ln_mlp": "attn_norm", "ln_attn": "attn_norm_2",
	"post_attention_layernorm": "ffn_norm", "ln_2": "ffn_norm",
	"self_attn.q_proj": "attn_q", "self_attn.k_proj": "attn_k", "self_attn.v_proj": "attn_v",
	"self_attn.q_norm": "attn_q_norm", "self_attn.k_norm": "attn_k_norm",
	"self_attn.q_layernorm": "attn_q_norm", "self_attn.k_layernorm": "attn_k_norm",
	"self_attn.qkv_proj": "attn_qkv", "attn.c_attn": "attn_qkv",
	"self_attention.query_key_value": "attn_qkv", "attention.query_key_value": "attn_qkv",
	"self_attn.o_proj": "attn_output", "attn.c_proj": "attn_output", "self_attention.dense": "attn_output", "attention.dense": "attn_output",
	"mlp.gate_proj": "ffn_gate", "mlp.up_proj": "ffn_up", "mlp.down_proj": "ffn_down", "mlp.gate_up_proj": "ffn_up",
	"mlp.c_fc": "ffn_up", "mlp.c_proj": "ffn_down", "mlp.dense_h_to_4h": "ffn_up", "mlp.dense_4h_to_h": "ffn_down",
	"model.final_layernorm": "output_norm", "transformer.norm_f": "output_norm",
	"norm_1": "attn_norm", "norm_2": "ffn_norm", "attn.Wqkv": "attn_qkv", "attn.out_proj": "attn_output", "self_attn.dense": "attn_output",
	"mlp.fc1": "ffn_up", "mlp.fc2": "ffn_down", "ffn.up_proj": "ffn_up", "ffn.down_proj": "ffn_down",
	"self_attn.sinks": "attn_sinks", "mlp.router": "ffn_gate_inp",
	"self_attn.q_a_proj": "attn_q_a", "self_attn.q_a_layernorm": "attn_q_a_norm", "self_attn.q_b_proj": "attn_q_b",
	"self_attn.kv_a_proj_with_mqa": "attn_kv_a_mqa", "self_attn.kv_a_layernorm": "attn_kv_a_norm", "self_attn.kv_b_proj": "attn_kv_b",
	"self_attn.k_b_proj": "attn_k_b", "self_attn.v_b_proj": "attn_v_b", "mlp.e_score_correction": "exp_probs_b",
	"mlp.shared_experts.gate_proj": "ffn_gate_shexp", "mlp.shared_experts.up_proj": "ffn_up_shexp", "mlp.shared_experts.down_proj": "ffn_down_shexp",
	"mlp.gate": "ffn_gate_inp", "block_sparse_moe.gate": "ffn_gate_inp", "mlp.shared_expert_gate": "ffn_gate_inp_shexp",
	"mlp.shared_expert.gate_proj": "ffn_gate_shexp", "mlp.shared_expert.up_proj": "ffn_up_shexp", "mlp.shared_expert.down_proj": "ffn_down_shexp",
	"mlp.experts.gate_proj": "ffn_gate_exps", "mlp.experts.up_proj": "ffn_up_exps", "mlp.experts.down_proj": "ffn_down_exps",
	"block_sparse_moe.experts.w1": "ffn_gate_exps", "block_sparse_moe.experts.w3": "ffn_up_exps", "block_sparse_moe.experts.w2": "ffn_down_exps",
}

// normsBehind are the names where norms stand behind attention and MLP.
var normsBehind = map[string]string{
	"post_attention_layernorm": "post_attention_norm", "pre_feedforward_layernorm": "ffn_norm", "post_feedforward_layernorm": "post_ffw_norm",
}

// ggufKeys gives the published metadata keys of config keys.
var ggufKeys = map[string][]string{
	"num_hidden_layers": {"block_count"}, "n_layer": {"block_count"}, "n_layers": {"block_count"},
	"max_position_embeddings": {"context_length"}, "n_positions": {"context_length"}, "max_seq_len": {"context_length"},
	"hidden_size": {"embedding_length"}, "n_embd": {"embedding_length"}, "d_model": {"embedding_length"},
	"intermediate_size": {"feed_forward_length"}, "ffn_hidden_size": {"feed_forward_length"},
	"num_attention_heads": {"attention.head_count"}, "n_head": {"attention.head_count"}, "n_heads": {"attention.head_count"},
	"num_key_value_heads": {"attention.head_count_kv"}, "num_kv_heads": {"attention.head_count_kv"},
	"head_dim":     {"attention.key_length", "attention.value_length"},
	"rms_norm_eps": {"attention.layer_norm_rms_epsilon"}, "layer_norm_epsilon": {"attention.layer_norm_epsilon"},
	"layer_norm_eps": {"attention.layer_norm_epsilon"}, "norm_epsilon": {"attention.layer_norm_epsilon"},
	"clip_qkv":    {"attention.clamp_kqv"},
	"num_experts": {"expert_count"}, "num_local_experts": {"expert_count"}, "num_experts_per_tok": {"expert_used_count"},
	"moe_intermediate_size": {"expert_feed_forward_length"}, "shared_expert_intermediate_size": {"expert_shared_feed_forward_length"},
	"attn_logit_softcapping": {"attn_logit_softcapping"}, "final_logit_softcapping": {"final_logit_softcapping"},
	"attention_multiplier": {"attention.scale"}, "embedding_multiplier": {"embedding_scale"},
	"residual_multiplier": {"residual_scale"}, "logits_scaling": {"logit_scale"},
	"logit_scale": {"logit_scale"}, "norm_eps": {"attention.layer_norm_epsilon", "attention.layer_norm_rms_epsilon"},
	"q_lora_rank": {"attention.q_lora_rank"}, "kv_lora_rank": {"attention.kv_lora_rank"},
	"first_k_dense_replace": {"leading_dense_block_count"}, "n_routed_experts": {"expert_count"}, "n_shared_experts": {"expert_shared_count"},
	"n_group": {"expert_group_count"}, "topk_group": {"expert_group_used_count"},
	"routed_scaling_factor": {"expert_weights_scale"}, "norm_topk_prob": {"expert_weights_norm"},
	"use_parallel_residual": {"use_parallel_residual"}, "original_max_position_embeddings": {"rope.scaling.original_context_length"},
}

// integerKeys are metadata whose numbers are integers.
var integerKeys = regexp.MustCompile(`_count|_length|_rank|_func|head_count|sliding_window`)

// ggufConfig is what the conversion reads of a config.json.
type ggufConfig map[string]any

func (c ggufConfig) int(names ...string) int {
	for _, n := range names {
		if f, ok := c[n].(float64); ok {
			return int(f)
		}
	}
	return 0
}

// heads returns the heads of queries and of keys, and their width.
func (c ggufConfig) heads() (queries, keys, width int) {
	queries = c.int("num_attention_heads", "n_head", "n_heads")
	keys = cmp.Or(c.int("num_key_value_heads", "num_kv_heads"), queries)
	return queries, keys, cmp.Or(c.int("head_dim"), c.int("hidden_size", "n_embd", "d_model")/queries)
}

// convertGGUF writes a golden model as the GGUF that its architecture's
// published conversion makes of it.
func convertGGUF(t *testing.T, dir string, f ggufFamily) *ggufWriter {
	t.Helper()
	data, err := os.ReadFile(filepath.Join(dir, "config.json"))
	if err != nil {
		t.Fatal(err)
	}
	c := ggufConfig{}
	if err := json.Unmarshal(data, &c); err != nil {
		t.Fatal(err)
	}
	w := &ggufWriter{}
	w.set("general.architecture", f.arch)
	for _, key := range sortedKeys(c) {
		for _, name := range ggufKeys[key] {
			if f.also[name] == nil {
				setNumber(w, f.arch+"."+name, name, c[key])
			}
		}
	}
	for _, name := range sortedKeys(f.also) {
		setNumber(w, f.arch+"."+name, name, f.also[name])
	}
	var tokens []string
	var kinds []int32
	for i := range c.int("vocab_size") {
		tokens, kinds = append(tokens, "token"+strconv.Itoa(i)), append(kinds, 1)
	}
	w.set("tokenizer.ggml.model", "llama")
	w.set("tokenizer.ggml.tokens", tokens)
	w.set("tokenizer.ggml.token_type", kinds)
	w.set("tokenizer.ggml.scores", make([]float32, len(tokens)))
	rope, _ := c["rope_parameters"].(map[string]any)
	if full, ok := rope["full_attention"].(map[string]any); ok {
		rope = full
	}
	convertRope(w, f, c, rope)
	convertTensors(t, w, filepath.Join(dir, "model.safetensors"), f, c)
	return w
}

func sortedKeys[V any](m map[string]V) []string {
	var keys []string
	for k := range m {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	return keys
}

// setNumber sets a key to a JSON value in the type that it has in GGUF.
func setNumber(w *ggufWriter, key, name string, value any) {
	switch v := value.(type) {
	case float64:
		if integerKeys.MatchString(name) {
			w.set(key, uint32(v))
		} else {
			w.set(key, float32(v))
		}
	case bool, string, []bool:
		w.set(key, v)
	}
}

// convertRope writes a rope's parameters as metadata and tensors.
func convertRope(w *ggufWriter, f ggufFamily, c ggufConfig, rope map[string]any) {
	if rope == nil {
		return
	}
	_, _, width := c.heads()
	if share, ok := rope["partial_rotary_factor"].(float64); ok {
		width = int(share * float64(width))
	}
	w.set(f.arch+".rope.dimension_count", uint32(width))
	theta := rope["rope_theta"].(float64)
	w.set(f.arch+".rope.freq_base", float32(theta))
	number := func(key string) float64 { return rope[key].(float64) }
	switch rope["rope_type"] {
	case "linear", "yarn":
		w.set(f.arch+".rope.scaling.type", rope["rope_type"])
		w.set(f.arch+".rope.scaling.factor", float32(number("factor")))
		if original, ok := rope["original_max_position_embeddings"].(float64); ok {
			w.set(f.arch+".rope.scaling.original_context_length", uint32(original))
		}
		for key, name := range map[string]string{"beta_fast": "yarn_beta_fast", "beta_slow": "yarn_beta_slow"} {
			if beta, ok := rope[key].(float64); ok {
				w.set(f.arch+".rope.scaling."+name, float32(beta))
			}
		}
	case "llama3":
		var factors []float32
		for i := range width / 2 {
			frequency := float64(float32(1 / float32(math.Pow(theta, float64(2*i)/float64(width)))))
			factors = append(factors, llama3Factor(2*math.Pi/frequency, number))
		}
		w.tensors = append(w.tensors, ggufOutput{"rope_freqs.weight", []int{width / 2}, factors})
	case "longrope":
		for key, name := range map[string]string{"short_factor": "rope_factors_short.weight", "long_factor": "rope_factors_long.weight"} {
			var factors []float32
			for _, v := range rope[key].([]any) {
				factors = append(factors, float32(v.(float64)))
			}
			w.tensors = append(w.tensors, ggufOutput{name, []int{len(factors)}, factors})
		}
		original := number("original_max_position_embeddings")
		w.set(f.arch+".rope.scaling.attn_factor", float32(math.Sqrt(1+math.Log(float64(c.int("max_position_embeddings"))/original)/math.Log(original))))
	}
}

// llama3Factor divides the frequency of a wavelength as Llama 3 does.
func llama3Factor(wavelength float64, number func(string) float64) float32 {
	original, low, high, factor := number("original_max_position_embeddings"), number("low_freq_factor"), number("high_freq_factor"), number("factor")
	switch {
	case wavelength < original/high:
		return 1
	case wavelength > original/low:
		return float32(factor)
	}
	smooth := float32((original/wavelength - low) / (high - low))
	return 1 / ((1-smooth)/float32(factor) + smooth)
}

var (
	ggufBlock = regexp.MustCompile(`^\w+\.(?:layers|h|blocks)\.(\d+)\.(.*)\.(weight|bias)$`)
	ggufPart  = regexp.MustCompile(`\.(?:norms\.)?(\d+)(\.|$)`)
)

// convertTensors writes all tensors; parts of a stack are joined.
func convertTensors(t *testing.T, w *ggufWriter, path string, f ggufFamily, c ggufConfig) {
	t.Helper()
	s, err := weights.OpenSafetensors(path)
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	stacked := map[string]int{}
	for name := range s.Names() {
		x, err := s.Tensor(name)
		if err != nil {
			t.Fatal(err)
		}
		out := []ggufOutput{{name, x.Shape, x.Floats()}}
		if f.split != nil {
			out = f.split(c, out[0])
		}
		for _, o := range out {
			convertTensor(t, w, f, c, o, stacked)
		}
	}
}

// convertTensor writes one tensor under its GGUF name; stacked tells where the
// stacks are that it may be a part of.
func convertTensor(t *testing.T, w *ggufWriter, f ggufFamily, c ggufConfig, out ggufOutput, stacked map[string]int) {
	t.Helper()
	name := out.name
	dot := strings.LastIndex(name, ".")
	module, end, block := name[:dot], name[dot:], ""
	if m := ggufBlock.FindStringSubmatch(name); m != nil {
		module, block = m[2], "blk."+m[1]+"."
	}
	whole := strings.TrimSuffix(ggufPart.ReplaceAllString(module, "."), ".")
	ours, ok := f.names[whole]
	if !ok {
		ours, ok = ggufModules[whole]
	}
	if !ok {
		t.Fatalf("%s: no GGUF name", name)
	}
	out.name = block + ours + end
	if f.change != nil {
		out = f.change(c, ours, out)
	}
	if whole == module {
		w.tensors = append(w.tensors, out)
		return
	}
	at, ok := stacked[out.name]
	if !ok {
		at = len(w.tensors)
		stacked[out.name] = at
		w.tensors = append(w.tensors, ggufOutput{out.name, append([]int{0}, out.shape...), nil})
	}
	if part := ggufPart.FindStringSubmatch(module)[1]; part != fmt.Sprint(w.tensors[at].shape[0]) {
		t.Fatalf("%s: want part %d", name, w.tensors[at].shape[0])
	}
	w.tensors[at].shape[0]++
	w.tensors[at].values = append(w.tensors[at].values, out.values...)
}
