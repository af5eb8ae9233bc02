// Rotates 2·half values of a head x, [width], by the angles of its position, cos and
// sin [half]: the pair j is values j and j+half behind from, or with interleaved
// neighbours. Other values are copied. j < half is a pair, the rest a value that is
// copied.
DEVICE void rotate(float *out, const float *x, const float *cos, const float *sin, int j, int half, int from, int interleaved) {
	if (j >= half) {
		j -= half; // of those that are copied
		if (j >= from) j += 2 * half;
		out[j] = x[j];
		return;
	}
	int a = from + (interleaved ? 2 * j : j), b = a + (interleaved ? 1 : half);
	float u = x[a], v = x[b], c = cos[j], s = sin[j];
	out[a] = u * c - v * s;
	out[b] = v * c + u * s;
}

// Rotates the heads of x [rows, heads, width], and those of x2 [rows, heads2, width],
// by the angles of their row's position, cos and sin [positions, half] at pos[t]. A
// thread has a pair or a value that is copied: n = rows·heads·(width - half) of x, n2
// of x2; 0 is none.
KERNEL void rope(float *out, const float *x, float *out2, const float *x2, const int *pos, const float *cos, const float *sin, long long n, long long n2, int heads, int heads2, int width, int half, int from, int interleaved) {
	int per = width - half;
	EACH(i, n + n2) {
		int second = i >= n;
		long long at = second ? i - n : i, head = at / per;
		long long angles = (long long)pos[head / (second ? heads2 : heads)] * half;
		rotate((second ? out2 : out) + head * width, (second ? x2 : x) + head * width, cos + angles, sin + angles, (int)(at % per), half, from, interleaved);
	}
}
