package model

import (
	"fmt"
	"iter"
	"slices"
	"strings"

	"premlp/weights"
)

// ggufArch maps an architecture's GGUF form to the Hugging Face one, so that
// one config reader and one graph serve both.
type ggufArch struct {
	name string // general.architecture
	// keys maps metadata keys, without the architecture's name in front, to keys
	// of config.json.
	keys map[string]string
	// tensors maps tensor names to ours; "%" stands for a block's number.
	tensors map[string]string
	// interleaved lists the tensors whose rows GGUF stores with the two halves
	// of each head interleaved, and the config key of their head count.
	interleaved map[string]func(c *Config) int
}

// llamaGGUF is written by llama.cpp's convert_hf_to_gguf.py.
var llamaGGUF = &ggufArch{
	name: "llama",
	keys: map[string]string{
		"block_count":                      "num_hidden_layers",
		"context_length":                   "max_position_embeddings",
		"embedding_length":                 "hidden_size",
		"feed_forward_length":              "intermediate_size",
		"attention.head_count":             "num_attention_heads",
		"attention.head_count_kv":          "num_key_value_heads",
		"attention.key_length":             "head_dim",
		"attention.layer_norm_rms_epsilon": "rms_norm_eps",
		"rope.freq_base":                   "rope_theta",
		"vocab_size":                       "vocab_size",
	},
	tensors: map[string]string{
		"token_embd.weight":        "model.embed_tokens.weight",
		"output_norm.weight":       "model.norm.weight",
		"output.weight":            "lm_head.weight",
		"blk.%.attn_norm.weight":   "model.layers.%.input_layernorm.weight",
		"blk.%.attn_q.weight":      "model.layers.%.self_attn.q_proj.weight",
		"blk.%.attn_k.weight":      "model.layers.%.self_attn.k_proj.weight",
		"blk.%.attn_v.weight":      "model.layers.%.self_attn.v_proj.weight",
		"blk.%.attn_output.weight": "model.layers.%.self_attn.o_proj.weight",
		"blk.%.ffn_norm.weight":    "model.layers.%.post_attention_layernorm.weight",
		"blk.%.ffn_gate.weight":    "model.layers.%.mlp.gate_proj.weight",
		"blk.%.ffn_up.weight":      "model.layers.%.mlp.up_proj.weight",
		"blk.%.ffn_down.weight":    "model.layers.%.mlp.down_proj.weight",
	},
	interleaved: map[string]func(c *Config) int{
		"blk.%.attn_q.weight": func(c *Config) int { return c.Heads },
		"blk.%.attn_k.weight": func(c *Config) int { return c.KVHeads },
	},
}

// config turns a GGUF's metadata into the keys of a config.json. Metadata of
// the architecture that has no counterpart is an error: it may change the
// arithmetic.
func (a *ggufArch) config(g *weights.GGUF, class string) (*keys, error) {
	meta, values := g.Meta(), map[string]any{"architectures": []any{class}}
	var unknown []string
	for _, key := range meta.Keys() {
		short, ok := strings.CutPrefix(key, a.name+".")
		if !ok {
			continue
		}
		if name, ok := a.keys[short]; ok {
			values[name], _ = meta.Value(key)
		} else if !slices.Contains(ggufChecked, short) {
			unknown = append(unknown, key)
		}
	}
	if len(unknown) > 0 {
		return nil, fmt.Errorf("metadata not supported: %s", strings.Join(unknown, ", "))
	}
	if _, ok := values["vocab_size"]; !ok {
		if n, ok := meta.Len("tokenizer.ggml.tokens"); ok {
			values["vocab_size"] = n
		}
	}
	values["tie_word_embeddings"] = !g.Has("output.weight")
	return newKeys("metadata", values), nil
}

// ggufChecked lists metadata keys without a config.json counterpart: they
// repeat what other keys say, and checkRepeated compares them.
var ggufChecked = []string{"rope.dimension_count", "attention.value_length"}

// checkRepeated compares metadata that repeats the config.
func (a *ggufArch) checkRepeated(g *weights.GGUF, c *Config) error {
	for _, short := range ggufChecked {
		if n, ok := g.Meta().Int(a.name + "." + short); ok && n != c.HeadDim {
			return fmt.Errorf("metadata: %s.%s: want the head width %d, have %d", a.name, short, c.HeadDim, n)
		}
	}
	return nil
}

// ggufSource presents a GGUF's tensors under the Hugging Face names.
type ggufSource struct {
	*weights.GGUF
	names map[string]string // our name → the file's
	heads map[string]int    // our name → heads of an interleaved tensor
}

// source maps every tensor of the file. A tensor without a counterpart keeps
// its name, so that it shows up as unused.
func (a *ggufArch) source(g *weights.GGUF, c *Config) *ggufSource {
	s := &ggufSource{GGUF: g, names: map[string]string{}, heads: map[string]int{}}
	for name := range g.Names() {
		pattern, number := name, ""
		if parts := strings.SplitN(name, ".", 3); len(parts) == 3 && parts[0] == "blk" {
			number = parts[1]
			pattern = "blk.%." + parts[2]
		}
		ours := name
		if mapped, ok := a.tensors[pattern]; ok {
			ours = strings.Replace(mapped, "%", number, 1)
		}
		s.names[ours] = name
		if heads, ok := a.interleaved[pattern]; ok {
			s.heads[ours] = heads(c)
		}
	}
	return s
}

// Has implements weights.Source.
func (s *ggufSource) Has(name string) bool { _, ok := s.names[name]; return ok }

// Names implements weights.Source.
func (s *ggufSource) Names() iter.Seq[string] {
	return func(yield func(string) bool) {
		var names []string
		for n := range s.names {
			names = append(names, n)
		}
		slices.Sort(names)
		for _, n := range names {
			if !yield(n) {
				return
			}
		}
	}
}

// Tensor implements weights.Source. Rows that GGUF interleaves are put back in
// order: row j·E/2+i of a head, j in {0, 1}, is stored as row 2i+j.
func (s *ggufSource) Tensor(name string, shape ...int) (*weights.Tensor, error) {
	file, ok := s.names[name]
	if !ok {
		return nil, &weights.Error{Name: name, Want: shape, Err: weights.ErrMissing}
	}
	t, err := s.GGUF.Tensor(file, shape...)
	heads, interleaved := s.heads[name]
	if err != nil || !interleaved {
		return t, err
	}
	order := make([]int32, t.Rows())
	width := len(order) / heads
	half := width / 2
	for r := range order {
		head, at := r/width, r%width
		order[r] = int32(head*width + at%half*2 + at/half)
	}
	return t.Permute(order), nil
}
