package tokenizer

import "golang.org/x/text/unicode/norm"

// newMarks are the characters with a combining class in Unicode 15 that have
// none in the older normalization tables of the Hugging Face library 0.23.3,
// found by normalizing each of them between a letter and another mark.
var newMarks = [...]struct{ first, last rune }{
	{0x7fd, 0x7fd}, {0x898, 0x89f}, {0x8ca, 0x8d3}, {0x9fe, 0x9fe}, {0xc3c, 0xc3c}, {0xd3b, 0xd3c},
	{0xeba, 0xeba}, {0x1715, 0x1715}, {0x1abf, 0x1ace}, {0x1df6, 0x1dfa}, {0xa82c, 0xa82c},
	{0x10d24, 0x10d27}, {0x10eab, 0x10eac}, {0x10efd, 0x10eff}, {0x10f46, 0x10f50}, {0x10f82, 0x10f85},
	{0x11070, 0x11070}, {0x1133b, 0x1133b}, {0x1145e, 0x1145e}, {0x11839, 0x1183a}, {0x1193d, 0x1193e},
	{0x11943, 0x11943}, {0x119e0, 0x119e0}, {0x11a34, 0x11a34}, {0x11a47, 0x11a47}, {0x11a99, 0x11a99},
	{0x11d42, 0x11d42}, {0x11d44, 0x11d45}, {0x11d97, 0x11d97}, {0x11f41, 0x11f42}, {0x16ff0, 0x16ff1},
	{0x1e08f, 0x1e08f}, {0x1e130, 0x1e136}, {0x1e2ae, 0x1e2ae}, {0x1e2ec, 0x1e2ef}, {0x1e4ec, 0x1e4ef},
}

// newComposite is the one character that composes in Unicode 15 and not in
// those tables.
const newComposite = '\U00011938'

// combiningClass returns the canonical combining class of r under those tables.
func combiningClass(r rune) uint8 {
	class := norm.NFD.PropertiesString(string(r)).CCC()
	if class == 0 {
		return 0
	}
	for _, m := range newMarks {
		if r >= m.first && r <= m.last {
			return 0
		}
	}
	return class
}
