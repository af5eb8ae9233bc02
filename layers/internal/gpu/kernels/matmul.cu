// out [rows, n] = x [rows, k] · wᵀ, w [n, k], + bias [n] where it is not 0. The sum
// over k is cut into blocks of 256, each one chain of fused multiply-adds from 0,
// added in order: the bits of layers/internal/kernel.
//
// A block of threads has a tile of TM×TN values, a thread RM×RN of it: in groups of
// four neighbours, which lie TM·4/RM rows and TN·4/RN columns apart. Tiles of x and w
// lie in shared memory with k outermost, two of each: while one is multiplied, the
// values of the next are on their way.

enum { BLOCK_K = 256 };

// Four values of a row from m on, of which so many are left; the others are those of
// pad. A product of -0 and 0 is -0, and adding it changes no bit, not even of -0.
template <bool ALIGNED>
DEVICE Four four(const float *m, int left, float pad) {
	Four v = {pad, pad, pad, pad};
	if (ALIGNED) return left > 0 ? *(const Four *)m : v;
#pragma unroll
	for (int j = 0; j < 4; j++)
		if (j < left) v[j] = m[j];
	return v;
}

template <int TM, int TN, int RM, int RN, int STEP>
struct Tiles {
	enum {
		PITCH_X = TM + 4, PITCH_W = TN + 4, SIZE = STEP * (PITCH_X + PITCH_W), // of one tile of each, in floats
		DOWN = TM / RM, ACROSS = TN / RN, SIZE_OF_BLOCK = DOWN * ACROSS,       // threads
		FOURS = STEP / 4, OF_X = TM * FOURS / SIZE_OF_BLOCK, OF_W = TN * FOURS / SIZE_OF_BLOCK,
		LANES_ACROSS = ACROSS < 8 ? ACROSS : 8, LANES_DOWN = 32 / LANES_ACROSS, WARPS_ACROSS = ACROSS / LANES_ACROSS
	};

	// Where a thread's fours of a matrix begin. Past the last row it is the last again,
	// whose products are not stored.
	template <int N>
	DEVICE void begin(const float *(&at)[N], const float *m, int first, int rows, int k) {
#pragma unroll
		for (int i = 0; i < N; i++) {
			int r = first + (THREAD + i * SIZE_OF_BLOCK) / FOURS;
			at[i] = m + (long long)(r < rows ? r : rows - 1) * k + 4 * (THREAD % FOURS);
		}
	}

	// Fetches the fours of a step, of which so many values of a row are left. A whole
	// step has no branches and loads at once: compilers put loads off until their values
	// are used, and a step then waits for them, which takes a fifth of the speed.
	template <bool ALIGNED, int N>
	DEVICE void fetch(Four (&to)[N], const float *(&at)[N], int left, float pad) {
		if (ALIGNED && left >= STEP) {
#pragma unroll
			for (int i = 0; i < N; i++) to[i] = load_now(at[i]);
		} else {
#pragma unroll
			for (int i = 0; i < N; i++) to[i] = four<ALIGNED>(at[i], left - 4 * (THREAD % FOURS), pad);
		}
#pragma unroll
		for (int i = 0; i < N; i++) at[i] += STEP;
	}

	template <int N, int PITCH>
	DEVICE void put(float *tile, const Four (&from)[N]) {
#pragma unroll
		for (int i = 0; i < N; i++) {
			int at = THREAD + i * SIZE_OF_BLOCK;
			float *to = tile + 4 * (at % FOURS) * PITCH + at / FOURS;
#pragma unroll
			for (int j = 0; j < 4; j++) to[j * PITCH] = from[i][j];
		}
	}

