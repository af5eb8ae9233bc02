// Causal attention as layers/internal/kernel defines it: for the query of a row at
// position p and each key j it sees,
//
//	s[j] = scale·(q·k[j]), bounded by a cap, plus a bias of head and key
//	out  = Σ exp(s[j] - max s)·v[j] / Σ exp(s[j] - max s)
//
// q·k in blocks of 256 values, the sums over keys in blocks of 64 aligned to
// absolute positions, each one chain, added in order.
//
// A block of 128 threads has up to 32 queries that share keys: `group` heads of a few
// neighbouring rows of a segment. It goes through the keys twice, 64 at a time: first
// for the largest score, then for the sums. A thread has 4 queries, and 4 keys of the
// scores or every 16th value of the result, up to VALUES of them; more values are
// other blocks'.
//
// tiles lists [first row, rows, segment] of the blocks; the last come first, as they
// have the most keys. bias [heads, bias_keys] is taken at the key's position, or at
// its distance. ranges lists rows of keys, [first, count] each; segment s has those
// from starts[s] to starts[s+1], and they hold its keys from position 0 on.

enum { BLOCK_KEYS = 64, QUERIES = 32, SIDE = 16, EACH_SIDE = 4, CREW = QUERIES / EACH_SIDE * SIDE, DEPTH = 64, PITCH = DEPTH + 4, WEIGHTS = BLOCK_KEYS + 1 };

struct Attention {
	float *out;
	const float *q, *k, *v;
	const int *positions, *ranges;
	const float *bias, *sinks;
	int heads, key_heads, width, window, bias_keys, relative, aligned;
	float scale, cap;
	int key_head, range, ranges_end; // of the block
};

// What the threads of a block share.
struct AttentionTile {
	Four q[QUERIES * PITCH / 4]; // DEPTH values of each
	union {
		Four k[BLOCK_KEYS * PITCH / 4];         // DEPTH values of each
		Four v[BLOCK_KEYS * SIDE * EACH_SIDE / 4]; // the values that 16 threads have 4 of each
	};
	float weights[QUERIES * WEIGHTS];
	int rows[2][BLOCK_KEYS];                                          // of the keys, and of the next ones
	int query[QUERIES], head[QUERIES], first[QUERIES], past[QUERIES]; // the query's row, or -1; its head; keys it sees
};

DEVICE Four four_of(const float *m, int left, int aligned, float pad) { return aligned ? four<true>(m, left, pad) : four<false>(m, left, pad); }

// Finds the rows of the keys at positions [j0, j0 + keys).
DEVICE void attention_keys(const Attention &a, AttentionTile &t, int j0, int keys) {
	if (THREAD >= keys) return;
	int j = j0 + THREAD, row = 0;
	for (int i = a.range; i < a.ranges_end; i++) {
		int count = a.ranges[2 * i + 1];
		if (j < count) {
			row = a.ranges[2 * i] + j;
			break;
		}
		j -= count;
	}
	t.rows[j0 / BLOCK_KEYS % 2][THREAD] = row;
}

// Fetches the queries' values from one on, for all threads. Past the width they are
// -0, and keys' 0: their product changes no bit of a sum.
DEVICE void attention_queries(const Attention &a, AttentionTile &t, int from) {
#pragma unroll 2
	for (int i = THREAD; i < QUERIES * DEPTH / 4; i += CREW) {
		int r = i / (DEPTH / 4), d = i % (DEPTH / 4), at = from + 4 * d;
		const float *query = a.q + ((long long)t.query[r] * a.heads + t.head[r]) * a.width + at;
		t.q[r * (PITCH / 4) + d] = four_of(query, t.query[r] >= 0 ? a.width - at : 0, a.aligned, -0.0f);
	}
}

// Fetches values from one on of each of the keys at j0 and behind, k or v as m says,
// into rows of pitch fours.
template <int PITCH_OF_FOURS>
DEVICE void attention_values(const Attention &a, const AttentionTile &t, Four *to, const float *m, int j0, int keys, int from) {
#pragma unroll 4
	for (int i = THREAD; i < BLOCK_KEYS * DEPTH / 4; i += CREW) {
		int j = i / (DEPTH / 4), d = i % (DEPTH / 4), at = from + 4 * d;
		const float *value = m + ((long long)t.rows[j0 / BLOCK_KEYS % 2][j] * a.key_heads + a.key_head) * a.width + at;
		to[j * PITCH_OF_FOURS + d] = four_of(value, j < keys ? a.width - at : 0, a.aligned, 0.0f);
	}
}

