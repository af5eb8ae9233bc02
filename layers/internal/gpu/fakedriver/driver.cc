// A test double of NVIDIA's driver library, over this machine's memory: what premlp
// calls of it, with the checks that a card makes and some that it does not.
//
// Kernels are not the PTX that cuModuleLoadData gets but the source it was made of,
// compiled for the host; names and parameters of both are compared. What it cannot
// show: the PTX itself, launches that run beside the host, and reads of a card's
// memory by the host, which are no fault here.
//
//	PREMLP_FAKECUDA_DEVICES=2         devices there are; 1
//	PREMLP_FAKECUDA_MEMORY=1000000    bytes of each; 4 GiB
//	PREMLP_FAKECUDA_TARGET=80         compute capability 8.0; 7.0
//	PREMLP_FAKECUDA_FAIL=cuMemAlloc:3 the third call of it fails; ":3:2" with error 2
//	PREMLP_FAKECUDA_REPORT=FILE       what was counted, as JSON, whenever a context
//	                                  begins or ends
#include "state.h"

API cuInit(unsigned) {
	std::lock_guard<std::mutex> guard(lock);
	initialized = true;
	if (Result r = injected("cuInit")) return initialized = false, r;
	return success;
}

API cuDriverGetVersion(int *version) {
	BEGIN(cuDriverGetVersion, false);
	*version = 12040;
	return success;
}

API cuDeviceGetCount(int *count) {
	BEGIN(cuDeviceGetCount, false);
	*count = devices();
	return success;
}

API cuDeviceGet(int *device, int ordinal) {
	BEGIN(cuDeviceGet, false);
	if (ordinal < 0 || ordinal >= devices()) return invalid_device;
	*device = ordinal;
	return success;
}

API cuDeviceGetName(char *name, int length, int) {
	BEGIN(cuDeviceGetName, false);
	snprintf(name, length, "fake driver on the host");
	return success;
}

API cuDeviceGetAttribute(int *value, int attribute, int) {
	BEGIN(cuDeviceGetAttribute, false);
	switch (attribute) {
	case 16: *value = 4; return success; // multiprocessors
	case 75: *value = target() / 10; return success; // compute capability, major
	case 76: *value = target() % 10; return success; // minor
	case 97: *value = most_shared(); return success; // of a block
	}
	return invalid_value;
}

API cuDeviceTotalMem_v2(size_t *bytes, int) {
	BEGIN(cuDeviceTotalMem, false);
	*bytes = device_memory();
	return success;
}

API cuCtxCreate_v2(Context **context, unsigned, int device) {
	BEGIN(cuCtxCreate, false);
	if (device < 0 || device >= devices()) return invalid_device;
	current = *context = new Context{device};
	contexts.insert(current);
	counted.contexts++;
	report();
	return success;
}

API cuCtxDestroy_v2(Context *context) {
	BEGIN(cuCtxDestroy, false);
	if (!contexts.count(context)) return invalid_context;
	for (auto a = memory.begin(); a != memory.end();) {
		auto next = std::next(a);
		if (a->second.owner == context) {
			counted.freed_with_context++;
			if (!release(a)) say("cuCtxDestroy", "something was written behind an allocation's end");
		}
		a = next;
	}
	for (auto h = host.begin(); h != host.end();) {
		if (h->second.owner != context) { ++h; continue; }
		counted.freed_with_context++;
		free((void *)h->first);
		h = host.erase(h);
	}
	for (auto s = streams.begin(); s != streams.end();) s = (*s)->owner == context ? (delete *s, streams.erase(s)) : std::next(s);
	for (auto e = events.begin(); e != events.end();) e = (*e)->owner == context ? (delete *e, events.erase(e)) : std::next(e);
	for (auto m = modules.begin(); m != modules.end();) m = m->second == context ? modules.erase(m) : std::next(m);
	contexts.erase(context);
	if (current == context) current = nullptr;
	delete context;
	report();
	return success;
}

API cuCtxSetCurrent(Context *context) {
	BEGIN(cuCtxSetCurrent, false);
	if (context && !contexts.count(context)) return invalid_context;
	current = context;
	return success;
}

API cuCtxSynchronize() {
	BEGIN(cuCtxSynchronize, true);
	for (Stream *s : streams) make(s, s->queue.size());
	return success;
}

