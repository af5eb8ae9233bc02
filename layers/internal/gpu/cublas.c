//go:build gpu

#include "cublas.h"

#include <dlfcn.h>
#include <stdint.h>
#include <stdio.h>

int premlp_open_cublas(struct premlp_cublas *f, const char *name, char *why, int size) {
	void *library = dlopen(name, RTLD_NOW | RTLD_LOCAL);
	if (!library) {
		snprintf(why, size, "%s", dlerror());
		return 1;
	}
	struct { const char *name; void **place; } functions[] = {
		{"cublasCreate_v2", (void **)&f->create}, {"cublasDestroy_v2", (void **)&f->destroy},
		{"cublasGetVersion_v2", (void **)&f->version}, {"cublasSetStream_v2", (void **)&f->set_stream},
		{"cublasSetMathMode", (void **)&f->set_math_mode}, {"cublasGemmEx", (void **)&f->gemm},
	};
	for (unsigned i = 0; i < sizeof functions / sizeof *functions; i++) {
		if ((*functions[i].place = dlsym(library, functions[i].name))) continue;
		snprintf(why, size, "%s: want cuBLAS 11 or later, have a library without %s", name, functions[i].name);
		dlclose(library);
		return 2;
	}
	return 0;
}

int premlp_cublas_create(struct premlp_cublas *f, void **handle) { return f->create(handle); }
int premlp_cublas_destroy(struct premlp_cublas *f, void *handle) { return f->destroy(handle); }
int premlp_cublas_version(struct premlp_cublas *f, void *handle, int *version) { return f->version(handle, version); }
int premlp_cublas_set_stream(struct premlp_cublas *f, void *handle, void *stream) { return f->set_stream(handle, stream); }
int premlp_cublas_set_math_mode(struct premlp_cublas *f, void *handle, int mode) { return f->set_math_mode(handle, mode); }

int premlp_cublas_multiply(struct premlp_cublas *f, void *handle, unsigned long long out, unsigned long long x, unsigned long long w,
		int rows, int n, int k, int type, int stride, int compute) {
	float one = 1, zero = 0;
	return f->gemm(handle, CUBLAS_T, CUBLAS_N, n, rows, k, &one, (const void *)(uintptr_t)w, type, stride,
		(const void *)(uintptr_t)x, type, stride, &zero, (void *)(uintptr_t)out, CUBLAS_R_32F, n, compute, CUBLAS_DEFAULT_ALGORITHM);
}
