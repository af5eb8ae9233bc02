// What CUDA C needs declared when no file of NVIDIA's is there: clang knows the
// attributes and the special registers. The fake driver's host.h has its own.
#ifndef KERNEL

#define KERNEL extern "C" __attribute__((global))
#define DEVICE static inline __attribute__((device, always_inline))
#define SHARED __attribute__((shared))
#define BOUNDS(threads, blocks) __attribute__((launch_bounds(threads, blocks))) // blocks: on a multiprocessor at once

#define THREAD ((int)__nvvm_read_ptx_sreg_tid_x())
#define THREADS ((int)__nvvm_read_ptx_sreg_ntid_x())
#define BLOCK ((int)__nvvm_read_ptx_sreg_ctaid_x())
#define BLOCKS ((int)__nvvm_read_ptx_sreg_nctaid_x())
#define BLOCK_Y ((int)__nvvm_read_ptx_sreg_ctaid_y())
#define BLOCK_Z ((int)__nvvm_read_ptx_sreg_ctaid_z())

#define barrier() __syncthreads()

typedef float Four __attribute__((vector_size(16)));

// Loads here, and not where the value is used.
DEVICE Four load_now(const float *p) {
	float a, b, c, d;
	asm volatile("ld.global.v4.f32 {%0, %1, %2, %3}, [%4];" : "=f"(a), "=f"(b), "=f"(c), "=f"(d) : "l"((const __attribute__((address_space(1))) float *)p) : "memory");
	return (Four){a, b, c, d};
}

#endif

// A kernel's threads take the elements of [0, n) in turn.
#define EACH(i, n) for (long long i = (long long)BLOCK * THREADS + THREAD; i < (n); i += (long long)BLOCKS * THREADS)
