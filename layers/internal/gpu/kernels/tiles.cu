// What products on tensor cores have in common: out [rows, n] = x [rows, k] · wᵀ,
// w [n, k], + bias [n] where it is not 0.
//
// x and w come rounded, by round_bf16 or round_tf32, as rows of pitch bytes: a
// multiple of DEPTH, zeros behind k. All below is of bytes: 16 of them are a chunk, 8
// values of bf16 or 4 of tf32, and 32 are a step, what one instruction takes of a row.
// A sum runs over k step by step, in order, in float32; how a step is summed is the
// card's.
//
// Blocks of threads copy tiles of x and w to shared memory, several deep. There chunk c
// of row r lies at place c ^ (r mod 8) of the row, so that neither copies nor loads of
// 8 rows meet in a bank.

enum { CHUNK = 16, DEPTH = 128, CHUNKS = DEPTH / CHUNK, STEPS = DEPTH / 32 };

extern SHARED __attribute__((aligned(1024))) char tiles[];

typedef const __attribute__((address_space(1))) char *Global;
typedef __attribute__((address_space(3))) char *Shared;

DEVICE void copy_chunk(unsigned to, const char *from) {
	asm volatile("cp.async.cg.shared.global [%0], [%1], 16;" ::"r"(to), "l"((Global)from) : "memory");
}
DEVICE void commit_copies() { asm volatile("cp.async.commit_group;" ::: "memory"); }
template <int PENDING> DEVICE void wait_copies() { asm volatile("cp.async.wait_group %0;" ::"n"(PENDING) : "memory"); }

#define DEVICE_METHOD inline __attribute__((device, always_inline))

// Copies is a thread's part of copying a tile of ROWS rows: the same chunk of every
// WIDE/CHUNKS-th row. Rows past the end are the last one's; nobody reads them.
template <int ROWS, int WIDE> struct Copies {
	enum { EVERY = WIDE / CHUNKS, COUNT = ROWS / EVERY };
	const char *from;
	unsigned at[COUNT], to; // chunks behind from

	DEVICE_METHOD Copies(const char *m, int first, int rows, int pitch, unsigned shared) {
		int r = THREAD / CHUNKS, c = THREAD % CHUNKS;
		to = shared + r * DEPTH + (c ^ r % 8) * CHUNK;
		from = m;
#pragma unroll
		for (int i = 0; i < COUNT; i++) {
			int row = first + r + i * EVERY;
			at[i] = (unsigned)(row < rows ? row : rows - 1) * (pitch / CHUNK) + c;
		}
	}
	// The tiles are copied in order.
	DEVICE_METHOD void next(unsigned stage) {
#pragma unroll
		for (int i = 0; i < COUNT; i++) copy_chunk(to + stage + i * EVERY * DEPTH, from + (unsigned long long)at[i] * CHUNK);
		from += DEPTH;
	}
};

// Blocks go through the tiles in bands of so many rows, so that those that run at one
// time share what they read.
DEVICE void place(int rows, int columns, int high, int *row, int *column) {
	int span = high * columns, first = BLOCK / span * high, i = BLOCK % span;
	int here = rows - first < high ? rows - first : high;
	*row = first + i % here;
	*column = i / here;
}

typedef float Two __attribute__((vector_size(8)));

// write adds the bias and writes what a warp has: 16·MI rows, from row on, and 8·NI
// columns. Of 16×8 values a lane has two neighbours of row lane/4, and two 8 rows below.
template <int MI, int NI> DEVICE void write(float *out, const float *bias, int rows, int n, int row, int column, float (&sum)[MI][NI][4]) {
	int lane = THREAD % 32;
	bool pairs = n % 2 == 0 && (unsigned long long)out % 8 == 0;
#pragma unroll
	for (int j = 0; j < NI; j++) {
		int c = column + j * 8 + lane % 4 * 2;
		float left = bias && c < n ? bias[c] : 0, right = bias && c + 1 < n ? bias[c + 1] : 0;
#pragma unroll
		for (int i = 0; i < MI; i++)
#pragma unroll
			for (int h = 0; h < 2; h++) {
				int r = row + i * 16 + h * 8 + lane / 4;
				if (r >= rows || c >= n) continue;
				float *to = out + (long long)r * n + c, p = sum[i][j][2 * h] + left, q = sum[i][j][2 * h + 1] + right;
				if (pairs) {
					*(Two *)to = Two{p, q};
				} else {
					to[0] = p;
					if (c + 1 < n) to[1] = q;
				}
			}
	}
}
