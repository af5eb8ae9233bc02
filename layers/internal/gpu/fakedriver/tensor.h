// The kernels of kernels/tensor.cu for the host, which has no tensor cores: plain loops.
// A step of 32 bytes of k is summed in float64 onto the sum so far and rounded once,
// as the emulator does; a card may differ in the last places.
#pragma once

#include <cstring>

namespace {

struct Bf16 {
	enum { SIZE = 2 };
	static float value(const char *p) {
		unsigned short half;
		memcpy(&half, p, 2);
		return bits_float((unsigned)half << 16);
	}
};

struct Tf32 {
	enum { SIZE = 4 };
	static float value(const char *p) {
		float v;
		memcpy(&v, p, 4);
		return v;
	}
};

template <class T> void multiply(float *out, const char *x, const char *w, const float *bias, int rows, int n, int pitch) {
	EACH(i, (long long)rows * n) {
		const char *a = x + i / n * pitch, *b = w + i % n * pitch;
		float sum = 0;
		for (int at = 0; at < pitch; at += 32) {
			double step = sum;
			for (int j = at; j < at + 32; j += T::SIZE) step += (double)T::value(a + j) * T::value(b + j);
			sum = (float)step;
		}
		out[i] = sum + (bias ? bias[i % n] : 0);
	}
}

} // namespace

#define ARGUMENTS float *out, const char *x, const char *w, const float *bias, int rows, int n, int pitch
KERNEL void bf16_mma_128x256(ARGUMENTS) { multiply<Bf16>(out, x, w, bias, rows, n, pitch); }
KERNEL void bf16_mma_128x128(ARGUMENTS) { multiply<Bf16>(out, x, w, bias, rows, n, pitch); }
KERNEL void bf16_mma_64x64(ARGUMENTS) { multiply<Bf16>(out, x, w, bias, rows, n, pitch); }
KERNEL void tf32_mma_128x256(ARGUMENTS) { multiply<Tf32>(out, x, w, bias, rows, n, pitch); }
KERNEL void tf32_mma_128x128(ARGUMENTS) { multiply<Tf32>(out, x, w, bias, rows, n, pitch); }
KERNEL void tf32_mma_64x64(ARGUMENTS) { multiply<Tf32>(out, x, w, bias, rows, n, pitch); }
