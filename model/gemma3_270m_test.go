package model

import (
	"os"
	"testing"
)

// gemma270M opens the real Gemma-3-270M if it was pulled, else skips.
func gemma270M(t *testing.T) *Model {
	t.Helper()
	path := os.Getenv("PREMLP_TEST_GEMMA3")
	if path == "" {
		t.Skip("PREMLP_TEST_GEMMA3 names no file: premlp pull gemma3-270m")
	}
	return open(t, path)
}

// TestGemma270MAnswers asks the real model, which is not tuned to chat, for a
// capital: every fault of the mapping would garble what it writes.
func TestGemma270MAnswers(t *testing.T) {
	m := gemma270M(t)
	c := m.Config()
	if c.Architecture != "Gemma3ForCausalLM" || c.Blocks[5].Window != 0 || c.Blocks[4].Window != 512 || c.Blocks[4].Rope == c.Blocks[5].Rope {
		t.Errorf("want windows of 512 and a rope of their own in all blocks but each sixth, have %+v", c.Blocks[4:6])
	}
	// "Question: What is the capital of France? Answer:", behind <bos>.
	prompt := []int32{2, 14977, 236787, 2900, 563, 506, 5279, 529, 7001, 236881, 25685, 236787}
	have := generate(t, generator(t, m, GeneratorOptions{Prompt: len(prompt), MaxTokens: 1}), prompt, GenerateOptions{MaxTokens: 1}).Samples[0]
	tokens, _ := m.GGUF().Meta().Strings("tokenizer.ggml.tokens")
	if text := tokens[have.IDs[0]]; text != "▁Paris" {
		t.Errorf("want Paris, have %q", text)
	}
}