	// ALIGNED: fours lie on multiples of 16 bytes, and none goes past k.
	template <bool ALIGNED>
	DEVICE void multiply(float *shared, float *out, const float *x, const float *w, const float *bias, int rows, int n, int k) {
		int lane = THREAD % 32, warp = THREAD / 32;
		int across = 4 * (warp % WARPS_ACROSS * LANES_ACROSS + lane % LANES_ACROSS);
		int down = 4 * (warp / WARPS_ACROSS * LANES_DOWN + lane / LANES_ACROSS);
		int row = BLOCK_Y * TM, column = BLOCK * TN;
		const float *at_x[OF_X], *at_w[OF_W];
		begin(at_x, x, row, rows, k);
		begin(at_w, w, column, n, k);
		float sum[RM][RN], part[RM][RN];
		Four next_x[OF_X], next_w[OF_W];
#pragma unroll
		for (int r = 0; r < RM; r++)
#pragma unroll
			for (int c = 0; c < RN; c++) part[r][c] = 0;
		fetch<ALIGNED>(next_x, at_x, k, -0.0f);
		fetch<ALIGNED>(next_w, at_w, k, 0.0f);
		float *tile = shared, *other = shared + SIZE;
		put<OF_X, PITCH_X>(tile, next_x);
		put<OF_W, PITCH_W>(tile + STEP * PITCH_X, next_w);
		barrier();
		for (int k0 = 0; k0 < k; k0 += STEP) {
			int more = k0 + STEP < k;
			if (more) {
				fetch<ALIGNED>(next_x, at_x, k - k0 - STEP, -0.0f);
				fetch<ALIGNED>(next_w, at_w, k - k0 - STEP, 0.0f);
			}
			const float *xs = tile + down, *ws = tile + STEP * PITCH_X + across;
#pragma unroll
			for (int i = 0; i < STEP; i++) {
				Four a[RM / 4], b[RN / 4];
#pragma unroll
				for (int r = 0; r < RM / 4; r++) a[r] = *(const Four *)(xs + i * PITCH_X + r * 4 * DOWN);
#pragma unroll
				for (int c = 0; c < RN / 4; c++) b[c] = *(const Four *)(ws + i * PITCH_W + c * 4 * ACROSS);
#pragma unroll
				for (int r = 0; r < RM; r++)
#pragma unroll
					for (int c = 0; c < RN; c++) part[r][c] = __builtin_fmaf(a[r / 4][r % 4], b[c / 4][c % 4], part[r][c]);
			}
			if (more) {
				put<OF_X, PITCH_X>(other, next_x);
				put<OF_W, PITCH_W>(other + STEP * PITCH_X, next_w);
			}
			barrier();
			float *used = tile;
			tile = other, other = used;
			if (!more || (k0 + STEP) % BLOCK_K == 0) {
				int first = k0 + STEP <= BLOCK_K;
#pragma unroll
				for (int r = 0; r < RM; r++)
#pragma unroll
					for (int c = 0; c < RN; c++) {
						sum[r][c] = first ? part[r][c] : sum[r][c] + part[r][c];
						part[r][c] = 0;
					}
			}
		}
#pragma unroll
		for (int r = 0; r < RM; r++)
#pragma unroll
			for (int c = 0; c < RN; c++) {
				int t = row + r / 4 * 4 * DOWN + down + r % 4, i = column + c / 4 * 4 * ACROSS + across + c % 4;
				if (t < rows && i < n) out[(long long)t * n + i] = bias ? sum[r][c] + bias[i] : sum[r][c];
			}
	}
};

// Tiles of 64×64, 128 threads.
KERNEL BOUNDS(128, 4) void matmul(float *out, const float *x, const float *w, const float *bias, int rows, int n, int k) {
	using T = Tiles<64, 64, 8, 4, 16>;
	SHARED static Four shared[2 * T::SIZE / 4];
	if (k % 4 == 0 && ((unsigned long long)x | (unsigned long long)w) % 16 == 0)
		T::multiply<true>((float *)shared, out, x, w, bias, rows, n, k);
	else
		T::multiply<false>((float *)shared, out, x, w, bias, rows, n, k);
}

// Tiles of 128×128, 256 threads: of large matrices. k must be a multiple of 4, x and w
// lie on multiples of 16 bytes.
KERNEL BOUNDS(256, 1) void matmul_large(float *out, const float *x, const float *w, const float *bias, int rows, int n, int k) {
	using T = Tiles<128, 128, 8, 8, 16>;
	SHARED static Four shared[2 * T::SIZE / 4];
	T::multiply<true>((float *)shared, out, x, w, bias, rows, n, k);
}
