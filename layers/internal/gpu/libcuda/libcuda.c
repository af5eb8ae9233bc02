// The driver's library, opened at run time: this file stands in for libcuda at the
// link (.ci/gpu-env makes libcuda.a of it), so that a program built with the tag gpu
// needs no driver to start.
//
// Each function is one jump through a table. Until premlp_open_libcuda has filled
// the table from the real library, a call returns CUDA_ERROR_NOT_INITIALIZED; what
// that library lacks returns CUDA_ERROR_NOT_SUPPORTED. gorgonia.org/cu ends the
// program when cuInit fails at its start: cuInit here is 0 and does nothing, and the
// real one is called when a device is asked for.
#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { NOT_INITIALIZED = 3, NOT_SUPPORTED = 801 };

static int not_initialized(void) { return NOT_INITIALIZED; }
static int not_supported(void) { return NOT_SUPPORTED; }
static int nothing(unsigned flags) { return flags == 0 ? 0 : 1; }

// The entries of the table, by name.
#define NAME(name) PLACE_##name,
enum {
#include "names.h"
	PLACES
};
#undef NAME

__attribute__((visibility("hidden"))) void *premlp_cuda_table[PLACES] = {
	[0 ... PLACES - 1] = not_initialized,
	[PLACE_cuInit] = nothing,
};

#define TEXT(x) #x
#define NUMBER(x) TEXT(x)

#if defined(__x86_64__)
#define JUMP(name, at) "\tjmp *premlp_cuda_table+8*" at "(%rip)\n"
#elif defined(__aarch64__)
#define JUMP(name, at) \
	"\tadrp x16, premlp_cuda_table\n" \
	"\tadd x16, x16, :lo12:premlp_cuda_table\n" \
	"\tldr x16, [x16, #8*" at "]\n" \
	"\tbr x16\n"
#else
#error "libcuda.c: want x86-64 or arm64"
#endif

// A name's place, for the assembler: __COUNTER__ counts as the enum does.
#define NAME(name) TRAMPOLINE(name, __COUNTER__)
#define TRAMPOLINE(name, at) TRAMPOLINE_AT(name, NUMBER(at))
#define TRAMPOLINE_AT(name, at) \
	"\t.globl " #name "\n\t.type " #name ", %function\n" #name ":\n" JUMP(name, at) "\t.size " #name ", .-" #name "\n"
__asm__("\t.text\n"
#include "names.h"
);
#undef NAME

#define NAME(name) #name,
static const char *const names[PLACES] = {
#include "names.h"
};

_Static_assert(sizeof names / sizeof *names == PLACES && __COUNTER__ == PLACES, "a name has one place");

// premlp_open_libcuda opens the driver's library, PREMLP_LIBCUDA where that is set,
// and initializes it: once, whatever came of it. It returns 0, or 1 and why not in
// why: the library is not there; or 2 and cuInit's error in code.
int premlp_open_libcuda(char *why, int size, int *code) {
	static int opened;
	if (opened) return 0;
	const char *path = getenv("PREMLP_LIBCUDA");
	if (!path || !*path) path = "libcuda.so.1";
	void *library = dlopen(path, RTLD_NOW | RTLD_LOCAL);
	if (!library) {
		snprintf(why, size, "%s", dlerror());
		return 1;
	}
	int (*init)(unsigned) = (int (*)(unsigned))dlsym(library, "cuInit");
	if (!init) {
		snprintf(why, size, "%s: want the CUDA driver's library, have one without cuInit", path);
		dlclose(library);
		return 1;
	}
	if ((*code = init(0)) != 0) return 2; // the library stays open: it may have threads
	for (int i = 0; i < PLACES; i++) {
		void *f = i == PLACE_cuInit ? (void *)nothing : dlsym(library, names[i]);
		premlp_cuda_table[i] = f ? f : (void *)not_supported;
	}
	opened = 1;
	return 0;
}
