// Rounds the rows of x [rows, k] for the products of tensor.cu: as rows of pitch bytes,
// zeros behind k. A block has a row at a time.

DEVICE unsigned bits_of(float x) { return __builtin_bit_cast(unsigned, x); }

// To bf16, to nearest, ties to even: the upper half of a float32.
DEVICE unsigned rounded_bf16(float x) {
	unsigned u = bits_of(x);
	if ((u & 0x7fffffff) > 0x7f800000) return u >> 16 | 0x40; // NaN
	return (u + 0x7fff + (u >> 16 & 1)) >> 16;
}

// To tf32, 10 bits behind the first, to nearest, ties away from zero: cvt.rna.tf32.f32.
DEVICE float rounded_tf32(float x) {
	unsigned u = bits_of(x);
	if ((u & 0x7f800000) == 0x7f800000) return x; // infinite or NaN
	return __builtin_bit_cast(float, (u + 0x1000) & 0xffffe000);
}

typedef float Four __attribute__((vector_size(16)));

// Loads 4 values of a row of k from the c-th on, zeros behind it.
DEVICE Four four_of(const float *row, int c, int k, bool aligned) {
	if (aligned && c + 4 <= k) return *(const Four *)(row + c);
	Four v = {0, 0, 0, 0};
#pragma unroll
	for (int j = 0; j < 4; j++)
		if (c + j < k) v[j] = row[c + j];
	return v;
}

DEVICE bool rows_aligned(const float *x, int k) { return k % 4 == 0 && (unsigned long long)x % 16 == 0; }

KERNEL void round_bf16(unsigned long long *__restrict__ out, const float *__restrict__ x, int rows, int k, int pitch) {
	bool aligned = rows_aligned(x, k);
	for (long long row = BLOCK; row < rows; row += BLOCKS) {
#pragma unroll 4
		for (int i = THREAD; i < pitch / 8; i += THREADS) { // 4 values
			Four v = four_of(x + row * k, i * 4, k, aligned);
			unsigned low = rounded_bf16(v[0]) | rounded_bf16(v[1]) << 16, high = rounded_bf16(v[2]) | rounded_bf16(v[3]) << 16;
			out[row * (pitch / 8) + i] = low | (unsigned long long)high << 32;
		}
	}
}

KERNEL void round_tf32(float *__restrict__ out, const float *__restrict__ x, int rows, int k, int pitch) {
	bool aligned = rows_aligned(x, k);
	for (long long row = BLOCK; row < rows; row += BLOCKS) {
#pragma unroll 4
		for (int i = THREAD; i < pitch / 16; i += THREADS) {
			Four v = four_of(x + row * k, i * 4, k, aligned);
#pragma unroll
			for (int j = 0; j < 4; j++) v[j] = rounded_tf32(v[j]);
			*(Four *)(out + row * (pitch / 4) + i * 4) = v;
		}
	}
}
