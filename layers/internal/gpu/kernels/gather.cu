// out[i] = x[rows[i]], n = count·d values
KERNEL void gather(float *out, const float *x, const int *rows, long long n, int d) {
	EACH(i, n) out[i] = x[(long long)rows[i / d] * d + i % d];
}

// The rows of x [·, d] that are listed, n = count·d values, and behind them those of
// stats [·, per], n2 = count·per values. rows may be 0: all, in order
KERNEL void pick(float *out, const float *x, const float *stats, const int *rows, long long n, long long n2, int d, int per) {
	EACH(i, n + n2) {
		int second = i >= n, size = second ? per : d;
		long long at = second ? i - n : i;
		if (rows) at = rows[at / size] * (long long)size + at % size;
		out[i] = (second ? stats : x)[at];
	}
}

// out[rows[i]] = x[i], n = count·d values; rows are different
KERNEL void scatter(float *out, const float *x, const int *rows, long long n, int d) {
	EACH(i, n) out[(long long)rows[i / d] * d + i % d] = x[i];
}

// out[rows[i]] += share[i]·x[i], n = count·d values; rows are different
KERNEL void scatter_add(float *out, const float *x, const int *rows, const float *share, long long n, int d) {
	EACH(i, n) {
		float *y = out + (long long)rows[i / d] * d + i % d;
		*y = *y + share[i / d] * x[i];
	}
}

// out[t][h·width + j] = x[t·stride + h·stored + from + j] for j < count, where out
// has heads of width values; other values stay as they are
KERNEL void heads(float *out, const float *x, long long n, int heads, int count, int width, int stride, int stored, int from) {
	EACH(i, n) {
		int j = i % count, h = (i / count) % heads;
		long long t = i / count / heads;
		out[(t * heads + h) * width + j] = x[t * stride + h * stored + from + j];
	}
}

// out = 0, [n]
KERNEL void zero(float *out, long long n) {
	EACH(i, n) out[i] = 0;
}
