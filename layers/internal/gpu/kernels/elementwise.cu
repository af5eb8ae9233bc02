// out = a + b, [n]
KERNEL void add(float *out, const float *a, const float *b, long long n) {
	EACH(i, n) out[i] = a[i] + b[i];
}

// out[t] = x[t] + b, x [rows, d], b [d]; out may be x
KERNEL void add_rows(float *out, const float *x, const float *b, long long n, int d) {
	EACH(i, n) out[i] = x[i] + b[i % d];
}

// out = f(x), [n]
KERNEL void function(float *out, const float *x, long long n, int f, float limit) {
	EACH(i, n) out[i] = apply(f, x[i], limit);
}

// out = f(gate)·up, [n]; silu is divided before it is multiplied, as all are
KERNEL void gated(float *out, const float *gate, const float *up, long long n, int f) {
	EACH(i, n) out[i] = apply(f, gate[i], 0) * up[i];
}

// gpt-oss's: g at most limit, u within ±limit, out = g·σ(alpha·g)·(u + 1), [n]
KERNEL void bounded_gate(float *out, const float *gate, const float *up, long long n, float alpha, float limit) {
	EACH(i, n) {
		float g = gate[i] < limit || gate[i] != gate[i] ? gate[i] : limit;
		float u = apply(CLAMP, up[i], limit);
		out[i] = (g * sigmoid(alpha * g)) * (u + 1);
	}
}

// out[t] = x[t]·σ(gate[t]), x [rows, d], gate [rows]
KERNEL void sigmoid_gate(float *out, const float *x, const float *gate, long long n, int d) {
	EACH(i, n) out[i] = x[i] * sigmoid(gate[i / d]);
}