// q·k of the tile's queries and of 64 keys, into t.weights: this thread's queries are
// ty + 8r, its keys tx + 16c. The chain over the width goes on from one piece of DEPTH
// values to the next. LONG: the width may be above DEPTH; else the queries are there.
template <bool LONG>
DEVICE void attention_products(const Attention &a, AttentionTile &t, int j0, int keys) {
	int ty = THREAD / SIDE, tx = THREAD % SIDE;
	float s[EACH_SIDE][EACH_SIDE], part[EACH_SIDE][EACH_SIDE];
#pragma unroll
	for (int r = 0; r < EACH_SIDE; r++)
#pragma unroll
		for (int c = 0; c < EACH_SIDE; c++) part[r][c] = 0;
	for (int from = 0; from < (LONG ? a.width : 1); from += DEPTH) {
		barrier();
		if (LONG) attention_queries(a, t, from);
		attention_values<PITCH / 4>(a, t, t.k, a.k, j0, keys, from);
		barrier();
#pragma unroll 1
		for (int d = 0; d < DEPTH / 4; d++) {
			Four x[EACH_SIDE], y[EACH_SIDE];
#pragma unroll
			for (int r = 0; r < EACH_SIDE; r++) x[r] = t.q[(ty + CREW / SIDE * r) * (PITCH / 4) + d];
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
		for (int c = 0; c < EACH_SIDE; c++) t.weights[(ty + CREW / SIDE * r) * WEIGHTS + tx + SIDE * c] = LONG ? s[r][c] : part[r][c];
}

// The score of a query of the tile and the key at position j.
DEVICE float attention_score(const Attention &a, int head, int position, int j, float product) {
	float x = product * a.scale;
	if (a.cap > 0) x = a.cap * hyperbolic_tangent(x / a.cap);
	if (a.bias) x = x + a.bias[(long long)head * a.bias_keys + (a.relative ? position - j : j)];
	return x;
}

// The sums over a block of keys: of the weights of this thread's queries, and of
// weight·v. A key that a query does not see is left out: adding 0 would change a -0.
template <bool ALL>
DEVICE void attention_sums(float (&whole)[EACH_SIDE], float (&part)[EACH_SIDE][EACH_SIDE], const AttentionTile &t, int keys, const int *begin, const int *past, int j0) {
	int ty = THREAD / SIDE, tx = THREAD % SIDE;
	const float *v = (const float *)t.v;
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
		for (int c = 0; c < EACH_SIDE; c++) y[c] = v[j * SIDE * EACH_SIDE + tx + SIDE * c];
#pragma unroll
		for (int r = 0; r < EACH_SIDE; r++) {
			if (!ALL && (j0 + j < begin[r] || j0 + j >= past[r])) continue;
			float x = t.weights[(ty + CREW / SIDE * r) * WEIGHTS + j];
			whole[r] = whole[r] + x;
#pragma unroll
			for (int c = 0; c < EACH_SIDE; c++) part[r][c] = __builtin_fmaf(y[c], x, part[r][c]);
		}
	}
}

template <int VALUES>
DEVICE void attend(Attention &a, AttentionTile &t, const int *tile, const int *starts, int group) {
	constexpr bool LONG = SIDE * VALUES > DEPTH;
	int ty = THREAD / SIDE, tx = THREAD % SIDE, column = BLOCK_Z * SIDE * VALUES + tx;
	int per = a.heads / a.key_heads, groups = (per + group - 1) / group;
	int head = BLOCK_Y / groups * per + BLOCK_Y % groups * group, row = tile[0], rows = tile[1];
	a.key_head = BLOCK_Y / groups, a.range = starts[tile[2]], a.ranges_end = starts[tile[2] + 1];
	if (THREAD < QUERIES) {
		int r = THREAD / group, h = THREAD % group;
		int in = r < rows && head + h < (a.key_head + 1) * per;
		int past = in ? a.positions[row + r] + 1 : 0;
		t.query[THREAD] = in ? row + r : -1;
		t.head[THREAD] = head + h;
		t.past[THREAD] = past;
		t.first[THREAD] = a.window > 0 && past > a.window ? past - a.window : 0;
	}
	barrier();
	// Positions grow with the rows, so the first query sees the first key and the last the last.
	int from = t.first[0] / BLOCK_KEYS * BLOCK_KEYS, to = a.positions[row + rows - 1] + 1;
	attention_keys(a, t, from, to - from < BLOCK_KEYS ? to - from : BLOCK_KEYS);
	if (!LONG) attention_queries(a, t, 0);
	int begin[EACH_SIDE], past[EACH_SIDE];
	float top[EACH_SIDE];
#pragma unroll
	for (int r = 0; r < EACH_SIDE; r++) {
		begin[r] = t.first[ty + CREW / SIDE * r], past[r] = t.past[ty + CREW / SIDE * r];
		top[r] = bits_float(0xff800000u);
	}
	for (int j0 = from; j0 < to; j0 += BLOCK_KEYS) {
		int keys = to - j0 < BLOCK_KEYS ? to - j0 : BLOCK_KEYS, next = j0 + BLOCK_KEYS < to ? j0 + BLOCK_KEYS : from;
		attention_products<LONG>(a, t, j0, keys);
		attention_keys(a, t, next, to - next < BLOCK_KEYS ? to - next : BLOCK_KEYS);
#pragma unroll
		for (int r = 0; r < EACH_SIDE; r++)
			for (int j = tx; j < keys; j += SIDE) {
				if (j0 + j < begin[r] || j0 + j >= past[r]) continue;
				int i = ty + CREW / SIDE * r;
				float x = attention_score(a, t.head[i], past[r] - 1, j0 + j, t.weights[i * WEIGHTS + j]);
				top[r] = x > top[r] ? x : top[r];
			}
	}
	// The largest score of each query, over the 16 threads that have some of its keys.
	barrier();
#pragma unroll
	for (int r = 0; r < EACH_SIDE; r++) t.weights[(ty + CREW / SIDE * r) * WEIGHTS + tx] = top[r];
	barrier();
#pragma unroll
	for (int r = 0; r < EACH_SIDE; r++) {
		int at = ty + CREW / SIDE * r;
		for (int i = 0; i < SIDE; i++) {
			float x = t.weights[at * WEIGHTS + i];
			top[r] = x > top[r] ? x : top[r];
		}
		if (a.sinks && past[r] > 0) {
			float x = a.sinks[t.head[at]];
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
		int keys = to - j0 < BLOCK_KEYS ? to - j0 : BLOCK_KEYS, all = 1;
		attention_products<LONG>(a, t, j0, keys);
#pragma unroll
		for (int r = 0; r < EACH_SIDE; r++) {
			all = all && j0 >= begin[r] && j0 + keys <= past[r]; // this thread's queries see every key
			for (int j = tx; j < keys; j += SIDE) {
				if (j0 + j < begin[r] || j0 + j >= past[r]) continue;
				int i = ty + CREW / SIDE * r;
				float *weight = t.weights + i * WEIGHTS + j;
				*weight = exponential(attention_score(a, t.head[i], past[r] - 1, j0 + j, *weight) - top[r]);
			}
		}
#pragma unroll
		for (int c = 0; c < VALUES; c += EACH_SIDE) {
			float whole[EACH_SIDE], part[EACH_SIDE][EACH_SIDE];
			barrier();
			attention_values<SIDE>(a, t, t.v, a.v, j0, keys, column - tx + SIDE * c);
			if (c == 0 && j0 + BLOCK_KEYS < to) attention_keys(a, t, j0 + BLOCK_KEYS, to - j0 < 2 * BLOCK_KEYS ? to - j0 - BLOCK_KEYS : BLOCK_KEYS);
			barrier();
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
		int i = ty + CREW / SIDE * r;
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
	KERNEL BOUNDS(CREW, blocks) void name(float *out, const float *q, const float *k, const float *v, \
			const int *positions, const int *tiles, const int *starts, const int *ranges, const float *bias, const float *sinks, \
			int group, int heads, int key_heads, int width, int window, float scale, float cap, int bias_keys, int relative) { \
		SHARED static AttentionTile tile; \
		int aligned = width % 4 == 0 && ((unsigned long long)q | (unsigned long long)k | (unsigned long long)v) % 16 == 0; \
		Attention a = {out, q, k, v, positions, ranges, bias, sinks, heads, key_heads, width, window, bias_keys, relative, aligned, scale, cap, 0, 0, 0}; \
		attend<values>(a, tile, tiles + 3 * (BLOCKS - 1 - BLOCK), starts, group); \
	}

ATTENTION(attention_64, 4, 4)
ATTENTION(attention_128, 8, 2)
ATTENTION(attention_256, 16, 2)
