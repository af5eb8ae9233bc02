// Kernels for cards of compute capability 8.0 and later, as a module of their own.
#include "cuda.h"
#include "rounded.cu"
#include "tiles.cu"
#include "tensor.cu"
