// codes_legacy.go of package weights: 32 values a block.

DEVICE float q4_0(const byte *b, int j, const code *) { return half(b) * (nibble(b + 2, j) - 8); }

DEVICE float q4_1(const byte *b, int j, const code *) { return half(b) * nibble(b + 4, j) + half(b + 2); }

// Value j of 32 of 5 bits: the fifth is bit j of the four bytes at high.
DEVICE int fifth(const byte *high, const byte *qs, int j) { return nibble(qs, j) | (four_bytes(high) >> j & 1) << 4; }

DEVICE float q5_0(const byte *b, int j, const code *) { return half(b) * (fifth(b + 2, b + 6, j) - 16); }

DEVICE float q5_1(const byte *b, int j, const code *) { return half(b) * fifth(b + 4, b + 8, j) + half(b + 2); }

DEVICE float q8_0(const byte *b, int j, const code *) { return half(b) * (code)b[2 + j]; }

EXPAND(q4_0, 32, 18)
EXPAND(q4_1, 32, 20)
EXPAND(q5_0, 32, 22)
EXPAND(q5_1, 32, 24)
EXPAND(q8_0, 32, 34)
