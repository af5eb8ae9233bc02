package main

import (
	"encoding/json"
	"math/rand/v2"
	"os"
	"path/filepath"
	"testing"

	"premlp/weights"
)

// tinyChat is a chat template that shows a date, so that --date matters.
const tinyChat = `{% for m in messages %}<|im_start|>{{ m.role }}
{{ m.content }}<|im_end|>
{% endfor %}<|im_start|>assistant ({{ strftime_now("%Y-%m-%d") }})
`

// tinyModel makes a folder with a small random model of the Llama family whose
// vocabulary is that of a small tokenizer, and a chat template.
func tinyModel(t *testing.T) string {
	t.Helper()
	const arch = "../../model/testdata/arch/llama"
	dir := t.TempDir()
	tokenizer := readFile(t, "../../tokenizer/testdata/mini/smollm2.json")
	writeFile(t, dir, "tokenizer.json", tokenizer)
	chat, err := json.Marshal(map[string]any{"chat_template": tinyChat, "eos_token": map[string]string{"content": "<|im_end|>"}})
	if err != nil {
		t.Fatal(err)
	}
	writeFile(t, dir, "tokenizer_config.json", chat)

	const vocab = 1700
	var config map[string]any
	if err := json.Unmarshal(readFile(t, arch+"/config.json"), &config); err != nil {
		t.Fatal(err)
	}
	config["vocab_size"] = vocab
	data, err := json.Marshal(config)
	if err != nil {
		t.Fatal(err)
	}
	writeFile(t, dir, "config.json", data)

	source, err := weights.OpenSafetensors(arch)
	if err != nil {
		t.Fatal(err)
	}
	defer source.Close()
	r := rand.New(rand.NewPCG(1, 2))
	var outputs []weights.Output
	for name := range source.Names() {
		w, err := source.Tensor(name)
		if err != nil {
			t.Fatal(err)
		}
		values, shape := w.Floats(), w.Shape
		if name == "lm_head.weight" || name == "model.embed_tokens.weight" {
			values, shape = make([]float32, vocab*w.Cols()), []int{vocab, w.Cols()}
			for i := range values {
				values[i] = float32(r.NormFloat64())
			}
		}
		outputs = append(outputs, weights.FloatOutput(name, values, shape...))
	}
	if err := weights.WriteSafetensors(filepath.Join(dir, "model.safetensors"), outputs, nil); err != nil {
		t.Fatal(err)
	}
	return dir
}

// readFile reads a file of the repository.
func readFile(t *testing.T, path string) []byte {
	t.Helper()
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return data
}

// writeFile writes a file and returns its path.
func writeFile(t *testing.T, dir, name string, data []byte) string {
	t.Helper()
	path := filepath.Join(dir, name)
	if err := os.WriteFile(path, data, 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}
