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
	if p == nil {
		p = newKeys(k.where, map[string]any{})
	}
	theta := k.float("rope_theta", 10000, 0)
	c.readRope(k, p, theta)
	k.join(p)
}

// readRope fills the config's rope from its parameters p, which override the
// base frequency and what the keys beside them say.
func (c *Config) readRope(k, p *keys, theta float64) {
	c.Positions = "rotary"
	c.RopeTheta = p.float("rope_theta", theta, 0)
	c.RopeType = p.text("rope_type", p.text("type", "default"))
	p.ignore("type")
	width := c.rotated(k, p)
	c.Rope, c.yarnScale = layers.Rope{Inverse: layers.RopeFrequencies(c.RopeTheta, width), Factor: 1}, 1
	read, ok := ropeTypes[c.RopeType]
	if !ok {
		p.fail("rope_type", "one of default, linear, dynamic, llama3, yarn, longrope")
		return
	}
	read(c, p, width)
	for _, f := range append(c.Rope.Inverse[:len(c.Rope.Inverse):len(c.Rope.Inverse)], c.Rope.Factor) {
		if f-f != 0 || f < 0 {
			p.fail("rope_type", "parameters that give finite frequencies")
			break
		}
	}
}

// ropeTypes changes the default rope of a config to each published type.
var ropeTypes = map[string]func(c *Config, p *keys, width int){
	"default": func(c *Config, p *keys, _ int) {
		p.ignore("factor", "original_max_position_embeddings") // some configs repeat them
	},
	"linear": func(c *Config, p *keys, _ int) {
		linearRope(c.Rope.Inverse, p.float("factor", 1, 0))
	},
	"llama3": func(c *Config, p *keys, _ int) {
		llama3Rope(c.Rope.Inverse, llama3Scaling{
			factor:   p.float("factor", 8, 0),
			low:      p.float("low_freq_factor", 1, 0),
			high:     p.float("high_freq_factor", 4, 0),
			original: p.float("original_max_position_embeddings", 8192, 0),
		})
	},
	"dynamic":  dynamicRope,
	"yarn":     yarnRope,
	"longrope": longRope,
	"su":       longRope, // its first name
	"factors":  factorRope,
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

// dynamicRope raises the base with the length L of prompts longer than the
// config's context C, by factor f:
//
//	base' = base · (f·L/C - (f-1))^(width/(width-2))
//
// "Dynamic NTK-aware scaling", 2023, as transformers has it.
func dynamicRope(c *Config, p *keys, width int) {
	factor, context := p.float("factor", 1, 0), c.Context
	p.ignore("original_max_position_embeddings")
	theta := c.RopeTheta
	c.Rope.Kind = func(length int) int { return max(0, length-context) }
	c.Rope.Longer = func(length int) layers.Rope {
		scale := factor*float64(length)/float64(context) - (factor - 1)
		base := theta * math.Pow(scale, float64(width)/float64(width-2))
		return layers.Rope{Inverse: layers.RopeFrequencies(base, width), Factor: 1}
	}
}

// yarnRope divides low frequencies by factor, keeps high ones, blends between
// them by how often each turns over the original context, and scales cos and
// sin. Peng et al., "YaRN", 2023.
func yarnRope(c *Config, p *keys, width int) {
	factor := p.float("factor", 1, 0)
	original := p.float("original_max_position_embeddings", float64(c.Context), 0)
	fast, slow := p.float("beta_fast", 32, 0), p.float("beta_slow", 1, 0)
	mscale, all := p.float("mscale", 0, -1), p.float("mscale_all_dim", 0, -1)
	c.Rope.Factor = float32(p.float("attention_factor", yarnFactor(factor, mscale, all), 0))
	c.yarnScale = yarnScale(factor, all)
	// turns returns the pair that turns that often over the original context.
	turns := func(n float64) float64 {
		return float64(width) * math.Log(original/(n*2*math.Pi)) / (2 * math.Log(c.RopeTheta))
	}
	low, high := turns(fast), turns(slow)
	if p.flag("truncate", true) {
		low, high = math.Floor(low), math.Ceil(high)
	}
	low, high = max(low, 0), min(high, float64(width-1))
	if low == high {
		high += 0.001
	}
	for i, f := range c.Rope.Inverse {
		ramp := float32(min(max((float64(i)-low)/(high-low), 0), 1))
		keep := 1 - ramp
		c.Rope.Inverse[i] = float32(f/float32(factor)*(1-keep)) + float32(f*keep)
	}
}

// yarnFactor returns the factor on cos and sin that follows from a scaling
// factor and, in DeepSeek's form, from mscale and mscale_all_dim.
func yarnFactor(factor, mscale, all float64) float64 {
	if mscale > 0 && all > 0 {
		return yarnScale(factor, mscale) / yarnScale(factor, all)
	}
	return yarnScale(factor, 1)
}

// yarnScale returns YaRN's scale of queries and keys for a scaling factor, m of
// its logarithm: 1 where the context is not extended or m is 0.
func yarnScale(factor, m float64) float64 {
	if factor <= 1 {
		return 1
	}
	return 0.1*m*math.Log(factor) + 1
}

// longRope divides each frequency by a factor of its own, from one list for
// prompts of up to the original context and from another for longer ones. Ding
// et al., "LongRoPE", 2024.
func longRope(c *Config, p *keys, width int) {
	original := p.integerOr("original_max_position_embeddings", c.originalContext, 0, maxContext)
	if original == 0 {
		p.fail("original_max_position_embeddings", "the context before it was extended")
		return
	}
	factor := p.float("factor", float64(c.Context)/float64(original), 0)
	usual := 1.0
	if factor > 1 {
		usual = math.Sqrt(1 + math.Log(factor)/math.Log(float64(original)))
	}
	scale := float32(p.float("attention_factor", usual, 0))
	short, long := p.floats("short_factor", (width+1)/2), p.floats("long_factor", (width+1)/2)
	if short == nil || long == nil {
		return
	}
	base := c.Rope.Inverse
	divided := func(by []float64) layers.Rope {
		r := layers.Rope{Inverse: make([]float32, len(base)), Factor: scale}
		for i := range base {
			power := math.Pow(c.RopeTheta, float64(2*i)/float64(width))
			r.Inverse[i] = 1 / float32(float32(by[i])*float32(power))
		}
		return r
	}
	c.Rope = divided(short)
	longer := divided(long)
	c.Rope.Longer = func(int) layers.Rope { return longer }
	c.Rope.Kind = func(length int) int {
		if length > original {
			return 1
		}
		return 0
	}
}

// PromptKind tells lengths of prompts apart, in tokens, whose rotary embeddings
// differ: prompts can share the rows of what they begin with only where it is
// equal. It is 0 for all lengths in most models.
func (c *Config) PromptKind(length int) int {
	kind := 0
	for _, b := range c.Blocks {
		if b.Rope != nil && b.Rope.Kind != nil {
			kind = b.Rope.Kind(length)
		}
	}
	return kind
}
