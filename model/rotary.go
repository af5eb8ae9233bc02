package model

// rotated returns how many values of a head are rotated: all of them, or as many
// as rotary_dim says (GPT-J), or the share that partial_rotary_factor says, in the
// rope's own parameters p (nil: none) or beside them. Values are rotated in pairs:
// an odd number is rounded up, in all but the exponents of its frequencies.
func (c *Config) rotated(k, p *keys) int {
	share := k.float("partial_rotary_factor", 1, 0)
	if p != nil {
		share = p.float("partial_rotary_factor", share, 0)
	}
	n := k.integerOr("rotary_dim", int(float64(c.HeadDim)*share), 1, maxWidth)
	switch {
	case n == c.HeadDim && n%2 != 0:
		k.fail("head_dim", "an even number")
	case n < 1 || n+n%2 > c.HeadDim:
		k.fail("partial_rotary_factor", "a share of a head's %d values", c.HeadDim)
	default:
		return n
	}
	return min(c.HeadDim, 2)
}
