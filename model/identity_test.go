package model

import (
	"fmt"
	"math"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"premlp/layers"
	"premlp/weights"
)

// TestIdentities checks the places the golden files do not hold: the norm of the
// stream that the MLP reads is mlp_in, resid_mid + mlp_out is resid_post, the
// stored statistics are the norm's, and resid_post of a block is resid_pre of the
// next.
func TestIdentities(t *testing.T) {
	for _, dir := range variants(t) {
		t.Run(filepath.Base(dir), func(t *testing.T) {
			m := open(t, dir)
			golden, err := weights.OpenSafetensors(filepath.Join(dir, "golden.safetensors"))
			if err != nil {
				t.Fatal(err)
			}
			defer golden.Close()
			ids, err := golden.Ints("1.ids")
			if err != nil {
				t.Fatal(err)
			}
			got := capture(t, session(t, m, 2), Pack([][]int32{ids}, nil))
			read := layers.ResidPre // what the MLP's norm reads
			if slices.Contains(m.Sites(), layers.ResidMid) {
				read = layers.ResidMid
			}
			for i := range m.Config().Layers {
				at := func(s Site) Rows { return got[Point{Site: s, Layer: i}] }
				if at(layers.MLPIn).StatsPerRow == 0 { // no norm stands before the MLP
					if !equalBits(at(layers.MLPIn).Data, at(read).Data) {
						t.Errorf("layer %d: mlp_in differs from the stream", i)
					}
				} else {
					checkNorm(t, i, at(read), at(layers.MLPIn), mlpNorm(t, m, i), normEps(m))
				}
				if read == layers.ResidMid && !slices.Contains(changesBranch, m.Config().Architecture) {
					checkSum(t, m, i, at)
				}
				if i > 0 && !equalBits(at(layers.ResidPre).Data, got[Point{Site: layers.ResidPost, Layer: i - 1}].Data) {
					t.Errorf("layer %d: resid_pre differs from the resid_post before it", i)
				}
			}
		})
	}
}

// changesBranch lists the architectures that norm or scale what the MLP returns
// before they add it.
var changesBranch = []string{
	"Gemma2ForCausalLM", "Gemma3ForCausalLM", "Glm4ForCausalLM", "GraniteForCausalLM", "Olmo2ForCausalLM", "Exaone4ForCausalLM",
}

// plusOne lists the architectures that store a norm's weight as its distance
// from 1.
var plusOne = []string{"NemotronForCausalLM", "GemmaForCausalLM", "Gemma2ForCausalLM", "Gemma3ForCausalLM"}

// normEps returns the epsilon of a model's norms.
func normEps(m *Model) float64 {
	if m.Config().Architecture == "OlmoForCausalLM" {
		return 1e-5 // no key of its config
	}
	return m.Config().NormEps
}

// addsStream lists the architectures whose MLP module adds the stream itself.
var addsStream = []string{"BloomForCausalLM", "MptForCausalLM"}

// checkSum checks that resid_post is the stream plus what the MLP returns.
func checkSum(t *testing.T, m *Model, layer int, at func(Site) Rows) {
	t.Helper()
	mid, out, post := at(layers.ResidMid).Data, at(layers.MLPOut).Data, at(layers.ResidPost).Data
	if slices.Contains(addsStream, m.Config().Architecture) {
		if !equalBits(out, post) {
			t.Errorf("layer %d: mlp_out differs from resid_post", layer)
		}
		return
	}
	for j := range mid {
		if mid[j]+out[j] != post[j] {
			t.Fatalf("layer %d: resid_mid + mlp_out differs from resid_post at %d", layer, j)
		}
	}
}

// mlpNorms lists the names of norms before an MLP: the first that a block has is
// the one that makes mlp_in.
var mlpNorms = []string{
	"pre_feedforward_layernorm", "ln_mlp", "ln_2", "norm_2", "post_attention_layernorm", "final_layer_norm", "ln_1", "input_layernorm",
}

// norm is a norm's weight and bias [D].
type norm struct{ gain, offset []float32 }

// mlpNorm reads the norm that makes a block's mlp_in.
func mlpNorm(t *testing.T, m *Model, layer int) norm {
	t.Helper()
	n := norm{make([]float32, m.Config().Dim), make([]float32, m.Config().Dim)}
	for i := range n.gain {
		n.gain[i] = 1
	}
	for name := range m.Source().Names() {
		blocks, _, ok := strings.Cut(name, ".0.")
		if !ok {
			continue
		}
		path := fmt.Sprintf("%s.%d.", blocks, layer)
		at := slices.IndexFunc(mlpNorms, func(n string) bool { return m.Source().Has(path + n + ".weight") })
		if at < 0 {
			return n // without weights
		}
		if w, err := m.Source().Tensor(path+mlpNorms[at]+".weight", m.Config().Dim); err == nil {
			n.gain = w.Floats()
		}
		if b, err := m.Source().Tensor(path+mlpNorms[at]+".bias", m.Config().Dim); err == nil {
			n.offset = b.Floats()
		}
		break
	}
	if slices.Contains(plusOne, m.Config().Architecture) {
		for i := range n.gain {
			n.gain[i]++
		}
	}
	return n
}

// checkNorm holds mlp_in and its statistics against the norm of x in float64:
// RMSNorm where a row has one, LayerNorm where it has two.
func checkNorm(t *testing.T, layer int, x, in Rows, n norm, eps float64) {
	t.Helper()
	per := in.StatsPerRow
	if per != 1 && per != 2 || len(in.Stats)*in.Dim != len(in.Data)*per {
		t.Fatalf("layer %d: want one or two statistics for each row, have %d for %d values", layer, len(in.Stats), len(in.Data))
	}
	for r := range in.Len() {
		row := x.Row(r)
		var mean, square, top float64
		if per == 2 {
			for _, v := range row {
				mean += float64(v) / float64(x.Dim)
			}
		}
		for _, v := range row {
			square += (float64(v) - mean) * (float64(v) - mean)
		}
		scale := math.Sqrt(square/float64(x.Dim) + eps)
		stats := in.Stats[r*per : (r+1)*per]
		if have := float64(stats[per-1]); math.Abs(have-scale) > 1e-7*scale {
			t.Errorf("layer %d, row %d: scale: want %v, have %v", layer, r, scale, have)
		}
		if have := float64(stats[0]); per == 2 && math.Abs(have-mean) > 1e-7*scale {
			t.Errorf("layer %d, row %d: mean: want %v, have %v", layer, r, mean, have)
		}
		want := func(j int) float64 {
			return (float64(row[j])-mean)/scale*float64(n.gain[j]) + float64(n.offset[j])
		}
		for j := range row {
			top = max(top, math.Abs(want(j)))
		}
		for j := range row {
			if off := math.Abs(want(j) - float64(in.Row(r)[j])); off > 5e-7*top {
				t.Fatalf("layer %d, row %d, value %d: the norm is off mlp_in by %g", layer, r, j, off)
			}
		}
	}
}
