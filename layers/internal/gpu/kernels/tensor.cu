// Lossy products by mma.sync, of cards of compute capability 8.0 and later; tiles.cu
// says of what. A block has WM×WN warps, a warp 16·MI rows and 8·NI columns.

// Four 8×8 matrices of 16 bits, or 8×4 of 32: lane i gives the address of row i.
DEVICE void load_matrices(unsigned *d, unsigned from) {
	asm volatile("ldmatrix.sync.aligned.m8n8.x4.shared.b16 {%0, %1, %2, %3}, [%4];" : "=r"(d[0]), "=r"(d[1]), "=r"(d[2]), "=r"(d[3]) : "r"(from) : "memory");
}

struct BF16 {
	static DEVICE_METHOD void mma(float *d, const unsigned *a, const unsigned *b) {
		asm("mma.sync.aligned.m16n8k16.row.col.f32.bf16.bf16.f32 {%0, %1, %2, %3}, {%4, %5, %6, %7}, {%8, %9}, {%0, %1, %2, %3};"
			: "+f"(d[0]), "+f"(d[1]), "+f"(d[2]), "+f"(d[3]) : "r"(a[0]), "r"(a[1]), "r"(a[2]), "r"(a[3]), "r"(b[0]), "r"(b[1]));
	}
};

struct TF32 {
	static DEVICE_METHOD void mma(float *d, const unsigned *a, const unsigned *b) {
		asm("mma.sync.aligned.m16n8k8.row.col.f32.tf32.tf32.f32 {%0, %1, %2, %3}, {%4, %5, %6, %7}, {%8, %9}, {%0, %1, %2, %3};"
			: "+f"(d[0]), "+f"(d[1]), "+f"(d[2]), "+f"(d[3]) : "r"(a[0]), "r"(a[1]), "r"(a[2]), "r"(a[3]), "r"(b[0]), "r"(b[1]));
	}
};

template <class T, int WM, int WN, int MI, int NI, int STAGES>
DEVICE void tensor(float *out, const char *x, const char *w, const float *bias, int rows, int n, int pitch) {
	enum { WIDE = 32 * WM * WN, ROWS = WM * MI * 16, COLUMNS = WN * NI * 8, STAGE = (ROWS + COLUMNS) * DEPTH };
	int row, column;
	place((rows + ROWS - 1) / ROWS, (n + COLUMNS - 1) / COLUMNS, 2048 / ROWS, &row, &column);
	row *= ROWS, column *= COLUMNS;
	unsigned shared = (unsigned)(unsigned long long)(Shared)tiles;
	int lane = THREAD % 32, warp = THREAD / 32, wm = warp % WM * MI * 16, wn = warp / WM * NI * 8;
	Copies<ROWS, WIDE> copy_x(x, row, rows, pitch, shared);
	Copies<COLUMNS, WIDE> copy_w(w, column, n, pitch, shared + ROWS * DEPTH);

	// Of x: rows 0 to 7, 8 to 15, then the same of the next chunk: the four registers of
	// A. Of w: two chunks of rows 0 to 7, then of 8 to 15: B twice. The places of a step's
	// chunks, 2·step + 0 or 1, differ from those of step 0 in the bits of 2·step alone.
	unsigned at_x = shared + (wm + lane % 16) * DEPTH + (lane / 16 ^ lane % 8) * CHUNK;
	unsigned at_w = shared + (ROWS + wn + lane % 8 + lane / 16 * 8) * DEPTH + (lane / 8 % 2 ^ lane % 8) * CHUNK;
	unsigned a[2][MI][4], b[2][NI][2];
	float sum[MI][NI][4];
#pragma unroll
	for (int i = 0; i < MI; i++)
#pragma unroll
		for (int j = 0; j < NI; j++)
#pragma unroll
			for (int e = 0; e < 4; e++) sum[i][j][e] = 0;

#define LOAD(buffer, stage, step) \
	do { \
		unsigned from_x = (at_x ^ 2 * (step) * CHUNK) + (stage), from_w = (at_w ^ 2 * (step) * CHUNK) + (stage); \
		_Pragma("unroll") for (int i = 0; i < MI; i++) load_matrices(a[buffer][i], from_x + i * 16 * DEPTH); \
		_Pragma("unroll") for (int j = 0; j < NI; j += 2) load_matrices(b[buffer][j], from_w + j * 8 * DEPTH); \
	} while (0)

	int count = pitch / DEPTH;
#pragma unroll
	for (int s = 0; s < STAGES - 1; s++) {
		if (s < count) {
			copy_x.next(s * STAGE);
			copy_w.next(s * STAGE);
		}
		commit_copies();
	}
	wait_copies<STAGES - 2>();
	barrier();
	unsigned stage = 0, fill = (STAGES - 1) * STAGE; // of this tile, and of the one to be copied
	LOAD(0, stage, 0);
	for (int t = 0; t < count; t++) {
#pragma unroll
		for (int step = 0; step < STEPS; step++) {
			if (step == STEPS - 1) {
				wait_copies<STAGES - 2>();
				barrier();
				stage = stage == (STAGES - 1) * STAGE ? 0 : stage + STAGE;
			}
			LOAD((step + 1) % 2, stage, (step + 1) % STEPS); // behind the last tile: of one that nobody reads
			if (step == 0) {
				if (t + STAGES - 1 < count) {
					copy_x.next(fill);
					copy_w.next(fill);
				}
				commit_copies();
				fill = fill == (STAGES - 1) * STAGE ? 0 : fill + STAGE;
			}
#pragma unroll
			for (int i = 0; i < MI; i++)
#pragma unroll
				for (int j = 0; j < NI; j++) T::mma(sum[i][j], a[step % 2][i], b[step % 2][j]);
		}
	}
#undef LOAD

	write(out, bias, rows, n, row + wm, column + wn, sum);
}

#define TENSOR(name, T, WM, WN, MI, NI, STAGES, BLOCKS_) \
	KERNEL __attribute__((launch_bounds(32 * WM * WN, BLOCKS_))) void name(float *out, const char *x, const char *w, const float *bias, int rows, int n, int pitch) { \
		tensor<T, WM, WN, MI, NI, STAGES>(out, x, w, bias, rows, n, pitch); \
	}

TENSOR(bf16_mma_128x256, BF16, 2, 4, 4, 8, 3, 1)
TENSOR(bf16_mma_128x128, BF16, 2, 2, 4, 8, 3, 2)
TENSOR(bf16_mma_64x64, BF16, 2, 2, 2, 4, 3, 2)
TENSOR(tf32_mma_128x256, TF32, 2, 4, 4, 8, 3, 1)
TENSOR(tf32_mma_128x128, TF32, 2, 2, 4, 8, 3, 2)
TENSOR(tf32_mma_64x64, TF32, 2, 2, 2, 4, 3, 2)
