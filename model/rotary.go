package model

// rotated returns how many values of a head are rotated: all of them, or the share
// that partial_rotary_factor says, in the rope's own parameters p (nil: none) or
// beside them, or as many as rotary_dim says (GPT-J). Values are rotated in pairs:
// an odd number is rounded up, in all but the exponents of its frequencies.
func (c *Config) rotated(k, p *keys) int {
	name, from := "partial_rotary_factor", k
	k.take(name)
	if p != nil {
		if _, ok := p.take(name); ok {
			from = p
		}
	}
	n := int(float64(c.HeadDim) * from.float(name, 1, 0))
	if _, ok := k.take("rotary_dim"); ok {
		name, from = "rotary_dim", k
		n = k.integer(name, 1, maxWidth)
	}
	switch {
	case n == c.HeadDim && n%2 != 0:
		k.fail("head_dim", "an even number")
	case n < 1 || n+n%2 > c.HeadDim:
		from.fail(name, "what rotates 1 to %d values of a head, not %d", c.HeadDim, n)
	default:
		return n
	}
	return min(c.HeadDim, 2)
}
