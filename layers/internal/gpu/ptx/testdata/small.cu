// Small kernels for the interpreter's tests. The PTX beside this file was made by
// clang-14 -x cuda --cuda-device-only --cuda-gpu-arch=sm_70 -nocudainc -nocudalib
// -Xclang -target-feature -Xclang +ptx60 -O3 -ffp-contract=off -S small.cu
#include "../../kernels/cuda.h"
#define THREAD_Y ((int)__nvvm_read_ptx_sreg_tid_y())
#define CONSTANT __attribute__((constant))
#define GLOBAL __attribute__((device))
#define CALLED __attribute__((device, noinline))
extern __attribute__((shared)) float dynamic[];

KERNEL void vector_add(float *out, const float *a, const float *b, int n) {
	int i = BLOCK * THREADS + THREAD;
	if (i < n) out[i] = a[i] + b[i];
}

// One block of 256 threads.
KERNEL void reduce(float *out, const float *x, int n) {
	SHARED static float part[256];
	float sum = 0;
	for (int i = THREAD; i < n; i += 256) sum += x[i];
	part[THREAD] = sum;
	barrier();
	for (int k = 128; k > 0; k >>= 1) {
		if (THREAD < k) part[THREAD] += part[THREAD + k];
		barrier();
	}
	if (THREAD == 0) *out = part[0];
}

// A warp's sums, by butterfly and down; one warp a block.
KERNEL void shuffle_sum(float *out, const float *x) {
	float v = x[BLOCK * 32 + THREAD], down = v;
	for (int k = 16; k > 0; k >>= 1) v += __nvvm_shfl_sync_bfly_f32(~0u, v, k, 31);
	for (int k = 16; k > 0; k >>= 1) down += __nvvm_shfl_sync_down_f32(~0u, down, k, 31);
	float first = __nvvm_shfl_sync_idx_f32(~0u, down, 0, 31);
	float before = __nvvm_shfl_sync_up_f32(~0u, x[BLOCK * 32 + THREAD], 1, 0);
	float *to = out + BLOCK * 96 + THREAD;
	to[0] = v;
	to[32] = first;
	to[64] = before;
}

// c [m, n] = a [m, k] · b [k, n]; blocks of 16×16 threads.
KERNEL void matmul_tile(float *c, const float *a, const float *b, int m, int n, int k) {
	SHARED static float as[16][16];
	SHARED static float bs[16][16];
	int row = BLOCK_Y * 16 + THREAD_Y, column = BLOCK * 16 + THREAD;
	float sum = 0;
	for (int at = 0; at < k; at += 16) {
		as[THREAD_Y][THREAD] = row < m && at + THREAD < k ? a[row * k + at + THREAD] : 0;
		bs[THREAD_Y][THREAD] = column < n && at + THREAD_Y < k ? b[(at + THREAD_Y) * n + column] : 0;
		barrier();
		for (int i = 0; i < 16; i++) sum = __builtin_fmaf(as[THREAD_Y][i], bs[i][THREAD], sum);
		barrier();
	}
	if (row < m && column < n) c[row * n + column] = sum;
}

// A histogram of 0..7 in shared memory, then in global memory.
KERNEL void histogram(int *counts, float *total, int *most, const int *x, int n) {
	SHARED static int mine[8];
	if (THREAD < 8) mine[THREAD] = 0;
	barrier();
	int i = BLOCK * THREADS + THREAD;
	if (i < n) {
		__nvvm_atom_add_gen_i(&mine[x[i] & 7], 1);
		__nvvm_atom_add_gen_f(total, (float)x[i]);
		__nvvm_atom_max_gen_i(most, x[i]);
	}
	barrier();
	if (THREAD < 8) __nvvm_atom_add_gen_i(&counts[THREAD], mine[THREAD]);
}

GLOBAL int table[4] = {10, 20, 30, 40};
CONSTANT float scales[2] = {1.5f, 2.5f};

CALLED float called(float x, int k) { return k > 3 ? __builtin_sqrtf(x) * x : x / 3; }

// A call, an indexed local array, tables, dynamic shared memory, a switch.
KERNEL void mixed(float *out, const float *x, int k) {
	dynamic[THREAD] = x[THREAD];
	barrier();
	float local[8];
	for (int i = 0; i < 8; i++) local[(i * k) & 7] = x[THREAD] + i;
	float y = called(dynamic[THREADS - 1 - THREAD], k + (THREAD & 3)) + local[k & 7] + table[THREAD & 3] * scales[THREAD & 1];
	switch (THREAD % 6) {
	case 0: y += 1; break;
	case 1: y *= 3; break;
	case 2: y = -y; break;
	case 3: y = (float)((int)y / 3); break;
	case 4: y = (float)((long long)y % 7); break;
	}
	out[THREAD] = y;
}

// Divergent loops that end at different times, and what comes together behind.
KERNEL void collatz(int *steps, int n) {
	int i = BLOCK * THREADS + THREAD;
	if (i >= n) return;
	unsigned v = i + 1;
	int s = 0;
	while (v != 1) {
		if (v & 1) v = 3 * v + 1;
		else v >>= 1;
		s++;
	}
	steps[i] = s;
}

// Wide loads and stores: four floats reversed.
typedef float float4 __attribute__((ext_vector_type(4)));
KERNEL void reverse4(float4 *out, const float4 *x, int n) {
	int i = BLOCK * THREADS + THREAD;
	if (i < n) {
		float4 v = x[i];
		out[n - 1 - i] = (float4){v.w, v.z, v.y, v.x};
	}
}

// Doubles, 64-bit integers, bytes.
KERNEL void widths(double *d, long long *l, unsigned char *b, const short *s, int n) {
	int i = BLOCK * THREADS + THREAD;
	if (i >= n) return;
	d[i] = (double)s[i] / 7 + (double)(float)s[i];
	l[i] = (long long)s[i] * 1000000007LL / (i + 1) - ((unsigned long long)s[i] >> 5);
	b[i] = (unsigned char)(s[i] * s[i] >> 3);
}

// Wrong on purpose.
KERNEL void bad_barrier(int *x) {
	if (THREAD < 7) barrier();
	x[THREAD] = THREAD;
}
KERNEL void bad_early_exit(int *x) {
	if (THREAD >= 7) return;
	barrier();
	x[THREAD] = THREAD;
}
KERNEL void bad_race(int *x) {
	SHARED static int s[64];
	s[THREAD] = x[THREAD];
	x[THREAD] = s[63 - THREAD];
}
KERNEL void bad_endless(volatile int *x) {
	while (x[0] != 5) x[1] = x[0];
}
KERNEL void bad_index(int *x, int i) { x[i] = 1; }
KERNEL void bad_align(char *x, int i) { *(int *)(x + i) = 1; }
KERNEL void bad_blocks(int *x) { x[THREAD] = x[THREAD] + BLOCK; }
