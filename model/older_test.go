package model

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"premlp/weights"
)

// older says how the configs of a model type were written before: keys under
// other names, and keys left out where they have the class's default.
type older struct {
	names    map[string]string
	defaults map[string][]any // key → values that need no mention
}

// olderConfigs lists them by model_type.
var olderConfigs = map[string]older{
	"gpt2": {defaults: map[string][]any{
		"tie_word_embeddings": {true}, "n_inner": {nil}, "scale_attn_weights": {true}, "scale_attn_by_inverse_layer_idx": {false},
	}},
	"gpt_bigcode": {defaults: map[string][]any{"tie_word_embeddings": {true}, "num_key_value_heads": {1.0, 3.0}, "multi_query": {true}}},
	"gpt_neox": {
		names:    map[string]string{"rope_theta": "rotary_emb_base", "partial_rotary_factor": "rotary_pct"},
		defaults: map[string][]any{"attention_bias": {true}, "num_key_value_heads": {2.0}, "use_parallel_residual": {true}},
	},
	"opt": {defaults: map[string][]any{
		"tie_word_embeddings": {true}, "word_embed_proj_dim": {48.0, 24.0}, "enable_bias": {true}, "layer_norm_elementwise_affine": {true},
	}},
	"bloom": {
		names:    map[string]string{"hidden_size": "n_embed"},
		defaults: map[string][]any{"tie_word_embeddings": {true}},
	},
	"mpt": {defaults: map[string][]any{"tie_word_embeddings": {true}, "layer_norm_epsilon": {1e-5}}},
	"falcon": {
		names: map[string]string{"num_attention_heads": "n_head", "num_hidden_layers": "n_layer", "num_kv_heads": "n_head_kv"},
		defaults: map[string][]any{
			"tie_word_embeddings": {true}, "activation": {"gelu"}, "max_position_embeddings": {2048.0, 256.0},
			"ffn_hidden_size": {4 * 48.0, 4 * 24.0}, "num_ln_in_parallel_attn": {nil, 2.0},
		},
	},
	"phi":        {defaults: map[string][]any{"partial_rotary_factor": {0.5}, "qk_layernorm": {false}}},
	"stablelm":   {names: map[string]string{"layer_norm_eps": "norm_eps", "partial_rotary_factor": "rope_pct"}},
	"starcoder2": {defaults: map[string][]any{"tie_word_embeddings": {true}, "use_bias": {true}}},
	"nemotron":   {defaults: map[string][]any{"partial_rotary_factor": {0.5}}},
	"cohere":     {defaults: map[string][]any{"tie_word_embeddings": {true}, "use_qk_norm": {false}}},
}

// olderKeys renames and leaves out keys of a config.
func olderKeys(config map[string]any) {
	o := olderConfigs[config["model_type"].(string)]
	for name, values := range o.defaults {
		if slices.Contains(values, config[name]) {
			delete(config, name)
		}
	}
	for name, was := range o.names {
		if v, ok := config[name]; ok {
			config[was] = v
			delete(config, name)
		}
	}
}

// rewrite copies a golden model into a temporary folder, its tensors renamed and
// others added.
func rewrite(t *testing.T, dir string, rename func(string) string, add ...weights.Output) string {
	t.Helper()
	to := copyVariant(t, dir, func(map[string]any) {})
	s, err := weights.OpenSafetensors(filepath.Join(dir, "model.safetensors"))
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	out := add
	for name := range s.Names() {
		x, err := s.Tensor(name)
		if err != nil {
			t.Fatal(err)
		}
		out = append(out, weights.FloatOutput(rename(name), x.Floats(), x.Shape...))
	}
	path := filepath.Join(to, "model.safetensors")
	if err := os.Remove(path); err != nil {
		t.Fatal(err)
	}
	if err := weights.WriteSafetensors(path, out, nil); err != nil {
		t.Fatal(err)
	}
	return to
}

// TestCheckpointsUnderOtherNames opens every golden model of an architecture with
// a prefix under all the names that checkpoints give their tensors.
func TestCheckpointsUnderOtherNames(t *testing.T) {
	for _, dir := range variants(t) {
		t.Run(filepath.Base(dir), func(t *testing.T) {
			prefix := open(t, dir).arch.prefix
			if prefix == "" {
				t.Skip("the architecture has one name for each tensor")
			}
			for have := prefix; have != ""; {
				_, have, _ = strings.Cut(have, ".")
				other := rewrite(t, dir, func(name string) string {
					if rest, ok := strings.CutPrefix(name, prefix); ok {
						return have + rest
					}
					return name
				})
				parity(t, open(t, other), filepath.Join(dir, "golden.safetensors"))
			}
		})
	}
}

// TestCheckpointsWithMore adds what published checkpoints hold beside the weights:
// buffers, and the embedding's table again as the vocabulary head's.
func TestCheckpointsWithMore(t *testing.T) {
	same := func(name string) string { return name }
	for _, dir := range variants(t) {
		t.Run(filepath.Base(dir), func(t *testing.T) {
			m := open(t, dir)
			var add []weights.Output
			for _, end := range m.arch.ignored {
				name := "model." + end
				if strings.HasPrefix(end, ".") {
					name = m.arch.prefix + "h.0" + end
				}
				add = append(add, weights.FloatOutput(name, []float32{1}, 1))
			}
			if m.config.Tied {
				name := embeddingOf(t, m)
				table, err := m.Source().Tensor(name, m.config.Vocab, m.config.Dim)
				if err != nil {
					t.Fatal(err)
				}
				add = append(add, weights.FloatOutput("lm_head.weight", table.Floats(), table.Shape...))
				other := table.Floats()
				other[7]++
				err = open(t, rewrite(t, dir, same, weights.FloatOutput("lm_head.weight", other, table.Shape...))).Check()
				if want := "lm_head.weight: want the values of " + name; err == nil || !strings.Contains(err.Error(), want) {
					t.Errorf("another head beside a tied embedding: want %q, have %v", want, err)
				}
			}
			parity(t, open(t, rewrite(t, dir, same, add...)), filepath.Join(dir, "golden.safetensors"))
		})
	}
}

// embeddingOf returns the name of a model's embedding table: the only matrix of
// its shape, in models that tie the head to it.
func embeddingOf(t *testing.T, m *Model) string {
	t.Helper()
	for name := range m.Source().Names() {
		if x, err := m.Source().Tensor(name); err == nil && slices.Equal(x.Shape, []int{m.config.Vocab, m.config.Dim}) {
			return name
		}
	}
	t.Fatal("no embedding")
	return ""
}
