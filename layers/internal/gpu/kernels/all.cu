// All kernels, as one module.
#include "cuda.h"
#include "math.cu"
#include "elementwise.cu"
#include "gather.cu"
#include "norm.cu"
#include "rope.cu"
#include "matmul.cu"
#include "attention.cu"
