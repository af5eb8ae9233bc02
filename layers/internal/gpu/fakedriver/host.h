// What kernels/cuda.h gives a card, for the host: g++ -include host.h. The threads of
// a block are fibers of one thread, in turn from barrier to barrier.
#pragma once

#define KERNEL extern "C"
#define DEVICE static inline
#define SHARED __attribute__((section("shared_memory")))
#define BOUNDS(threads, blocks)

struct Place { int x, y, z; };
extern Place fake_thread, fake_threads, fake_block, fake_blocks;
void fake_barrier();

#define THREAD (fake_thread.x)
#define THREADS (fake_threads.x)
#define BLOCK (fake_block.x)
#define BLOCKS (fake_blocks.x)
#define BLOCK_Y (fake_block.y)
#define BLOCK_Z (fake_block.z)

#define barrier() fake_barrier()

typedef float Four __attribute__((vector_size(16)));
DEVICE Four load_now(const float *p) { return *(const Four *)p; }
