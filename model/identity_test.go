package model

import (
	"fmt"
	"math"
	"path/filepath"
	"testing"

	"premlp/layers"
	"premlp/weights"
)

// identities names, for architectures with an RMSNorm in front of the MLP, that
// norm, what is added to its weight, and whether another stands behind the MLP.
var identities = map[string]struct {
	name   string
	plus   float32
	behind bool
}{
	"LlamaForCausalLM": {name: "post_attention_layernorm"}, "MistralForCausalLM": {name: "post_attention_layernorm"},
	"MixtralForCausalLM": {name: "post_attention_layernorm"}, "Qwen2ForCausalLM": {name: "post_attention_layernorm"},
	"Qwen2MoeForCausalLM": {name: "post_attention_layernorm"}, "Qwen3ForCausalLM": {name: "post_attention_layernorm"},
	"Qwen3MoeForCausalLM": {name: "post_attention_layernorm"}, "Phi3ForCausalLM": {name: "post_attention_layernorm"},
	"SmolLM3ForCausalLM": {name: "post_attention_layernorm"}, "SeedOssForCausalLM": {name: "post_attention_layernorm"},
	"OlmoeForCausalLM": {name: "post_attention_layernorm"}, "GptOssForCausalLM": {name: "post_attention_layernorm"},
	"DeepseekV3ForCausalLM": {name: "post_attention_layernorm"},
	"GemmaForCausalLM":      {name: "post_attention_layernorm", plus: 1},
	"Gemma2ForCausalLM":     {name: "pre_feedforward_layernorm", plus: 1, behind: true},
	"Gemma3ForCausalLM":     {name: "pre_feedforward_layernorm", plus: 1, behind: true},
	"Glm4ForCausalLM":       {name: "post_attention_layernorm", behind: true},
}

// TestIdentities checks the places the golden files do not hold: the norm of
// resid_mid is mlp_in, resid_mid + mlp_out is resid_post, the stored scale is
// resid_mid's, and resid_post of a block is resid_pre of the next.
func TestIdentities(t *testing.T) {
	for _, dir := range variants(t) {
		t.Run(filepath.Base(dir), func(t *testing.T) {
			m := open(t, dir)
			norm, ok := identities[m.Config().Architecture]
			if !ok {
				t.Skip("its blocks have other norms, factors or branches")
			}
			golden, err := weights.OpenSafetensors(filepath.Join(dir, "golden.safetensors"))
			if err != nil {
				t.Fatal(err)
			}
			defer golden.Close()
			ids, err := golden.Ints("2.ids")
			if err != nil {
				t.Fatal(err)
			}
			got := capture(t, session(t, m, 2), Pack([][]int32{ids}, nil))
			for i := range m.Config().Layers {
				at := func(s Site) Rows { return got[Point{Site: s, Layer: i}] }
				gain, err := m.Source().Tensor(fmt.Sprintf("model.layers.%d.%s.weight", i, norm.name), m.Config().Dim)
				if err != nil {
					t.Fatal(err)
				}
				weight := gain.Floats()
				for j := range weight {
					weight[j] += norm.plus
				}
				checkNorm(t, i, at(layers.ResidMid), at(layers.MLPIn), weight, m.Config().NormEps)
				if norm.behind {
					continue // a norm stands between the MLP and the stream
				}
				mid, out, post := at(layers.ResidMid).Data, at(layers.MLPOut).Data, at(layers.ResidPost).Data
				for j := range mid {
					if mid[j]+out[j] != post[j] {
						t.Fatalf("layer %d: resid_mid + mlp_out differs from resid_post at %d", i, j)
					}
				}
				if i > 0 && !equalBits(at(layers.ResidPre).Data, got[Point{Site: layers.ResidPost, Layer: i - 1}].Data) {
					t.Errorf("layer %d: resid_pre differs from the resid_post before it", i)
				}
			}
		})
	}
}

// checkNorm holds mlp_in and its scale against the norm of resid_mid in float64.
func checkNorm(t *testing.T, layer int, mid, in Rows, gain []float32, eps float64) {
	t.Helper()
	if in.StatsPerRow != 1 || len(in.Stats)*in.Dim != len(in.Data) {
		t.Fatalf("layer %d: want a scale for each row, have %d for %d values", layer, len(in.Stats), len(in.Data))
	}
	for r, scale := range in.Stats {
		row := mid.Data[r*mid.Dim : (r+1)*mid.Dim]
		var sum, top float64
		for _, v := range row {
			sum += float64(v) * float64(v)
		}
		want := math.Sqrt(sum/float64(mid.Dim) + eps)
		if math.Abs(float64(scale)-want) > 1e-7*want {
			t.Errorf("layer %d, row %d: scale: want %v, have %v", layer, r, want, scale)
		}
		for j, v := range row {
			top = max(top, math.Abs(float64(v)/want*float64(gain[j])))
		}
		for j, v := range row {
			if off := math.Abs(float64(v)/want*float64(gain[j]) - float64(in.Data[r*in.Dim+j])); off > 5e-7*top {
				t.Fatalf("layer %d, row %d, value %d: norm of resid_mid is off mlp_in by %g", layer, r, j, off)
			}
		}
	}
}
