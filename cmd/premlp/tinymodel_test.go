package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"testing"

	"premlp/collect/collecttest"
)

// datedChat is a chat template that shows a date, so that --date matters.
const datedChat = `{% for m in messages %}<|im_start|>{{ m.role }}
{{ m.content }}<|im_end|>
{% endfor %}<|im_start|>assistant ({{ strftime_now("%Y-%m-%d") }})
`

// tinyModel makes a small random model with a tokenizer and a chat template.
func tinyModel(t *testing.T) string {
	t.Helper()
	dir := collecttest.Model(t, 1)
	config, err := json.Marshal(map[string]string{"chat_template": datedChat})
	if err != nil {
		t.Fatal(err)
	}
	writeFile(t, dir, "tokenizer_config.json", config)
	return dir
}

// readFile reads a file.
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
