// Lossy products by wgmma, of cards of compute capability 9.0 and no other; tiles.cu says
// of what. A warpgroup of 4 warps has 64 rows and all columns of a tile. Its tensor cores
// read both factors from shared memory, and go on while the threads wait for the next
// tile. The order of chunks there is what the cards call a swizzle of 128 bytes.

// What cp.async has written is made visible to wgmma.
DEVICE void publish_copies() { asm volatile("fence.proxy.async.shared::cta;" ::: "memory"); }

// All products but the last tile's have ended.
DEVICE void wait_products() { asm volatile("wgmma.wait_group.sync.aligned 1;" ::: "memory"); }

// descriptor says where a factor's rows lie: 8 of them in 1024 bytes, swizzled. A step
// further along a row is 2 more.
DEVICE unsigned long long descriptor(unsigned shared) {
	return (shared & 0x3ffff) >> 4 | 1ull << 16 | (8ull * DEPTH >> 4) << 32 | 1ull << 62;
}

// The sums of a thread, as operands of asm.
#define SUMS_16(j) "+f"(d[j][0]), "+f"(d[j][1]), "+f"(d[j][2]), "+f"(d[j][3]), "+f"(d[j + 1][0]), "+f"(d[j + 1][1]), "+f"(d[j + 1][2]), "+f"(d[j + 1][3])
#define SUMS_64(j) SUMS_16(j), SUMS_16(j + 2), SUMS_16(j + 4), SUMS_16(j + 6)
#define SUMS_128(j) SUMS_64(j), SUMS_64(j + 8)
#define SUMS_256(j) SUMS_128(j), SUMS_128(j + 16)
#define NAMES_64 \
	"%0, %1, %2, %3, %4, %5, %6, %7, %8, %9, %10, %11, %12, %13, %14, %15, " \
	"%16, %17, %18, %19, %20, %21, %22, %23, %24, %25, %26, %27, %28, %29, %30, %31"
#define NAMES_128 NAMES_64 ", " \
	"%32, %33, %34, %35, %36, %37, %38, %39, %40, %41, %42, %43, %44, %45, %46, %47, " \
	"%48, %49, %50, %51, %52, %53, %54, %55, %56, %57, %58, %59, %60, %61, %62, %63"
#define NAMES_256 NAMES_128 ", " \
	"%64, %65, %66, %67, %68, %69, %70, %71, %72, %73, %74, %75, %76, %77, %78, %79, " \
	"%80, %81, %82, %83, %84, %85, %86, %87, %88, %89, %90, %91, %92, %93, %94, %95, " \
	"%96, %97, %98, %99, %100, %101, %102, %103, %104, %105, %106, %107, %108, %109, %110, %111, " \
	"%112, %113, %114, %115, %116, %117, %118, %119, %120, %121, %122, %123, %124, %125, %126, %127"

#define STEP(N, KIND, A, B, MORE) "wgmma.mma_async.sync.aligned.m64n" #N KIND " {" NAMES_##N "}, %" #A ", %" #B ", on, 1, 1" MORE ";\n"

// Products<T, N>::begin begins the products of a tile, four steps of a warpgroup's x and
// of w, which are added to d; end waits for all. Until then nobody touches d.
template <class T, int N> struct Products;

