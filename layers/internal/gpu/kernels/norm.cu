// Sums go in 16 lanes of float64, element i in lane i mod 16, folded as a tree:
// the numeric contract of layers/internal/kernel. A block of 16 threads has a row.

enum { LANES = 16 };

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

// scale[t] = sqrt(mean(x[t]²) + eps), out[t] = x[t]·(1/scale[t])·w, x [rows, d],
// w [wrows, d]: row t has the weight t mod wrows
KERNEL void rmsnorm(float *out, float *scale, const float *x, const float *w, int d, int wrows, double eps) {
	SHARED static double lanes[LANES];
	const float *row = x + (long long)BLOCK * d;
	double s = 0;
	for (int i = THREAD; i < d; i += LANES) s = s + (double)row[i] * (double)row[i];
	lanes[THREAD] = s;
	double root = __builtin_sqrt(fold(lanes) / (double)d + eps);
	if (THREAD == 0) scale[BLOCK] = (float)root;
	float by = (float)(1 / root);
	w = w + (long long)(BLOCK % wrows) * d;
	for (int i = THREAD; i < d; i += LANES) out[(long long)BLOCK * d + i] = (row[i] * by) * w[i];
}

// mean[t] = mean(x[t]), scale[t] = sqrt(var(x[t]) + eps),
// out[t] = (x[t] - mean[t])·(1/scale[t])·w + b; b may be 0: none
KERNEL void layernorm(float *out, float *stats, const float *x, const float *w, const float *b, int d, int wrows, double eps) {
	SHARED static double lanes[LANES];
	const float *row = x + (long long)BLOCK * d;
	double s = 0;
	for (int i = THREAD; i < d; i += LANES) s = s + (double)row[i];
	lanes[THREAD] = s;
	double mean = fold(lanes) / (double)d;
	s = 0;
	for (int i = THREAD; i < d; i += LANES) {
		double away = (double)row[i] - mean;
		s = s + away * away;
	}
	lanes[THREAD] = s;
	double root = __builtin_sqrt(fold(lanes) / (double)d + eps);
	float middle = (float)mean, by = (float)(1 / root);
	if (THREAD == 0) {
		stats[2 * BLOCK] = middle;
		stats[2 * BLOCK + 1] = (float)root;
	}
	w = w + (long long)(BLOCK % wrows) * d;
	for (int i = THREAD; i < d; i += LANES) {
		float y = ((row[i] - middle) * by) * w[i];
		if (b) y = y + b[i];
		out[(long long)BLOCK * d + i] = y;
	}
}
