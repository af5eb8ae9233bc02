// Causal attention as layers/internal/kernel defines it: for the query of a row at
// position p and each key j it sees,
//
//	s[j] = scale·(q·k[j]), bounded by a cap, plus a bias of head and key
//	out  = Σ exp(s[j] - max s)·v[j] / Σ exp(s[j] - max s)
//
// q·k in blocks of 256 values, the sums over keys in blocks of 64 aligned to
// absolute positions, each one chain, added in order.
//
// A block of 256 threads has up to 64 queries that share keys: `group` heads of a
// few neighbouring rows of a segment. It goes through the keys twice, 64 at a time:
// first for the largest score, then for the sums. A thread has 4 queries, and 4 keys
// of the scores or every 16th value of the result, up to VALUES of them; more values
// are other blocks'.
//
// tiles lists [first row, rows, segment] of the blocks; the last come first, as they
// have the most keys. bias [heads, bias_keys] is
// taken at the key's position, or at its distance. ranges lists rows of keys, [first,
// count] each; segment s has those from starts[s] to starts[s+1], and they hold its
// keys from position 0 on.

enum { BLOCK_KEYS = 64, QUERIES = 64, SIDE = 16, EACH_SIDE = 4, DEPTH = 32, PITCH = DEPTH + 4, WEIGHTS = BLOCK_KEYS + 1 };

DEVICE Four four_of(const float *m, int left, int aligned, float pad) { return aligned ? four<true>(m, left, pad) : four<false>(m, left, pad); }

// The row of the key at a position.
DEVICE int key_row(const int *ranges, int from, int to, int j) {
	for (int i = from; i < to; i++) {
		int count = ranges[2 * i + 1];
		if (j < count) return ranges[2 * i] + j;
		j -= count;
	}
	return 0;
}

struct Attention {
	float *out;
	const float *q, *k, *v;
	const int *positions;
	const float *bias, *sinks;
	int heads, key_heads, width, window, bias_keys, relative, aligned;
	float scale, cap;
};

// What the threads of a block share.
struct AttentionTile {
	union {
		struct { Four q[QUERIES * PITCH / 4], k[BLOCK_KEYS * PITCH / 4]; }; // DEPTH values of each
		float v[BLOCK_KEYS * SIDE * EACH_SIDE];                             // the values that 16 threads have 4 of each
	};
	float weights[QUERIES * WEIGHTS];
	int rows[BLOCK_KEYS];                                   // of the keys
	int query[QUERIES], head[QUERIES], first[QUERIES], past[QUERIES]; // the query's row, or -1; its head; keys it sees
};

// q·k of the tile's queries and of 64 keys, into t.weights: this thread's queries are
// ty + 16r, its keys tx + 16c. The chain over the width goes on from one piece of
// DEPTH values to the next. Values past the width are -0 and 0, whose product changes
// no bit of a sum. LONG: the width may be above BLOCK_K.
template <bool LONG>
DEVICE void attention_products(const Attention &a, AttentionTile &t, int key_head, int keys) {
	int ty = THREAD / SIDE, tx = THREAD % SIDE;
	float s[EACH_SIDE][EACH_SIDE], part[EACH_SIDE][EACH_SIDE];
#pragma unroll
	for (int r = 0; r < EACH_SIDE; r++)
#pragma unroll
		for (int c = 0; c < EACH_SIDE; c++) part[r][c] = 0;
	for (int from = 0; from < a.width; from += DEPTH) {
		barrier();
#pragma unroll 1
		for (int i = 0; i < QUERIES * DEPTH / 4; i += SIDE * SIDE) {
			int r = (THREAD + i) / (DEPTH / 4), d = (THREAD + i) % (DEPTH / 4), at = from + 4 * d, left = a.width - at;
			long long query = (long long)t.query[r] * a.heads + t.head[r], key = (long long)t.rows[r] * a.key_heads + key_head;
			t.q[r * (PITCH / 4) + d] = four_of(a.q + query * a.width + at, t.query[r] >= 0 ? left : 0, a.aligned, -0.0f);
			t.k[r * (PITCH / 4) + d] = four_of(a.k + key * a.width + at, r < keys ? left : 0, a.aligned, 0.0f);
		}
		barrier();
#pragma unroll 1
		for (int d = 0; d < DEPTH / 4; d++) {
			Four x[EACH_SIDE], y[EACH_SIDE];
#pragma unroll
			for (int r = 0; r < EACH_SIDE; r++) x[r] = t.q[(ty + SIDE * r) * (PITCH / 4) + d];
#pragma unroll
			for (int c = 0; c < EACH_SIDE; c++) y[c] = t.k[(tx + SIDE * c) * (PITCH / 4) + d];
#pragma unroll
			for (int i = 0; i < 4; i++)
#pragma unroll
				for (int r = 0; r < EACH_SIDE; r++)
#pragma unroll
					for (int c = 0; c < EACH_SIDE; c++) part[r][c] = __builtin_fmaf(y[c][i], x[r][i], part[r][c]);
		}
		if (!LONG || (from + DEPTH < a.width && (from + DEPTH) % BLOCK_K != 0)) continue;
#pragma unroll
		for (int r = 0; r < EACH_SIDE; r++)
#pragma unroll
			for (int c = 0; c < EACH_SIDE; c++) {
				s[r][c] = from + DEPTH <= BLOCK_K ? part[r][c] : s[r][c] + part[r][c];
				part[r][c] = 0;
			}
	}
#pragma unroll
	for (int r = 0; r < EACH_SIDE; r++)
#pragma unroll
		for (int c = 0; c < EACH_SIDE; c++) t.weights[(ty + SIDE * r) * WEIGHTS + tx + SIDE * c] = LONG ? s[r][c] : part[r][c];
}

