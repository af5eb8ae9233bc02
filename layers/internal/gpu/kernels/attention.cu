// Causal attention as layers/internal/kernel defines it: for the query of a row at
// position p and each key j it sees,
//
//	s[j] = scale·(q·k[j]), bounded by a cap, plus a bias of head and key
//	out  = Σ exp(s[j] - max s)·v[j] / Σ exp(s[j] - max s)
//
// q·k in blocks of 256 values, the sums over keys in blocks of 64 aligned to
// absolute positions, each one chain, added in order. A block of threads has a query
// and a head; it takes others in turn, with the same scratch.
//
// bias [heads, bias_keys] is taken at the key's position, or at its distance.
// ranges lists rows of keys, [first, count] each; segment s of the queries has those
// from starts[s] to starts[s+1], and they hold its keys from position 0 on.

enum { BLOCK_KEYS = 64 };


// The row of the key at a position.
DEVICE int key_row(const int *ranges, int from, int to, int j) {
	for (int i = from; i < to; i++) {
		int count = ranges[2 * i + 1];
		if (j < count) return ranges[2 * i] + j;
		j -= count;
	}
	return 0;
}

// q·k, in blocks.
DEVICE float product(const float *q, const float *k, int width) {
	float sum = 0;
	for (int from = 0; from < width; from += 256) {
		int to = from + 256 < width ? from + 256 : width;
		float part = 0;
		for (int i = from; i < to; i++) part = __builtin_fmaf(k[i], q[i], part);
		sum = from == 0 ? part : sum + part;
	}
	return sum;
}

KERNEL void attention(float *out, const float *q, const float *k, const float *v,
		const int *positions, const int *segments, const int *starts, const int *ranges,
		const float *bias, const float *sinks, float *scratch, int scratch_keys,
		int rows, int heads, int key_heads, int width, int window, float scale, float cap, int bias_keys, int relative) {
	SHARED static float shared_top[1024];
	float *s = scratch + (long long)BLOCK * 2 * scratch_keys, *totals = s + scratch_keys;
	for (int work = BLOCK; work < rows * heads; work += BLOCKS) {
		int t = work / heads, head = work % heads, key_head = head / (heads / key_heads);
		int position = positions[t], first = starts[segments[t]], last = starts[segments[t] + 1];
		int from = window > 0 && position + 1 > window ? position + 1 - window : 0, to = position + 1;
		const float *query = q + ((long long)t * heads + head) * width;
		float top = bits_float(0xff800000u);
		for (int j = from + THREAD; j < to; j += THREADS) {
			int row = key_row(ranges, first, last, j);
			float x = product(query, k + ((long long)row * key_heads + key_head) * width, width) * scale;
			if (cap > 0) x = cap * hyperbolic_tangent(x / cap);
			if (bias) x = x + bias[(long long)head * bias_keys + (relative ? position - j : j)];
			s[j - from] = x;
			top = x > top ? x : top;
		}
		shared_top[THREAD] = top;
		barrier();
		for (int n = THREADS / 2; n > 0; n /= 2) {
			if (THREAD < n && shared_top[THREAD + n] > shared_top[THREAD]) shared_top[THREAD] = shared_top[THREAD + n];
			barrier();
		}
		top = shared_top[0];
		if (sinks && sinks[head] > top) top = sinks[head];
		barrier();
		// A thread has a block of keys: its weights and their sum.
		int blocks = (to - 1) / BLOCK_KEYS - from / BLOCK_KEYS + 1;
		for (int b = THREAD; b < blocks; b += THREADS) {
			int j = (from / BLOCK_KEYS + b) * BLOCK_KEYS, end = j + BLOCK_KEYS < to ? j + BLOCK_KEYS : to;
			float part = 0;
			for (j = j > from ? j : from; j < end; j++) {
				float w = exponential(s[j - from] - top);
				s[j - from] = w;
				part = part + w;
			}
			totals[b] = part;
		}
		barrier();
		float total = 0;
		for (int b = 0; b < blocks; b++) total = total + totals[b];
		if (sinks) total = total + exponential(sinks[head] - top);
		for (int i = THREAD; i < width; i += THREADS) {
			float sum = 0, part = 0;
			for (int j = from; j < to; j++) {
				int row = key_row(ranges, first, last, j);
				part = __builtin_fmaf(v[((long long)row * key_heads + key_head) * width + i], s[j - from], part);
				if (j + 1 == to || (j + 1) % BLOCK_KEYS == 0) {
					sum = sum + part;
					part = 0;
				}
			}
			out[((long long)t * heads + head) * width + i] = sum / total;
		}
		barrier();
	}
}
