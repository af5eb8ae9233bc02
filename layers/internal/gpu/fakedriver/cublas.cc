// A test double of cuBLAS on the fake driver's memory: what premlp calls of it, with
// host loops that sum in another order than premlp's kernels do.
//
//	PREMLP_FAKECUBLAS_FAIL=cublasGemmEx:2    the second call of it fails; ":0" each;
//	                                         ":2:7" with status 7
//	PREMLP_FAKECUBLAS_REPORT=FILE            what was counted, as JSON
#include "../cublas.h"

#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <map>
#include <set>
#include <string>

namespace {

enum Status { success = 0, not_initialized = 1, invalid_value = 7, execution_failed = 13 };

std::set<void *> handles;
std::map<std::string, long> calls;

void report() {
	const char *path = getenv("PREMLP_FAKECUBLAS_REPORT");
	FILE *f = path && *path ? fopen(path, "w") : nullptr;
	if (!f) return;
	fprintf(f, "{\"live_handles\": %zu, \"products\": %ld}\n", handles.size(), calls["cublasGemmEx"]);
	fclose(f);
}

// begin counts a call, and returns the status that PREMLP_FAKECUBLAS_FAIL wants of it.
int begin(const char *call, void *handle, bool wants_handle = true) {
	long n = ++calls[call];
	report();
	if (const char *wanted = getenv("PREMLP_FAKECUBLAS_FAIL")) {
		char name[64];
		long at;
		int status = execution_failed;
		if (sscanf(wanted, "%63[^:]:%ld:%d", name, &at, &status) >= 2 && !strcmp(name, call) && (n == at || at == 0)) return status;
	}
	return !wants_handle || handles.count(handle) ? success : not_initialized;
}

float value(const void *m, int type, long long i) {
	if (type == CUBLAS_R_32F) return ((const float *)m)[i];
	unsigned bits = ((const unsigned short *)m)[i] << 16;
	float v;
	memcpy(&v, &bits, 4);
	return v;
}

} // namespace

#define API extern "C" __attribute__((visibility("default"))) int
#define BEGIN(call, handle, wants) \
	if (int status = begin(call, handle, wants)) return status

API cublasCreate_v2(void **handle) {
	BEGIN("cublasCreate", nullptr, false);
	*handle = malloc(1);
	handles.insert(*handle);
	report();
	return success;
}

API cublasDestroy_v2(void *handle) {
	BEGIN("cublasDestroy", handle, true);
	handles.erase(handle);
	free(handle);
	report();
	return success;
}

API cublasGetVersion_v2(void *handle, int *version) {
	BEGIN("cublasGetVersion", handle, true);
	*version = 120405;
	return success;
}

API cublasSetStream_v2(void *handle, void *stream) {
	BEGIN("cublasSetStream", handle, true);
	return stream ? invalid_value : success;
}

API cublasSetMathMode(void *handle, int mode) {
	BEGIN("cublasSetMathMode", handle, true);
	return mode == (CUBLAS_DEFAULT_MATH | CUBLAS_DISALLOW_REDUCED_PRECISION_REDUCTION) ? success : invalid_value;
}

API cublasGemmEx(void *handle, int transa, int transb, int m, int n, int k, const void *alpha, const void *a, int type_a, int lda,
		const void *b, int type_b, int ldb, const void *beta, void *c, int type_c, int ldc, int compute, int algorithm) {
	BEGIN("cublasGemmEx", handle, true);
	bool types = type_a == type_b && type_c == CUBLAS_R_32F && algorithm == CUBLAS_DEFAULT_ALGORITHM &&
		((type_a == CUBLAS_R_16BF && compute == CUBLAS_32F) || (type_a == CUBLAS_R_32F && compute == CUBLAS_32F_FAST_TF32));
	if (!types || transa != CUBLAS_T || transb != CUBLAS_N || m < 1 || n < 1 || k < 1 || lda < k || ldb < k || ldc < m) return invalid_value;
	for (int j = 0; j < n; j++)
		for (int i = 0; i < m; i++) {
			double sum = 0;
			for (int l = k - 1; l >= 0; l--) sum += (double)value(a, type_a, (long long)i * lda + l) * value(b, type_b, (long long)j * ldb + l);
			float *to = (float *)c + (long long)j * ldc + i;
			*to = *(const float *)alpha * (float)sum + (*(const float *)beta == 0 ? 0 : *(const float *)beta * *to);
		}
	return success;
}
