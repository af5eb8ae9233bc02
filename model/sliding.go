package model

// slidingBlocks fills the blocks of a config some of which attend through a
// sliding window: those that layer_types calls sliding_attention, or, where a
// config lists none, those that usual says. window is the others' key of its
// length.
func (c *Config) slidingBlocks(k *keys, usual func(i int) bool) {
	window := k.integerOr("sliding_window", 0, 0, maxContext)
	types := k.texts("layer_types", c.Layers)
	for i := range c.Layers {
		sliding := usual(i)
		if types != nil {
			sliding = types[i] == "sliding_attention"
			if !sliding && types[i] != "full_attention" {
				k.fail("layer_types", "sliding_attention or full_attention")
			}
		}
		b := BlockConfig{Rope: &c.Rope}
		if sliding {
			if window == 0 {
				k.fail("sliding_window", "the window of block %d, which slides", i)
			}
			b.Window = window
			c.Window = window
		}
		c.Blocks = append(c.Blocks, b)
	}
}

// slidingBlocksOf fills blocks that all have one window, 0 for none, and refuses
// layer_types that say otherwise.
func (c *Config) slidingBlocksOf(k *keys, window int) {
	for _, t := range k.texts("layer_types", c.Layers) {
		if (t == "sliding_attention") != (window > 0) {
			k.fail("layer_types", "no sliding attention without a window")
			break
		}
	}
	for range c.Layers {
		c.Blocks = append(c.Blocks, BlockConfig{Window: window, Rope: &c.Rope})
	}
}

// always says that every block slides.
func always(int) bool { return true }