// The score of a query of the tile and the key at position j.
DEVICE float attention_score(const Attention &a, int head, int position, int j, float product) {
	float x = product * a.scale;
	if (a.cap > 0) x = a.cap * hyperbolic_tangent(x / a.cap);
	if (a.bias) x = x + a.bias[(long long)head * a.bias_keys + (a.relative ? position - j : j)];
	return x;
}

// The rows of the keys at positions [j0, j0 + keys), for all threads.
DEVICE void attention_keys(AttentionTile &t, const int *ranges, int from, int to, int j0, int keys) {
	barrier();
	if (THREAD < keys) t.rows[THREAD] = key_row(ranges, from, to, j0 + THREAD);
	barrier();
}

// 64 values of each key, from one of the head's on, for all threads.
DEVICE void attention_values(const Attention &a, AttentionTile &t, int key_head, int keys, int from) {
	barrier();
#pragma unroll 2
	for (int i = 0; i < BLOCK_KEYS * SIDE * EACH_SIDE / 4; i += SIDE * SIDE) {
		int j = (THREAD + i) / SIDE, at = from + 4 * ((THREAD + i) % SIDE);
		const float *value = a.v + ((long long)t.rows[j] * a.key_heads + key_head) * a.width + at;
		*(Four *)(t.v + 4 * (THREAD + i)) = four_of(value, j < keys ? a.width - at : 0, a.aligned, 0.0f);
	}
	barrier();
}

// The sums over a block of keys: of the weights of this thread's queries, and of
// weight·v. A key that a query does not see is left out: adding 0 would change a -0.
template <bool ALL>
DEVICE void attention_sums(float (&whole)[EACH_SIDE], float (&part)[EACH_SIDE][EACH_SIDE], const AttentionTile &t, int keys, const int *begin, const int *past, int j0) {
	int ty = THREAD / SIDE, tx = THREAD % SIDE;
#pragma unroll
	for (int r = 0; r < EACH_SIDE; r++) {
		whole[r] = 0;
#pragma unroll
		for (int c = 0; c < EACH_SIDE; c++) part[r][c] = 0;
	}
#pragma unroll 2
	for (int j = 0; j < keys; j++) {
		float y[EACH_SIDE];
#pragma unroll
		for (int c = 0; c < EACH_SIDE; c++) y[c] = t.v[j * SIDE * EACH_SIDE + tx + SIDE * c];
#pragma unroll
		for (int r = 0; r < EACH_SIDE; r++) {
			if (!ALL && (j0 + j < begin[r] || j0 + j >= past[r])) continue;
			float x = t.weights[(ty + SIDE * r) * WEIGHTS + j];
			whole[r] = whole[r] + x;
#pragma unroll
			for (int c = 0; c < EACH_SIDE; c++) part[r][c] = __builtin_fmaf(y[c], x, part[r][c]);
		}
	}
}

