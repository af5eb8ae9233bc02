// codes_tq.go of package weights: 256 values a block, -d, 0 or d.

// Value j of bytes that have five digits to base 3 each, as package weights says:
// multiplied by 3ⁿ modulo 256, a byte begins with digit n.
DEVICE int trit(const byte *qs, int digit, int at) {
	int power = digit == 0 ? 1 : digit == 1 ? 3 : digit == 2 ? 9 : digit == 3 ? 27 : 81;
	return (qs[at] * power & 255) * 3 >> 8;
}

DEVICE float tq1_0(const byte *b, int j, const code *) {
	int value;
	if (j < 160) value = trit(b, j >> 5, j & 31);
	else if (j < 240) value = trit(b + 32, (j - 160) >> 4, j & 15);
	else value = trit(b + 48, (j - 240) >> 2, j & 3);
	return half(b + 52) * (value - 1);
}

DEVICE float tq2_0(const byte *b, int j, const code *) { return half(b + 64) * (quarter(b, j) - 1); }

EXPAND(tq1_0, 256, 54)
EXPAND(tq2_0, 256, 66)
