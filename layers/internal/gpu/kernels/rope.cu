// Rotates 2·half values of each head of x [rows, heads, width] by its row's angles,
// cos and sin [positions, half] at pos[t]: the pair i is values i and i+half behind
// from, or with interleaved neighbours. Other values are copied. A thread has a pair
// or a value that is copied; n = rows·heads·(width - half).
KERNEL void rope(float *out, const float *x, const int *pos, const float *cos, const float *sin, long long n, int heads, int width, int half, int from, int interleaved) {
	int per = width - half;
	EACH(i, n) {
		int j = i % per;
		long long head = i / per;
		const float *in = x + head * width;
		float *to = out + head * width;
		if (j >= half) {
			j -= half; // of those that are copied
			if (j >= from) j += 2 * half;
			to[j] = in[j];
			continue;
		}
		long long at = (long long)pos[head / heads] * half + j;
		int a = from + (interleaved ? 2 * j : j), b = a + (interleaved ? 1 : half);
		float u = in[a], v = in[b], c = cos[at], s = sin[at];
		to[a] = u * c - v * s;
		to[b] = v * c + u * s;
	}
}
