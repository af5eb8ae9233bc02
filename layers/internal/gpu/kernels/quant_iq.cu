// codes_iq1.go to codes_iq4.go of package weights. table is a grid of rows of 8 or 4
// codes, or a list of 16.

// Eight signs of which seven are stored: their number is even.
DEVICE unsigned even_signs(unsigned stored) {
	unsigned s = stored & 127, odd = s ^ s >> 4;
	odd ^= odd >> 2;
	odd ^= odd >> 1;
	return s | (odd & 1) << 7;
}

// The code, negated where bit j of signs is set.
DEVICE int with_sign(int value, unsigned signs, int j) { return signs >> j & 1 ? -value : value; }

// Nibble g of bytes, low ones first.
DEVICE int nibble_of(const byte *b, int g) { return b[g >> 1] >> (g & 1) * 4 & 15; }

// The code of a grid of eighths, moved down or up by one.
DEVICE int moved(int value, unsigned down) { return value + 1 - 2 * (int)(down & 1); }

DEVICE float iq1_s(const byte *b, int j, const code *table) {
	int i = j >> 5, k = j >> 3 & 3;
	unsigned qh = two_bytes(b + 34 + 2 * i), row = b[2 + 4 * i + k] | (qh >> 3 * k & 7) << 8;
	float scale = half(b) * (int)((qh >> 12 & 7) * 2 + 1) * 0.125f;
	return scale * moved(table[8 * row + (j & 7)], qh >> 15);
}

DEVICE float iq1_m(const byte *b, int j, const code *table) {
	const byte *s = b + 48;
	float d = half_bits(s[1] >> 4 | s[3] >> 4 << 4 | s[5] >> 4 << 8 | s[7] >> 4 << 12);
	int i = j >> 4, n = two_bytes(s + 2 * (i >> 2)) >> (i & 3) * 3 & 7;
	unsigned high = nibble_of(b + 32, j >> 3), row = b[j >> 3] | (high & 7) << 8;
	return d * (n * 2 + 1) * 0.125f * moved(table[8 * row + (j & 7)], high >> 3);
}

DEVICE float iq2_xxs(const byte *b, int j, const code *table) {
	const byte *group = b + 2 + 8 * (j >> 5);
	int k = j >> 3 & 3;
	unsigned bits = four_bytes(group + 4);
	float scale = half(b) * (int)((bits >> 28) * 2 + 1) * 0.125f;
	return scale * with_sign(table[8 * group[k] + (j & 7)], even_signs(bits >> 7 * k), j & 7);
}

// The scale of group g of IQ2_XS and IQ2_S.
DEVICE float half_scale(const byte *b, const byte *scales, int g) { return half(b) * (nibble_of(scales, g) * 2 + 1) * 0.125f; }

DEVICE float iq2_xs(const byte *b, int j, const code *table) {
	unsigned bits = two_bytes(b + 2 + 2 * (j >> 3));
	return half_scale(b, b + 66, j >> 4) * with_sign(table[8 * (bits & 511) + (j & 7)], even_signs(bits >> 9), j & 7);
}

DEVICE float iq2_s(const byte *b, int j, const code *table) {
	int i = j >> 3, row = b[2 + i] | (b[66 + (i >> 2)] >> (i & 3) * 2 & 3) << 8;
	return half_scale(b, b + 74, j >> 4) * with_sign(table[8 * row + (j & 7)], b[34 + i], j & 7);
}

DEVICE float iq3_xxs(const byte *b, int j, const code *table) {
	unsigned bits = four_bytes(b + 66 + 4 * (j >> 5));
	float scale = half(b) * (int)((bits >> 28) * 2 + 1) * 0.25f;
	return scale * with_sign(table[4 * b[2 + (j >> 2)] + (j & 3)], even_signs(bits >> 7 * (j >> 3 & 3)), j & 7);
}

DEVICE float iq3_s(const byte *b, int j, const code *table) {
	int i = j >> 2, row = b[2 + i] | (b[66 + (i >> 3)] >> (i & 7) & 1) << 8;
	float scale = half(b) * (nibble_of(b + 106, j >> 5) * 2 + 1);
	return scale * with_sign(table[4 * row + (j & 3)], b[74 + (j >> 3)], j & 7);
}

DEVICE float iq4_nl(const byte *b, int j, const code *table) { return half(b) * table[nibble(b + 2, j)]; }

DEVICE float iq4_xs(const byte *b, int j, const code *table) {
	int i = j >> 5, scale = nibble_of(b + 4, i) | (two_bytes(b + 2) >> 2 * i & 3) << 4;
	return half(b) * (scale - 32) * table[nibble(b + 8 + 16 * i, j & 31)];
}

// The list is doubled; the lowest two scales, 2^-128 and 2^-127, are subnormal.
DEVICE float mxfp4(const byte *b, int j, const code *table) {
	unsigned e = b[0];
	return bits_float(e < 2 ? 1u << (e + 21) : (e - 1) << 23) * table[nibble(b + 1, j)];
}

EXPAND(iq1_s, 256, 50)
EXPAND(iq1_m, 256, 56)
EXPAND(iq2_xxs, 256, 66)
EXPAND(iq2_xs, 256, 74)
EXPAND(iq2_s, 256, 82)
EXPAND(iq3_xxs, 256, 98)
EXPAND(iq3_s, 256, 110)
EXPAND(iq4_nl, 32, 18)
EXPAND(iq4_xs, 256, 136)
EXPAND(mxfp4, 32, 17)
