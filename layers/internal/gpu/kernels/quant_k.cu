// codes_k.go of package weights: 256 values a block.

// Value j of 64 bytes: the two bits at 2n of a byte are value 32n + … of its half.
DEVICE int quarter(const byte *qs, int j) { return qs[(j >> 7) * 32 + (j & 31)] >> (j >> 5 & 3) * 2 & 3; }

// Value j of 128 bytes: groups of 32 are the low and the high nibbles of 32 bytes in
// turn.
DEVICE int nibble32(const byte *qs, int j) { return qs[(j >> 6) * 32 + (j & 31)] >> (j >> 5 & 1) * 4 & 15; }

DEVICE float q2_k(const byte *b, int j, const code *) {
	int s = b[j >> 4];
	float scale = half(b + 80) * (s & 15), low = half(b + 82) * (s >> 4);
	return scale * quarter(b + 16, j) - low;
}

DEVICE float q3_k(const byte *b, int j, const code *) {
	const byte *s = b + 96;
	int g = j >> 4, scale = (s[g & 7] >> (g >> 3) * 4 & 15) | (s[8 + (g & 3)] >> (g >> 2) * 2 & 3) << 4;
	int third = b[j & 31] >> (j >> 5) & 1;
	return half(b + 108) * (scale - 32) * (quarter(b + 32, j) + third * 4 - 4);
}

// The line of group g of Q4_K and Q5_K: the value of a code from 0 on.
DEVICE float on_line(const byte *b, int g, int value) {
	const byte *s = b + 4;
	int scale = s[g] & 63, low = s[g + 4] & 63;
	if (g >= 4) {
		scale = (s[g + 4] & 15) | s[g - 4] >> 6 << 4;
		low = s[g + 4] >> 4 | s[g] >> 6 << 4;
	}
	return half(b) * scale * value - half(b + 2) * low;
}

DEVICE float q4_k(const byte *b, int j, const code *) { return on_line(b, j >> 5, nibble32(b + 16, j)); }

DEVICE float q5_k(const byte *b, int j, const code *) {
	int fifth = b[16 + (j & 31)] >> (j >> 5) & 1;
	return on_line(b, j >> 5, nibble32(b + 48, j) | fifth << 4);
}

DEVICE float q6_k(const byte *b, int j, const code *) {
	int k = j >> 5 & 3;
	int low = b[(j >> 7) * 64 + (k & 1) * 32 + (j & 31)] >> (k >> 1) * 4 & 15;
	int high = b[128 + (j >> 7) * 32 + (j & 31)] >> k * 2 & 3;
	return half(b + 208) * (code)b[192 + (j >> 4)] * ((low | high << 4) - 32);
}

EXPAND(q2_k, 256, 84)
EXPAND(q3_k, 256, 110)
EXPAND(q4_k, 256, 144)
EXPAND(q5_k, 256, 176)
EXPAND(q6_k, 256, 210)
