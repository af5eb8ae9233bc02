package bench

import (
	"bytes"
	"strings"
	"testing"

	"premlp/model"
)

func TestDecode(t *testing.T) {
	m, err := model.Open(tiny)
	if err != nil {
		t.Fatal(err)
	}
	defer m.Close()
	r, err := Decode(t.Context(), m, DecodeOptions{Prompt: 3, Tokens: 5, Threads: 2, Runs: 2, Machine: quick})
	if err != nil {
		t.Fatal(err)
	}
	if r.Times.Runs != 2 || r.TokensPerSecond.Best <= 0 || r.WeightBytes <= 0 || r.ReadShare == nil {
		t.Errorf("have %+v", r)
	}
	wantKeys(t, r, "machine", "model", "threads", "prompt_tokens", "tokens", "times", "tokens_per_s", "weight_bytes", "gb_per_s", "share_of_read")
	var text bytes.Buffer
	r.Print(&text)
	if !strings.Contains(text.String(), "decoding 5 tokens behind a prompt of 3") {
		t.Errorf("have %s", text.String())
	}
	if _, err := NewDecoder(m, 0, 5, 1); err == nil {
		t.Error("no prompt: want an error")
	}
}
