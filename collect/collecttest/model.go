// Package collecttest makes a small model with a real tokenizer and chat
// template for tests: a Llama of three blocks with random weights.
package collecttest

import (
	_ "embed"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"testing"

	"premlp/weights"
)

// tokenizerJSON has SmolLM2's pipeline and a small vocabulary trained on own
// text.
//
//go:embed tokenizer.json
var tokenizerJSON []byte

// ChatTemplate is the model's chat template, with a default system message.
const ChatTemplate = `{% if messages[0].role != 'system' %}<|im_start|>system
You are a small model.<|im_end|>
{% endif %}{% for m in messages %}<|im_start|>{{ m.role }}
{{ m.content }}<|im_end|>
{% endfor %}{% if add_generation_prompt %}<|im_start|>assistant
{% endif %}`

// The sizes of the model.
const (
	Layers  = 3
	Dim     = 24
	Vocab   = 1604
	Context = 96
)

// Model writes the checkpoint's folder into a temporary one and returns its
// path. The weights follow from the seed.
func Model(t testing.TB, seed uint64) string {
	t.Helper()
	dir := t.TempDir()
	write := func(name string, data []byte) {
		if err := os.WriteFile(filepath.Join(dir, name), data, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	write("config.json", asJSON(t, map[string]any{
		"architectures": []string{"LlamaForCausalLM"}, "model_type": "llama", "hidden_act": "silu",
		"hidden_size": Dim, "intermediate_size": 40, "num_hidden_layers": Layers, "vocab_size": Vocab,
		"num_attention_heads": 3, "num_key_value_heads": 1, "head_dim": 8, "rms_norm_eps": 1e-5,
		"max_position_embeddings": Context, "rope_theta": 10000.0, "tie_word_embeddings": true,
	}))
	write("tokenizer.json", tokenizerJSON)
	write("tokenizer_config.json", asJSON(t, map[string]any{"chat_template": ChatTemplate, "bos_token": "<|im_start|>", "eos_token": map[string]any{"content": "<|im_end|>"}}))
	if err := weights.WriteSafetensors(filepath.Join(dir, "model.safetensors"), tensors(seed), nil); err != nil {
		t.Fatal(err)
	}
	return dir
}

func asJSON(t testing.TB, v any) []byte {
	t.Helper()
	data, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return data
}

// tensors makes random weights.
func tensors(seed uint64) []weights.Output {
	r := rand.New(rand.NewPCG(seed, 0))
	var list []weights.Output
	add := func(name string, mean float32, shape ...int) {
		n := 1
		for _, d := range shape {
			n *= d
		}
		values := make([]float32, n)
		for i := range values {
			values[i] = mean + 0.2*float32(r.NormFloat64())
		}
		list = append(list, weights.FloatOutput(name+".weight", values, shape...))
	}
	add("model.embed_tokens", 0, Vocab, Dim)
	add("model.norm", 1, Dim)
	for i := range Layers {
		p := fmt.Sprintf("model.layers.%d.", i)
		add(p+"input_layernorm", 1, Dim)
		add(p+"self_attn.q_proj", 0, 24, Dim)
		add(p+"self_attn.k_proj", 0, 8, Dim)
		add(p+"self_attn.v_proj", 0, 8, Dim)
		add(p+"self_attn.o_proj", 0, Dim, 24)
		add(p+"post_attention_layernorm", 1, Dim)
		add(p+"mlp.gate_proj", 0, 40, Dim)
		add(p+"mlp.up_proj", 0, 40, Dim)
		add(p+"mlp.down_proj", 0, Dim, 40)
	}
	return list
}
