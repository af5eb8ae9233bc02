// Weights as a checkpoint stores them to float32, with the bits of package weights
// (NaNs are alike). Each format is a function of a block's bytes and the number j of
// a value in it; table is the format's list or grid, as package weights has it.

typedef unsigned char byte;
typedef signed char code;

// Little-endian, at any address.
DEVICE unsigned two_bytes(const byte *b) { return b[0] | b[1] << 8; }
DEVICE unsigned four_bytes(const byte *b) { return two_bytes(b) | two_bytes(b + 2) << 16; }

// The value of 16 bits of binary16. Moved into place they are a float32 of an exponent
// that is 112 too small, subnormal ones too; infinities and NaNs keep their fraction.
DEVICE float half_bits(unsigned h) {
	unsigned size = (h & 0x7fff) << 13;
	float finite = bits_float(size) * 5192296858534827628530496329220096.0f; // 2^112
	unsigned bits = size < 0x0f800000 ? __builtin_bit_cast(unsigned, finite) : size | 0x7f800000;
	return bits_float((h & 0x8000) << 16 | bits);
}

DEVICE float half(const byte *b) { return half_bits(two_bytes(b)); }

// Value j of 32 that 16 bytes have: the low nibble of byte j, or the high one of
// byte j - 16.
DEVICE int nibble(const byte *qs, int j) { return qs[j & 15] >> (j >> 4) * 4 & 15; }

// The start of row r of w, or of the row that rows lists there.
DEVICE const byte *stored_row(const byte *w, const int *rows, int r, int bytes) { return w + (long long)(rows ? rows[r] : r) * bytes; }

// out [count, cols] = the first rows of w, or those that rows lists. A block of
// threads has a row at a time, a thread four values, which lie in one block of LENGTH
// values in BYTES bytes.
#define EXPAND(format, LENGTH, BYTES) \
	KERNEL void expand_##format(float *out, const byte *w, const code *table, const int *rows, int count, int cols) { \
		for (int r = BLOCK; r < count; r += BLOCKS) { \
			const byte *row = stored_row(w, rows, r, cols / LENGTH * BYTES); \
			for (unsigned i = THREAD * 4; i < (unsigned)cols; i += THREADS * 4) { \
				const byte *b = row + i / LENGTH * BYTES; \
				unsigned j = i % LENGTH; \
				*(Four *)(out + (long long)r * cols + i) = \
					Four{format(b, j, table), format(b, j + 1, table), format(b, j + 2, table), format(b, j + 3, table)}; \
			} \
		} \
	}

// Formats of one value in two bytes.
#define EXPAND_HALF(format, value) \
	KERNEL void expand_##format(float *out, const byte *w, const code *, const int *rows, int count, int cols) { \
		for (int r = BLOCK; r < count; r += BLOCKS) { \
			const unsigned short *x = (const unsigned short *)stored_row(w, rows, r, cols * 2); \
			for (int i = THREAD; i < cols; i += THREADS) out[(long long)r * cols + i] = value(x[i]); \
		} \
	}

DEVICE float bfloat_bits(unsigned h) { return bits_float(h << 16); }

EXPAND_HALF(f16, half_bits)
EXPAND_HALF(bf16, bfloat_bits)
