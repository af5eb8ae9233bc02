// out [rows, n] = x [rows, k] · wᵀ, w [n, k], + bias [n] where it is not 0. The sum
// over k is cut into blocks of 256, each one chain of fused multiply-adds from 0,
// added in order: the bits of layers/internal/kernel. A block of 16×16 threads has a
// tile of 64×64, a thread 4×4 of it: rows ty + 16r, columns tx + 16c.

enum { TILE = 64, STEP = 16, EDGE = 16, EACH_SIDE = TILE / EDGE, BLOCK_K = 256 };

// Loads STEP values of TILE rows as [STEP][TILE], 0 past the edges.
DEVICE void load_tile(float (*tile)[TILE + 1], const float *m, int first, int rows, int k0, int k) {
	for (int i = THREAD; i < TILE * STEP; i += EDGE * EDGE) {
		int r = i / STEP, c = i % STEP;
		tile[c][r] = first + r < rows && k0 + c < k ? m[(long long)(first + r) * k + k0 + c] : 0;
	}
}

KERNEL void matmul(float *out, const float *x, const float *w, const float *bias, int rows, int n, int k) {
	SHARED static float xs[STEP][TILE + 1];
	SHARED static float ws[STEP][TILE + 1];
	int ty = THREAD / EDGE, tx = THREAD % EDGE;
	int row = BLOCK_Y * TILE, column = BLOCK * TILE;
	float sum[EACH_SIDE][EACH_SIDE], part[EACH_SIDE][EACH_SIDE];
#pragma unroll
	for (int r = 0; r < EACH_SIDE; r++)
#pragma unroll
		for (int c = 0; c < EACH_SIDE; c++) part[r][c] = 0;
	for (int k0 = 0; k0 < k; k0 += STEP) {
		barrier();
		load_tile(xs, x, row, rows, k0, k);
		load_tile(ws, w, column, n, k0, k);
		barrier();
		int steps = k - k0 < STEP ? k - k0 : STEP;
		for (int i = 0; i < steps; i++) {
			float a[EACH_SIDE], b[EACH_SIDE];
#pragma unroll
			for (int r = 0; r < EACH_SIDE; r++) a[r] = xs[i][ty + EDGE * r];
#pragma unroll
			for (int c = 0; c < EACH_SIDE; c++) b[c] = ws[i][tx + EDGE * c];
#pragma unroll
			for (int r = 0; r < EACH_SIDE; r++)
#pragma unroll
				for (int c = 0; c < EACH_SIDE; c++) part[r][c] = __builtin_fmaf(a[r], b[c], part[r][c]);
		}
		if (k0 + STEP >= k || (k0 + STEP) % BLOCK_K == 0) {
			int first = k0 + STEP <= BLOCK_K;
#pragma unroll
			for (int r = 0; r < EACH_SIDE; r++)
#pragma unroll
				for (int c = 0; c < EACH_SIDE; c++) {
					sum[r][c] = first ? part[r][c] : sum[r][c] + part[r][c];
					part[r][c] = 0;
				}
		}
	}
#pragma unroll
	for (int r = 0; r < EACH_SIDE; r++)
#pragma unroll
		for (int c = 0; c < EACH_SIDE; c++) {
			int t = row + ty + EDGE * r, i = column + tx + EDGE * c;
			if (t < rows && i < n) out[(long long)t * n + i] = bias ? sum[r][c] + bias[i] : sum[r][c];
		}
}
