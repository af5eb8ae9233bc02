package model

import (
	"math"
	"slices"

	"premlp/layers"
	"premlp/weights"
)

// ggufRopeKeys maps metadata of rotary embeddings to keys of rope_scaling.
var ggufRopeKeys = map[string]string{
	"rope.freq_base":                       "rope_theta",
	"rope.scaling.type":                    "rope_type",
	"rope.scaling.factor":                  "factor",
	"rope.scaling.original_context_length": "original_max_position_embeddings",
	"rope.scaling.attn_factor":             "attention_factor",
	"rope.scaling.yarn_attn_factor":        "attention_factor",
	"rope.scaling.yarn_beta_fast":          "beta_fast",
	"rope.scaling.yarn_beta_slow":          "beta_slow",
}

// ropeTensorNames lists tensors that hold a rope's parameters, the keys of
// rope_scaling that they are, and the rope's type that they alone tell of.
var ropeTensorNames = []struct{ file, key, kind string }{
	{"rope_freqs.weight", "factors", "factors"},
	{"rope_factors_short.weight", "short_factor", "longrope"},
	{"rope_factors_long.weight", "long_factor", "longrope"},
}

// ropeTensors adds parameters that are stored as tensors, which are vectors, to
// those of the metadata.
func ropeTensors(g *weights.GGUF, rope map[string]any) error {
	if rope["rope_type"] == "none" {
		delete(rope, "rope_type")
	}
	for _, named := range ropeTensorNames {
		if !g.Has(named.file) {
			continue
		}
		t, err := g.Tensor(named.file, -1)
		if err != nil {
			return err
		}
		var list []any
		for _, f := range t.Floats() {
			list = append(list, f)
		}
		rope[named.key] = list
		if _, ok := rope["rope_type"]; !ok {
			rope["rope_type"] = named.kind
		}
	}
	return nil
}

// factorRope divides each frequency by a factor of its own, in which form GGUF
// has the ropes of Llama 3. Where these factors are Llama 3's formula, it is
// computed anew: the blended frequencies then have the bits of the formula.
func factorRope(c *Config, p *keys, width int) {
	list := p.floats("factors", width/2)
	if list == nil {
		return
	}
	plain := slices.Clone(c.Rope.Inverse)
	for i := range list {
		c.Rope.Inverse[i] /= float32(list[i])
	}
	scaling, ok := llama3Behind(plain, list)
	if !ok {
		return
	}
	llama3Rope(plain, scaling)
	for i, f := range plain {
		if math.Abs(float64(f-c.Rope.Inverse[i])) > 1e-6*float64(f) {
			return
		}
	}
	c.Rope = layers.Rope{Inverse: plain, Factor: 1}
	c.RopeType = "llama3"
}

// llama3Behind finds the parameters by which Llama 3's formula gives factors, all
// of them if low and high are 1 and 4 as in the published models. A blended
// frequency of wavelength λ has the factor
//
//	1/((1-s)/factor + s), s = (original/λ - low)/(high - low)
//
// ok is false where none is blended.
func llama3Behind(plain []float32, factors []float64) (s llama3Scaling, ok bool) {
	s = llama3Scaling{factor: slices.Max(factors), low: 1, high: 4}
	for i, by := range factors {
		if by > 1 && by < s.factor {
			share := (1/by - 1/s.factor) / (1 - 1/s.factor)
			wavelength := 2 * math.Pi / float64(plain[i])
			s.original = math.Round(wavelength * (s.low + share*(s.high-s.low)))
			return s, true
		}
	}
	return s, false
}
