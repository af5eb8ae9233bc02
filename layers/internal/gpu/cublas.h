// What premlp calls of cuBLAS, declared here: nothing of NVIDIA's is needed to build.
#pragma once

enum {
	CUBLAS_R_32F = 0, CUBLAS_R_16BF = 14,           // cudaDataType
	CUBLAS_N = 0, CUBLAS_T = 1,                     // cublasOperation_t
	CUBLAS_32F = 68, CUBLAS_32F_FAST_TF32 = 77,     // cublasComputeType_t
	CUBLAS_DEFAULT_ALGORITHM = -1,                  // cublasGemmAlgo_t
	CUBLAS_DEFAULT_MATH = 0,                        // cublasMath_t, and with it:
	CUBLAS_DISALLOW_REDUCED_PRECISION_REDUCTION = 16,
};

// premlp_cublas is the library's functions; each returns a cublasStatus_t.
struct premlp_cublas {
	int (*create)(void **handle);
	int (*destroy)(void *handle);
	int (*version)(void *handle, int *version);
	int (*set_stream)(void *handle, void *stream);
	int (*set_math_mode)(void *handle, int mode);
	int (*gemm)(void *handle, int transa, int transb, int m, int n, int k, const void *alpha, const void *a, int type_a, int lda,
		const void *b, int type_b, int ldb, const void *beta, void *c, int type_c, int ldc, int compute, int algorithm);
};

// premlp_open_cublas opens the library of a name. It returns 0; 1 where there is none;
// 2 where it lacks a function. why says more.
int premlp_open_cublas(struct premlp_cublas *f, const char *name, char *why, int size);

int premlp_cublas_create(struct premlp_cublas *f, void **handle);
int premlp_cublas_destroy(struct premlp_cublas *f, void *handle);
int premlp_cublas_version(struct premlp_cublas *f, void *handle, int *version);
int premlp_cublas_set_stream(struct premlp_cublas *f, void *handle, void *stream);
int premlp_cublas_set_math_mode(struct premlp_cublas *f, void *handle, int mode);

// premlp_cublas_multiply is out [rows, n] = x [rows, k] · wᵀ, w [n, k], all row-major:
// column by column that is outᵀ = w · xᵀ. x and w are of a type, rows stride values
// apart.
int premlp_cublas_multiply(struct premlp_cublas *f, void *handle, unsigned long long out, unsigned long long x, unsigned long long w,
	int rows, int n, int k, int type, int stride, int compute);
