package model

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// withGeneration copies the llama variant, its eos_token_id replaced, beside a
// generation_config.json ("": none), and opens it.
func withGeneration(t *testing.T, end, generation string) (*Model, error) {
	t.Helper()
	from, dir := filepath.Join("testdata", "arch", "llama"), t.TempDir()
	files := map[string]string{}
	for _, name := range []string{"config.json", "model.safetensors"} {
		data, err := os.ReadFile(filepath.Join(from, name))
		if err != nil {
			t.Fatal(err)
		}
		files[name] = string(data)
	}
	files["config.json"] = strings.Replace(files["config.json"], `"eos_token_id": 2`, `"eos_token_id": `+end, 1)
	if generation != "" {
		files["generation_config.json"] = generation
	}
	for name, data := range files {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(data), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	m, err := Open(dir)
	if err == nil {
		t.Cleanup(func() { m.Close() })
	}
	return m, err
}

func TestEndIDs(t *testing.T) {
	for _, c := range []struct {
		config, generation string
		want               []int32
		err                string
	}{
		{config: "2", want: []int32{2}},
		{config: "[2, 7]", want: []int32{2, 7}},
		{config: "null"},
		{config: "2", generation: `{"eos_token_id": [5, 6]}`, want: []int32{5, 6}},
		{config: "2", generation: `{"eos_token_id": 5}`, want: []int32{5}},
		{config: "2", generation: `{"temperature": 1.0}`, want: []int32{2}},
		{config: `"</s>"`, err: "config.json: eos_token_id: want a token id or a list of them"},
		{config: "[2, -1]", err: "eos_token_id: want a token id"},
		{config: "2", generation: `{"eos_token_id": 1.5}`, err: "generation_config.json: eos_token_id"},
		{config: "2", generation: `[]`, err: "generation_config.json"},
	} {
		m, err := withGeneration(t, c.config, c.generation)
		switch {
		case c.err != "":
			if err == nil || !strings.Contains(err.Error(), c.err) {
				t.Errorf("%s, %s: want %q, have %v", c.config, c.generation, c.err, err)
			}
		case err != nil:
			t.Errorf("%s, %s: %v", c.config, c.generation, err)
		case !slices.Equal(m.EndIDs(), c.want):
			t.Errorf("%s, %s: want %v, have %v", c.config, c.generation, c.want, m.EndIDs())
		}
	}
}
