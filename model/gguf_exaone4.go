package model

import "premlp/weights"

// exaone4GGUF is EXAONE 4.0's form. Which blocks have a sliding window is a list
// of flags.
var exaone4GGUF = &ggufArch{
	name: "exaone4",
	keys: with(ggufRMS, ggufWindow, map[string]string{"attention.sliding_window_pattern": "layer_types"}), rope: true,
	adjust: func(_ *weights.GGUF, values map[string]any) {
		slides, _ := values["layer_types"].([]any)
		for i, s := range slides {
			switch s {
			case true:
				slides[i] = "sliding_attention"
			case false:
				slides[i] = "full_attention"
			}
		}
	},
	tensors: with(olmo2GGUF.tensors),
}
