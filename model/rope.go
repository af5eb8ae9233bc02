package model

import (
	"math"

	"premlp/layers"
)

// rope reads the rotary embedding from a config in either published form:
// rope_parameters holding everything, or rope_theta beside rope_scaling.
func (c *Config) rope(k *keys) {
	p := k.object("rope_parameters")
	if p == nil {
		p = k.object("rope_scaling")
	}
	theta := k.float("rope_theta", 10000, 0)
	c.RopeTheta, c.RopeType = theta, "default"
	if p != nil {
		c.RopeTheta = p.float("rope_theta", theta, 0)
		c.RopeType = p.text("rope_type", p.text("type", "default"))
		p.ignore("type")
	}
	c.Rope = layers.Rope{Inverse: layers.RopeFrequencies(c.RopeTheta, c.rotated(k, p)), Factor: 1}
	switch {
	case c.RopeType == "default":
	case p == nil:
		k.fail("rope_parameters", "the parameters of rope type %q", c.RopeType)
	case c.RopeType == "linear":
		linearRope(c.Rope.Inverse, p.float("factor", 1, 0))
	case c.RopeType == "llama3":
		llama3Rope(c.Rope.Inverse, llama3Scaling{
			factor:   p.float("factor", 8, 0),
			low:      p.float("low_freq_factor", 1, 0),
			high:     p.float("high_freq_factor", 4, 0),
			original: p.float("original_max_position_embeddings", 8192, 0),
		})
	default:
		p.fail("rope_type", "default, linear or llama3")
	}
	if p != nil {
		k.join(p)
	}
}

// linearRope divides every frequency by factor: positions are interpolated.
// Chen et al., "Extending context window of large language models via
// positional interpolation", 2023.
func linearRope(inverse []float32, factor float64) {
	for i := range inverse {
		inverse[i] /= float32(factor)
	}
}

// llama3Scaling holds Llama 3.1's rope_scaling.
type llama3Scaling struct {
	factor    float64 // divides the low frequencies
	low, high float64 // wavelengths per original context that bound the blend
	original  float64 // context length before scaling
}

// llama3Rope divides frequencies whose wavelength exceeds original/low by
// factor, keeps those below original/high, and blends linearly between. It
// follows Llama 3.1's published formula in float32, as the reference does.
func llama3Rope(inverse []float32, s llama3Scaling) {
	longest, shortest := s.original/s.low, s.original/s.high
	for i, f := range inverse {
		wavelength := 2 * math.Pi / float64(f)
		switch {
		case wavelength > longest:
			inverse[i] = f / float32(s.factor)
		case wavelength >= shortest:
			smooth := float32((s.original/wavelength - s.low) / (s.high - s.low))
			inverse[i] = float32((1-smooth)*(f/float32(s.factor))) + float32(smooth*f)
		}
	}
}