// The parameters of an entry of PTX, as Kernel has them; a pointer is 'l'.
static std::vector<char> parameters(const std::string &text, size_t from) {
	std::vector<char> types;
	size_t end = text.find(')', from);
	for (size_t at = text.find(".param .", from); at < end; at = text.find(".param .", at + 1)) {
		std::string type = text.substr(at + 8, 3);
		types.push_back(type == "u64" ? 'l' : type == "u32" ? 'i' : type == "f32" ? 'f' : type == "f64" ? 'd' : '?');
	}
	return types;
}

API cuModuleLoadData(Module **module, const char *image) {
	BEGIN(cuModuleLoadData, true);
	std::string text = image;
	if (text.find(".version") == std::string::npos) return invalid_image;
	const std::string mark = ".visible .entry ";
	auto of = [&](const char *arch) { return text.find(std::string(".target ") + arch + "\n") != std::string::npos; };
	int level = of("sm_90a") ? 90 : of("sm_80") ? 80 : 70;
	if (level > target() || (level == 90 && target() != 90)) return no_binary;
	size_t entries = 0, want_entries = 0;
	for (auto &k : kernels()) want_entries += k.target == level;
	for (size_t at = text.find(mark); at != std::string::npos; at = text.find(mark, at + 1), entries++) {
		size_t from = at + mark.size(), open = text.find('(', from);
		std::string name = text.substr(from, open - from);
		const Kernel *found = nullptr;
		for (auto &k : kernels())
			if (name == k.name && k.target == level) found = &k;
		std::vector<char> want;
		if (found)
			for (char c : found->types) want.push_back(c == 'p' ? 'l' : c);
		if (!found || want != parameters(text, open)) {
			say(name.c_str(), found ? "PTX and source have other parameters" : "in the PTX and not in the source");
			return invalid_ptx;
		}
	}
	if (entries != want_entries) {
		say("cuModuleLoadData", "PTX and source have other kernels");
		return invalid_ptx;
	}
	*module = new Module{current};
	modules[*module] = current;
	counted.modules++;
	return success;
}

API cuModuleUnload(Module *module) {
	BEGIN(cuModuleUnload, true);
	return modules.erase(module) ? success : invalid_handle;
}

API cuModuleGetFunction(const Kernel **function, Module *module, const char *name) {
	BEGIN(cuModuleGetFunction, true);
	if (!modules.count(module)) return invalid_handle;
	for (auto &k : kernels())
		if (!strcmp(k.name, name)) return *function = &k, success;
	return not_found;
}

API cuFuncSetAttribute(const Kernel *function, int attribute, int value) {
	BEGIN(cuFuncSetAttribute, true);
	if (attribute != 8 || value < 0 || (unsigned)value > most_shared()) return invalid_value;
	allowed[function] = value;
	return success;
}

API cuLaunchKernel(const Kernel *kernel, unsigned gx, unsigned gy, unsigned gz, unsigned bx, unsigned by, unsigned bz,
		unsigned shared, void *, void **args, void **) {
	BEGIN(cuLaunchKernel, true);
	unsigned long long threads = (unsigned long long)bx * by * bz;
	if (!gx || !gy || !gz || gx > 0x7fffffffu || gy > 65535 || gz > 65535 || threads == 0 || threads > 1024 || bz > 64 || shared > std::max(allowed[kernel], 48u << 10)) {
		say(kernel->name, "launch out of bounds");
		return invalid_value;
	}
	for (size_t i = 0; i < kernel->types.size(); i++) {
		uintptr_t p = kernel->types[i] == 'p' ? *(uintptr_t *)args[i] : 0;
		if (p && !within(p, 1)) {
			say(kernel->name, "a pointer is not within an allocation");
			current->broken = illegal_address; // a card finds out later
			return success;
		}
	}
	counted.launches++, current->launches++;
	counted.kernels[kernel->name]++;
	const char *wrong = run_grid([&] { kernel->call(args); }, {(int)gx, (int)gy, (int)gz}, {(int)bx, (int)by, (int)bz});
	if (wrong) {
		say(kernel->name, wrong);
		current->broken = illegal_address;
	}
	return success;
}