template <int VALUES>
DEVICE void attend(const Attention &a, AttentionTile &t, const int *tile, const int *starts, const int *ranges, int group) {
	int ty = THREAD / SIDE, tx = THREAD % SIDE, column = BLOCK_Z * SIDE * VALUES + tx;
	int per = a.heads / a.key_heads, groups = (per + group - 1) / group;
	int key_head = BLOCK_Y / groups, head = key_head * per + BLOCK_Y % groups * group;
	int row = tile[0], rows = tile[1], first = starts[tile[2]], last = starts[tile[2] + 1];
	if (THREAD < QUERIES) {
		int r = THREAD / group, h = THREAD % group;
		int in = r < rows && head + h < (key_head + 1) * per;
		int past = in ? a.positions[row + r] + 1 : 0;
		t.query[THREAD] = in ? row + r : -1;
		t.head[THREAD] = head + h;
		t.past[THREAD] = past;
		t.first[THREAD] = a.window > 0 && past > a.window ? past - a.window : 0;
	}
	barrier();
	// Positions grow with the rows, so the first query sees the first key and the last the last.
	int from = t.first[0] / BLOCK_KEYS * BLOCK_KEYS, to = a.positions[row + rows - 1] + 1;
	int begin[EACH_SIDE], past[EACH_SIDE];
	float top[EACH_SIDE];
#pragma unroll
	for (int r = 0; r < EACH_SIDE; r++) {
		begin[r] = t.first[ty + SIDE * r], past[r] = t.past[ty + SIDE * r];
		top[r] = bits_float(0xff800000u);
	}
	for (int j0 = from; j0 < to; j0 += BLOCK_KEYS) {
		int keys = to - j0 < BLOCK_KEYS ? to - j0 : BLOCK_KEYS;
		attention_keys(t, ranges, first, last, j0, keys);
		attention_products<(SIDE * VALUES >= BLOCK_K)>(a, t, key_head, keys);
#pragma unroll
		for (int r = 0; r < EACH_SIDE; r++)
			for (int j = tx; j < keys; j += SIDE) {
				if (j0 + j < begin[r] || j0 + j >= past[r]) continue;
				float x = attention_score(a, t.head[ty + SIDE * r], past[r] - 1, j0 + j, t.weights[(ty + SIDE * r) * WEIGHTS + j]);
				top[r] = x > top[r] ? x : top[r];
			}
	}
	// The largest score of each query, over the 16 threads that have some of its keys.
	barrier();
#pragma unroll
	for (int r = 0; r < EACH_SIDE; r++) t.weights[(ty + SIDE * r) * WEIGHTS + tx] = top[r];
	barrier();
#pragma unroll
	for (int r = 0; r < EACH_SIDE; r++) {
		for (int i = 0; i < SIDE; i++) {
			float x = t.weights[(ty + SIDE * r) * WEIGHTS + i];
			top[r] = x > top[r] ? x : top[r];
		}
		if (a.sinks && past[r] > 0) {
			float x = a.sinks[t.head[ty + SIDE * r]];
			top[r] = x > top[r] ? x : top[r];
		}
	}
	float sum[EACH_SIDE][VALUES], total[EACH_SIDE];
#pragma unroll
	for (int r = 0; r < EACH_SIDE; r++) {
		total[r] = 0;
#pragma unroll
		for (int c = 0; c < VALUES; c++) sum[r][c] = 0;
	}
	for (int j0 = from; j0 < to; j0 += BLOCK_KEYS) {
		int keys = to - j0 < BLOCK_KEYS ? to - j0 : BLOCK_KEYS;
		attention_keys(t, ranges, first, last, j0, keys);
		attention_products<(SIDE * VALUES >= BLOCK_K)>(a, t, key_head, keys);
#pragma unroll
		for (int r = 0; r < EACH_SIDE; r++)
			for (int j = tx; j < keys; j += SIDE) {
				if (j0 + j < begin[r] || j0 + j >= past[r]) continue;
				float *weight = t.weights + (ty + SIDE * r) * WEIGHTS + j;
				*weight = exponential(attention_score(a, t.head[ty + SIDE * r], past[r] - 1, j0 + j, *weight) - top[r]);
			}
		// Whether this thread's queries see every key.
		int all = 1;
#pragma unroll
		for (int r = 0; r < EACH_SIDE; r++) all = all && j0 >= begin[r] && j0 + keys <= past[r];
#pragma unroll
		for (int c = 0; c < VALUES; c += EACH_SIDE) {
			attention_values(a, t, key_head, keys, column - tx + SIDE * c);
			float whole[EACH_SIDE], part[EACH_SIDE][EACH_SIDE];
			if (all)
				attention_sums<true>(whole, part, t, keys, begin, past, j0);
			else
				attention_sums<false>(whole, part, t, keys, begin, past, j0);
#pragma unroll
			for (int r = 0; r < EACH_SIDE; r++) {
				if (c == 0) total[r] = total[r] + whole[r];
#pragma unroll
				for (int i = 0; i < EACH_SIDE; i++) sum[r][c + i] = sum[r][c + i] + part[r][i];
			}
		}
	}
#pragma unroll
	for (int r = 0; r < EACH_SIDE; r++) {
		int i = ty + SIDE * r;
		if (past[r] == 0) continue;
		float all = total[r];
		if (a.sinks) all = all + exponential(a.sinks[t.head[i]] - top[r]);
		float *out = a.out + ((long long)t.query[i] * a.heads + t.head[i]) * a.width;
#pragma unroll
		for (int c = 0; c < VALUES; c++)
			if (column + SIDE * c < a.width) out[column + SIDE * c] = sum[r][c] / all;
	}
}

// One kernel for each width of heads: up to 64, up to 128, and more.
#define ATTENTION(name, values, blocks) \
	KERNEL BOUNDS(256, blocks) void name(float *out, const float *q, const float *k, const float *v, \
			const int *positions, const int *tiles, const int *starts, const int *ranges, const float *bias, const float *sinks, \
			int group, int heads, int key_heads, int width, int window, float scale, float cap, int bias_keys, int relative) { \
		SHARED static AttentionTile tile; \
		int aligned = width % 4 == 0 && ((unsigned long long)q | (unsigned long long)k | (unsigned long long)v) % 16 == 0; \
		Attention a = {out, q, k, v, positions, bias, sinks, heads, key_heads, width, window, bias_keys, relative, aligned, scale, cap}; \
		attend<values>(a, tile, tiles + 3 * (BLOCKS - 1 - BLOCK), starts, ranges, group); \
	}

ATTENTION(attention_64, 4, 2)
ATTENTION(attention_128, 8, 1)
ATTENTION(attention_256, 16, 1)