#define PRODUCTS(T, N, KIND, MORE, A0, B0, A1, B1, A2, B2, A3, B3) \
	template <> struct Products<T, N> { \
		static DEVICE_METHOD void begin(float (&d)[N / 8][4], unsigned long long x, unsigned long long w) { \
			asm volatile("{\n.reg .pred on;\n.reg .b32 one;\nmov.b32 one, 1;\nsetp.ne.b32 on, one, 0;\nwgmma.fence.sync.aligned;\n" \
				STEP(N, KIND, A0, B0, MORE) STEP(N, KIND, A1, B1, MORE) STEP(N, KIND, A2, B2, MORE) STEP(N, KIND, A3, B3, MORE) \
				"wgmma.commit_group.sync.aligned;\n}" \
				: SUMS_##N(0) : "l"(x), "l"(w), "l"(x + 2), "l"(w + 2), "l"(x + 4), "l"(w + 4), "l"(x + 6), "l"(w + 6) : "memory"); \
		} \
		static DEVICE_METHOD void end(float (&d)[N / 8][4]) { asm volatile("wgmma.wait_group.sync.aligned 0;" : SUMS_##N(0) :: "memory"); } \
	};

struct BF16 {};
struct TF32 {};

#define PRODUCTS_OF(T, KIND, MORE) \
	PRODUCTS(T, 64, KIND, MORE, 32, 33, 34, 35, 36, 37, 38, 39) \
	PRODUCTS(T, 128, KIND, MORE, 64, 65, 66, 67, 68, 69, 70, 71) \
	PRODUCTS(T, 256, KIND, MORE, 128, 129, 130, 131, 132, 133, 134, 135)

PRODUCTS_OF(BF16, "k16.f32.bf16.bf16", ", 0, 0")
PRODUCTS_OF(TF32, "k8.f32.tf32.tf32", "")

// A tile of GROUPS·64 rows and N columns. Products of a tile begin while those of the
// tile before go on; the one before that has ended, and its place is filled anew.
template <class T, int GROUPS, int N, int STAGES>
DEVICE void hopper(float *out, const char *x, const char *w, const float *bias, int rows, int n, int pitch) {
	enum { WIDE = 128 * GROUPS, ROWS = 64 * GROUPS, STAGE = (ROWS + N) * DEPTH, AHEAD = STAGES - 2 };
	int row, column;
	place((rows + ROWS - 1) / ROWS, (n + N - 1) / N, 2048 / ROWS, &row, &column);
	row *= ROWS, column *= N;
	unsigned shared = (unsigned)(unsigned long long)(Shared)tiles;
	Copies<ROWS, WIDE> copy_x(x, row, rows, pitch, shared);
	Copies<N, WIDE> copy_w(w, column, n, pitch, shared + ROWS * DEPTH);
	unsigned long long at_x = descriptor(shared + THREAD / 128 * 64 * DEPTH), at_w = descriptor(shared + ROWS * DEPTH);
	float sum[1][N / 8][4];
#pragma unroll
	for (int j = 0; j < N / 8; j++)
#pragma unroll
		for (int e = 0; e < 4; e++) sum[0][j][e] = 0;

	int count = pitch / DEPTH;
#pragma unroll
	for (int s = 0; s < AHEAD; s++) {
		if (s < count) {
			copy_x.next(s * STAGE);
			copy_w.next(s * STAGE);
		}
		commit_copies();
	}
	unsigned stage = 0, fill = AHEAD * STAGE; // of this tile, and of the one to be copied
	for (int t = 0; t < count; t++) {
		wait_copies<AHEAD - 1>();
		publish_copies();
		wait_products();
		barrier();
		Products<T, N>::begin(sum[0], at_x + (stage >> 4), at_w + (stage >> 4));
		if (t + AHEAD < count) {
			copy_x.next(fill);
			copy_w.next(fill);
		}
		commit_copies();
		stage = stage == (STAGES - 1) * STAGE ? 0 : stage + STAGE;
		fill = fill == (STAGES - 1) * STAGE ? 0 : fill + STAGE;
	}
	Products<T, N>::end(sum[0]);
	write(out, bias, rows, n, row + THREAD / 32 * 16, column, sum);
}

#define HOPPER(name, T, GROUPS, N, STAGES, BLOCKS_) \
	KERNEL __attribute__((launch_bounds(128 * GROUPS, BLOCKS_))) void name(float *out, const char *x, const char *w, const float *bias, int rows, int n, int pitch) { \
		hopper<T, GROUPS, N, STAGES>(out, x, w, bias, rows, n, pitch); \
	}

HOPPER(bf16_wgmma_128x256, BF16, 2, 256, 4, 1)
HOPPER(bf16_wgmma_128x128, BF16, 2, 128, 3, 2)
HOPPER(bf16_wgmma_64x64, BF16, 1, 64, 4, 3)
HOPPER(tf32_wgmma_128x256, TF32, 2, 256, 4, 1)
HOPPER(tf32_wgmma_128x128, TF32, 2, 128, 3, 2)
HOPPER(tf32_wgmma_64x64, TF32, 1, 64, 4, 3)
