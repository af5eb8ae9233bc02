// Sums go in 16 lanes of float64, element i in lane i mod 16, folded as a tree:
// the numeric contract of layers/internal/kernel. A block of threads has a row: all
// fetch it into shared memory, 16 of them add, all write.

enum { LANES = 16, KEPT = 4096 };

DEVICE double fold(double *lanes) {
	for (int n = LANES / 2; n > 0; n /= 2) {
		barrier();
		if (THREAD < n) lanes[THREAD] = lanes[THREAD] + lanes[THREAD + n];
	}
	barrier();
	double sum = lanes[0];
	barrier();
	return sum;
}

// The sum of x[i], or of (x[i] - mean)², over a row. The first KEPT values of the
// row stay in kept; a longer row passes through it, and is fetched anew each time.
template <bool SQUARES>
DEVICE double sum(double *lanes, float *kept, const float *row, int d, double mean, int fetched) {
	double s = 0;
	for (int from = 0; from < d; from += KEPT) {
		int n = d - from < KEPT ? d - from : KEPT;
		if (!fetched || d > KEPT) {
			barrier();
			for (int i = THREAD; i < n; i += THREADS) kept[i] = row[from + i];
			barrier();
		}
		if (THREAD >= LANES) continue;
		for (int i = THREAD; i < n; i += LANES) {
			double v = (double)kept[i] - mean;
			s = s + (SQUARES ? v * v : v);
		}
	}
	if (THREAD < LANES) lanes[THREAD] = s;
	return fold(lanes);
}

// scale = sqrt(mean(x²) + eps), out = x·(1/scale)·w of one row x; fetched says that
// kept has it already.
DEVICE void scaled(double *lanes, float *kept, float *out, float *scale, const float *x, const float *w, int d, double eps, int fetched) {
	double root = __builtin_sqrt(sum<true>(lanes, kept, x, d, 0, fetched) / (double)d + eps);
	if (THREAD == 0) *scale = (float)root;
	float by = (float)(1 / root);
	if (d <= KEPT) x = kept;
	for (int i = THREAD; i < d; i += THREADS) out[i] = (x[i] * by) * w[i];
}

// scale[t] = sqrt(mean(x[t]²) + eps), out[t] = x[t]·(1/scale[t])·w, x [rows, d],
// w [wrows, d]: row t has the weight t mod wrows
KERNEL void rmsnorm(float *out, float *scale, const float *x, const float *w, int d, int wrows, double eps) {
	SHARED static double lanes[LANES];
	SHARED static float kept[KEPT];
	long long row = (long long)BLOCK * d;
	scaled(lanes, kept, out + row, scale + BLOCK, x + row, w + (long long)(BLOCK % wrows) * d, d, eps, 0);
}

// added = a + b, and rmsnorm of it with one weight w [d]
KERNEL void add_rmsnorm(float *added, float *out, float *scale, const float *a, const float *b, const float *w, int d, double eps) {
	SHARED static double lanes[LANES];
	SHARED static float kept[KEPT];
	long long row = (long long)BLOCK * d;
	for (int i = THREAD; i < d; i += THREADS) {
		float v = a[row + i] + b[row + i];
		added[row + i] = v;
		if (i < KEPT) kept[i] = v;
	}
	barrier();
	scaled(lanes, kept, out + row, scale + BLOCK, added + row, w, d, eps, 1);
}

// mean[t] = mean(x[t]), scale[t] = sqrt(var(x[t]) + eps),
// out[t] = (x[t] - mean[t])·(1/scale[t])·w + b; b may be 0: none
KERNEL void layernorm(float *out, float *stats, const float *x, const float *w, const float *b, int d, int wrows, double eps) {
	SHARED static double lanes[LANES];
	SHARED static float kept[KEPT];
	const float *row = x + (long long)BLOCK * d;
	double mean = sum<false>(lanes, kept, row, d, 0, 0) / (double)d;
	double root = __builtin_sqrt(sum<true>(lanes, kept, row, d, mean, 1) / (double)d + eps);
	float middle = (float)mean, by = (float)(1 / root);
	if (THREAD == 0) {
		stats[2 * BLOCK] = middle;
		stats[2 * BLOCK + 1] = (float)root;
	}
	w = w + (long long)(BLOCK % wrows) * d;
	if (d <= KEPT) row = kept;
	for (int i = THREAD; i < d; i += THREADS) {
		float y = ((row[i] - middle) * by) * w[i];
		if (b) y = y + b[i];
		out[(long long)BLOCK * d + i] = y;
	}
}
