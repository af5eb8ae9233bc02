// Kernels for cards of compute capability 9.0 alone, as a module of their own.
#include "cuda.h"
#include "tiles.cu"
#include "hopper.cu"
