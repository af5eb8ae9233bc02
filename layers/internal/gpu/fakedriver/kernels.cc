// The kernels' own source, compiled for the host, and the lists of them by module:
// entries70.h and so on, which build makes of that source.
#include "host.h"

#include "../kernels/all.cu"
#include "../kernels/rounded.cu"
#include "tensor.h"
#include "hopper.h"

#include "fake.h"

#include <utility>

namespace {

template <class T> constexpr char type_of() {
	if (std::is_pointer_v<T>) return 'p';
	if (std::is_same_v<T, int>) return 'i';
	if (std::is_same_v<T, long long>) return 'l';
	if (std::is_same_v<T, float>) return 'f';
	if (std::is_same_v<T, double>) return 'd';
	return '?';
}

template <class... A, size_t... I> void call(void (*f)(A...), void **args, std::index_sequence<I...>) {
	f(*static_cast<A *>(args[I])...);
}

template <class... A> Kernel kernel_of(const char *name, int target, void (*f)(A...)) {
	return {name, {type_of<A>()...}, [f](void **args) { call(f, args, std::index_sequence_for<A...>{}); }, target};
}

} // namespace

const std::vector<Kernel> &kernels() {
	static const std::vector<Kernel> all = {
#define ENTRY(name) kernel_of(#name, 70, ::name),
#include "entries70.h"
#undef ENTRY
#define ENTRY(name) kernel_of(#name, 80, ::name),
#include "entries80.h"
#undef ENTRY
#define ENTRY(name) kernel_of(#name, 90, ::name),
#include "entries90.h"
	};
	return all;
}
