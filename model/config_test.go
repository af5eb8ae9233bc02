package model

import (
	"encoding/json"
	"maps"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// copyVariant copies a golden model into a temporary folder with its config
// changed, and returns the folder.
func copyVariant(t *testing.T, dir string, change func(config map[string]any)) string {
	t.Helper()
	to := t.TempDir()
	data, err := os.ReadFile(filepath.Join(dir, "config.json"))
	if err != nil {
		t.Fatal(err)
	}
	var config map[string]any
	if err := json.Unmarshal(data, &config); err != nil {
		t.Fatal(err)
	}
	change(config)
	if data, err = json.Marshal(config); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(to, "config.json"), data, 0o600); err != nil {
		t.Fatal(err)
	}
	if data, err = os.ReadFile(filepath.Join(dir, "model.safetensors")); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(to, "model.safetensors"), data, 0o600); err != nil {
		t.Fatal(err)
	}
	return to
}

// olderForm rewrites a config as checkpoints published before
// rope_parameters have it.
func olderForm(config map[string]any) {
	config["torch_dtype"] = config["dtype"]
	delete(config, "dtype")
	if rope, ok := config["rope_parameters"].(map[string]any); ok {
		olderRope(config, rope)
	}
	olderKeys(config)
}

// olderRope puts the rope's parameters beside the other keys.
func olderRope(config, rope map[string]any) {
	if full, ok := rope["full_attention"].(map[string]any); ok { // one for each kind of block
		config["rope_local_base_freq"] = rope["sliding_attention"].(map[string]any)["rope_theta"]
		rope = full
	}
	scaling := maps.Clone(rope)
	for _, key := range []string{"rope_theta", "partial_rotary_factor"} {
		if v, ok := rope[key]; ok {
			config[key] = v
		}
		delete(scaling, key)
	}
	if scaling["rope_type"] == "default" {
		config["rope_scaling"] = nil
	} else {
		config["rope_scaling"] = scaling
	}
	if scaling["rope_type"] == "linear" { // older still
		scaling["type"] = "linear"
		delete(scaling, "rope_type")
	}
	delete(config, "rope_parameters")
}

func TestGoldenVariantsWithOlderConfigs(t *testing.T) {
	for _, dir := range variants(t) {
		t.Run(filepath.Base(dir), func(t *testing.T) {
			m := open(t, copyVariant(t, dir, olderForm))
			parity(t, m, filepath.Join(dir, "golden.safetensors"))
			if len(m.Config().Unknown) > 0 {
				t.Errorf("unknown keys: %v", m.Config().Unknown)
			}
		})
	}
}

func TestConfigErrors(t *testing.T) {
	set := func(key string, value any) func(map[string]any) {
		return func(c map[string]any) { c[key] = value }
	}
	rope := func(key string, value any) func(map[string]any) {
		return func(c map[string]any) { c["rope_parameters"].(map[string]any)[key] = value }
	}
	for name, c := range map[string]struct {
		change func(map[string]any)
		want   string
	}{
		"no architecture":      {func(c map[string]any) { delete(c, "architectures") }, `architecture "": want one of`},
		"foreign architecture": {set("architectures", []string{"FooForCausalLM"}), `architecture "FooForCausalLM"`},
		"missing size":         {func(c map[string]any) { delete(c, "hidden_size") }, "hidden_size: want an integer, have nothing"},
		"negative size":        {set("hidden_size", -48), "hidden_size: want an integer from 1"},
		"huge size":            {set("num_hidden_layers", 1<<40), "num_hidden_layers: want an integer from 1 to 1024"},
		"fraction":             {set("num_attention_heads", 2.5), "num_attention_heads: want an integer"},
		"text for a number":    {set("vocab_size", "many"), "vocab_size: want an integer"},
		"uneven heads":         {set("num_key_value_heads", 3), "num_key_value_heads: want a divisor"},
		"odd head":             {set("head_dim", 11), "head_dim: want an even number"},
		"zero eps":             {set("rms_norm_eps", 0), "rms_norm_eps: want a number above 0"},
		"other activation":     {set("hidden_act", "gelu"), "hidden_act: want one of [silu], have gelu"},
		"number for a flag":    {set("attention_bias", 1), "attention_bias: want true or false"},
		"tensor parallel":      {set("pretraining_tp", 2), "pretraining_tp: want 1: nothing else is supported, have 2"},
		"quantised":            {set("quantization_config", map[string]any{"bits": 4}), "quantization_config: want no such key"},
		"unknown rope":         {rope("rope_type", "yarn2"), "rope_type: want one of default, linear, dynamic, llama3, yarn, longrope, have yarn2"},
		"unknown rope key":     {rope("mscale", 2), "rope_parameters: mscale: not supported"},
		"rope is a list":       {set("rope_parameters", []int{1}), "rope_parameters: want an object"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := Open(copyVariant(t, filepath.Join("testdata", "arch", "llama"), c.change))
			if err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("want %q, have %v", c.want, err)
			}
		})
	}
}

func TestConfigReportsAllProblemsAndUnknownKeys(t *testing.T) {
	llama := filepath.Join("testdata", "arch", "llama")
	_, err := Open(copyVariant(t, llama, func(c map[string]any) {
		c["hidden_size"], c["vocab_size"], c["hidden_act"] = 0, nil, "relu"
	}))
	for _, want := range []string{"hidden_size", "vocab_size", "hidden_act"} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("want %s named, have %v", want, err)
		}
	}
	m := open(t, copyVariant(t, llama, func(c map[string]any) { c["new_idea"] = 3 }))
	if u := m.Config().Unknown; len(u) != 1 || u[0] != "new_idea" {
		t.Errorf("want the unknown key new_idea, have %v", u)
	}
}

func TestCheckpointErrors(t *testing.T) {
	llama := filepath.Join("testdata", "arch", "llama")
	bad := open(t, copyVariant(t, llama, func(c map[string]any) { c["intermediate_size"], c["tie_word_embeddings"] = 111, true }))
	err := bad.Check()
	for _, want := range []string{"model.layers.2.mlp.down_proj.weight", "want [48, 111], have [48, 112]", "lm_head.weight: want the values of model.embed_tokens.weight"} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("want %q, have %v", want, err)
		}
	}
	m := open(t, llama)
	for _, c := range []struct {
		point Point
		want  string
	}{
		{Point{Site: "mlp_mid", Layer: 0}, "site mlp_mid: LlamaForCausalLM has none"},
		{Point{Site: "mlp_in", Layer: 3}, "mlp_in.3: want a layer from 0 to 2"},
		{Point{Site: "mlp_in", Layer: -1}, "mlp_in.-1: want a layer"},
	} {
		if _, err := m.Session(SessionOptions{Points: []Point{c.point}}); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%v: want %q, have %v", c.point, c.want, err)
		}
	}
	beside := open(t, filepath.Join("testdata", "arch", "gptj"))
	_, err = beside.Session(SessionOptions{Points: []Point{{Site: "resid_mid"}}})
	if want := "GPTJForCausalLM has none, since its MLP stands beside attention"; err == nil || !strings.Contains(err.Error(), want) {
		t.Errorf("want %q, have %v", want, err)
	}
	for _, path := range []string{t.TempDir(), filepath.Join(llama, "nothing"), filepath.Join(llama, "config.json")} {
		if _, err := Open(path); err == nil {
			t.Errorf("%s: want an error", path)
		}
	}
}
