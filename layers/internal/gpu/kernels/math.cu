// The functions of layers/internal/kernel, operation by operation: the same bits.
// Files are compiled with -ffp-contract=off, so nothing is fused that does not say
// so.

DEVICE float bits_float(unsigned b) { return __builtin_bit_cast(float, b); }

// kernel.power2
DEVICE float power2(int n) { return bits_float((unsigned)(n + 127) << 23); }

// kernel.Exp
DEVICE float exponential(float x) {
	if (x != x) return x;
	if (x > 88.72283935546875f) return bits_float(0x7f800000u);
	if (x < -103.97208404541015625f) return 0;
	float n = (x * 1.4426950408889634f + 12582912.0f) - 12582912.0f;
	float r = x - n * 0.693359375f;
	r = r - n * -2.12194440e-4f;
	float p = 0.0013806807110086083f * r + 0.008358516730368137f;
	p = p * r + 0.04166777804493904f;
	p = p * r + 0.16666604578495026f;
	p = p * r + 0.4999999701976776f;
	float y = p * (r * r) + r;
	y = y + 1;
	int half = (int)n >> 1;
	return (y * power2(half)) * power2((int)n - half);
}

// kernel.Sigmoid
DEVICE float sigmoid(float x) { return 1 / (1 + exponential(-x)); }

// kernel.Tanh
DEVICE float hyperbolic_tangent(float x) {
	double z = (double)x * (double)x;
	if (z < 0.0625) {
		double p = 1;
		for (double k = 11; k >= 1; k -= 2) p = k + z / p;
		return (float)((double)x / p);
	}
	return 1 - 2 / (exponential(2 * x) + 1);
}

// kernel.GELU
DEVICE float gelu(float x) {
	float t = x < 0 ? -x : x;
	if (t > 16) t = 16;
	float square = t * t;
	float rest = (float)((double)t * (double)t - (double)square);
	float e = exponential(-0.5f * square);
	e = e - (0.5f * rest) * e;
	float width = t + 4;
	float u = (t - 4) / width;
	float p = -0.00013243344437796623f * u + 0.00017837130872067064f;
	p = p * u + 0.0015695895999670029f;
	p = p * u + -0.0035120779648423195f;
	p = p * u + -0.007525003515183926f;
	p = p * u + 0.06040376424789429f;
	p = p * u + -0.18652348220348358f;
	p = p * u + 0.38713690638542175f;
	p = p * u + -0.6078965663909912f;
	p = p * u + 0.7552851438522339f;
	float phi = e * p / width;
	if (!(x < 0)) phi = 1 - phi;
	return x * phi;
}

// kernel.GELUTanh
DEVICE float gelu_new(float x) {
	float cube = (x * x) * x;
	float inner = x + 0.044715f * cube;
	return x / (1 + exponential(-1.5957691216057308f * inner));
}

// The numbers of kernels that apply a function; Go has the same list.
enum { SILU, GELU, GELU_NEW, RELU, RELU2, SCALE, SOFTCAP, CLAMP };

DEVICE float larger(float a, float b) { return a != a || a > b ? a : b; } // a NaN stays

DEVICE float apply(int f, float x, float limit) {
	switch (f) {
	case SILU: return x / (1 + exponential(-x));
	case GELU: return gelu(x);
	case GELU_NEW: return gelu_new(x);
	case RELU: return larger(x, 0);
	case RELU2: { float y = larger(x, 0); return y * y; }
	case SCALE: return x * limit;
	case SOFTCAP: return limit * hyperbolic_tangent(x / limit);
	}
	float y = larger(x, -limit); // CLAMP
	return y != y || y < limit ? y : limit;
}
