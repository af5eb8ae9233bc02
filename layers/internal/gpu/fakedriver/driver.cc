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
#include "fake.h"
#include "host.h"

#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <map>
#include <mutex>
#include <set>
#include <sys/mman.h>
#include <unistd.h>

namespace {

enum Result {
	success = 0, invalid_value = 1, out_of_memory = 2, not_initialized = 3, invalid_device = 101,
	invalid_image = 200, invalid_context = 201, no_binary = 209, invalid_ptx = 218, invalid_handle = 400, not_found = 500,
	illegal_address = 700, launch_failed = 719, unknown = 999,
};

struct Context;

struct Allocation {
	size_t bytes, mapped;
	char *base;
	Context *owner;
};

struct Module {
	Context *owner;
};

// Host is memory that cuMemAllocHost gave.
struct Host {
	size_t bytes;
	Context *owner;
};

// Copy is one to the host that was asked for and not made yet.
struct Copy {
	uintptr_t to, from;
	size_t bytes;
	bool early; // it does not wait for a launch before it
};

// Stream is one for copies. They are made as late as a card may: when something waits
// for them.
struct Stream {
	Context *owner;
	long seen = 0; // so many launches are waited for
	std::vector<Copy> queue;
	size_t made = 0; // of queue
};

// Event is a place in a stream, or among the launches.
struct Event {
	Context *owner;
	Stream *stream = nullptr;
	size_t copies = 0; // of the stream, before it
	long launches = 0; // before it, where it has no stream
};

struct Context {
	int device;
	Result broken = success; // what a launch did; every later call returns it
};

std::mutex lock;
bool initialized;
std::set<Context *> contexts;
std::map<Module *, Context *> modules;
std::map<uintptr_t, Allocation> memory;
std::map<int, size_t> used; // of each device
std::map<const Kernel *, unsigned> allowed; // shared memory of a launch, where it was asked for
thread_local Context *current;
std::map<uintptr_t, Host> host; // locked memory
std::set<Stream *> streams;
std::set<Event *> events;

struct {
	long contexts, modules, allocations, frees, freed_with_context, launches, uploads, downloads, faults;
	long long bytes, peak, up, down;
	std::map<std::string, long> kernels;
} counted;

size_t number(const char *name, size_t otherwise) {
	const char *s = getenv(name);
	return s && *s ? strtoull(s, nullptr, 10) : otherwise;
}

size_t device_memory() { return number("PREMLP_FAKECUDA_MEMORY", size_t(4) << 30); }
int target() { return number("PREMLP_FAKECUDA_TARGET", 70); }
unsigned most_shared() { return (target() < 80 ? 96 : target() < 90 ? 163 : 227) << 10; }
int devices() { return number("PREMLP_FAKECUDA_DEVICES", 1); }

// say prints what a card would not say.
void say(const char *what, const char *why) { fprintf(stderr, "fake CUDA driver: %s: %s\n", what, why); }

// injected returns the error that PREMLP_FAKECUDA_FAIL wants of this call.
Result injected(const char *call) {
	static std::map<std::string, int> calls;
	static const char *wanted = getenv("PREMLP_FAKECUDA_FAIL");
	int n = ++calls[call];
	size_t length = strlen(call);
	if (!wanted || strncmp(wanted, call, length) || wanted[length] != ':') return success;
	int at = 0, code = !strcmp(call, "cuMemAlloc") ? out_of_memory : unknown;
	sscanf(wanted + length, ":%d:%d", &at, &code);
	if (n != at) return success;
	counted.faults++;
	return Result(code);
}

void report() {
	const char *path = getenv("PREMLP_FAKECUDA_REPORT");
	if (!path || !*path) return;
	FILE *f = fopen(path, "w");
	if (!f) return;
	fprintf(f, "{\"contexts\": %ld, \"live_contexts\": %zu, \"live_modules\": %zu, \"allocations\": %ld, \"frees\": %ld, "
		"\"freed_with_context\": %ld, \"live_allocations\": %zu, \"peak_bytes\": %lld, \"launches\": %ld, \"uploads\": %ld, "
		"\"upload_bytes\": %lld, \"downloads\": %ld, \"download_bytes\": %lld, \"faults\": %ld, \"kernels\": {",
		counted.contexts, contexts.size(), modules.size(), counted.allocations, counted.frees, counted.freed_with_context,
		memory.size() + host.size(), counted.peak, counted.launches, counted.uploads, counted.up, counted.downloads, counted.down, counted.faults);
	const char *comma = "";
	for (auto &k : counted.kernels) fprintf(f, "%s\"%s\": %ld", comma, k.first.c_str(), k.second), comma = ", ";
	fprintf(f, "}}\n");
	fclose(f);
}

// begin is the start of every call: with a context wanted, one must be current.
Result begin(const char *call, bool context) {
	if (!initialized) return not_initialized;
	if (Result r = injected(call)) return r;
	if (!context) return success;
	if (!current || !contexts.count(current)) {
		say(call, "no context is current on this thread");
		return invalid_context;
	}
	return current->broken;
}

#define BEGIN(call, context) \
	std::lock_guard<std::mutex> guard(lock); \
	if (Result r = begin(#call, context)) return r

// within finds the allocation that holds a range, of the current context.
bool within(uintptr_t p, size_t bytes) {
	auto a = memory.upper_bound(p);
	if (a == memory.begin()) return false;
	--a;
	return a->second.owner == current && p + bytes <= a->first + a->second.bytes;
}

// locked finds the host's memory that holds a range.
bool locked(uintptr_t p, size_t bytes) {
	auto a = host.upper_bound(p);
	if (a == host.begin()) return false;
	--a;
	return a->second.owner == current && p + bytes <= a->first + a->second.bytes;
}

// make makes the first copies of a stream.
void make(Stream *s, size_t count) {
	for (; s->made < count; s->made++) {
		Copy &c = s->queue[s->made];
		if (!c.early) memcpy((void *)c.to, (void *)c.from, c.bytes);
		counted.downloads++;
		counted.down += c.bytes;
	}
}

// waited reports whether nothing is to be copied from or to a range any more.
bool waited(uintptr_t p, size_t bytes) {
	for (Stream *s : streams)
		for (size_t i = s->made; i < s->queue.size(); i++) {
			Copy &c = s->queue[i];
			if ((c.from < p + bytes && p < c.from + c.bytes) || (c.to < p + bytes && p < c.to + c.bytes)) return false;
		}
	return true;
}

constexpr size_t alignment = 256;

// release unmaps an allocation: whatever touches it later is a fault. It returns
// false if something wrote behind its end.
bool release(std::map<uintptr_t, Allocation>::iterator a) {
	bool whole = true;
	Allocation &m = a->second;
	for (char *p = (char *)a->first + m.bytes; p < (char *)a->first + (m.bytes + alignment - 1) / alignment * alignment; p++)
		whole = whole && *p == (char)0xff;
	munmap(m.base, m.mapped);
	used[m.owner->device] -= m.bytes;
	memory.erase(a);
	return whole;
}

} // namespace

#define API extern "C" __attribute__((visibility("default"))) int

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

API cuMemGetInfo_v2(size_t *free, size_t *total) {
	BEGIN(cuMemGetInfo, true);
	*total = device_memory();
	*free = *total - used[current->device];
	return success;
}

// Memory ends at a page that nobody may touch, and is full of NaNs.
API cuMemAlloc_v2(uintptr_t *p, size_t bytes) {
	BEGIN(cuMemAlloc, true);
	if (bytes == 0) return invalid_value;
	size_t free = device_memory() - used[current->device];
	if (bytes > free) return out_of_memory;
	size_t page = sysconf(_SC_PAGESIZE), room = (bytes + alignment - 1) / alignment * alignment;
	size_t mapped = (room + page - 1) / page * page + page;
	char *base = (char *)mmap(nullptr, mapped, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (base == MAP_FAILED) return out_of_memory;
	mprotect(base + mapped - page, page, PROT_NONE);
	*p = (uintptr_t)base + mapped - page - room;
	memset((void *)*p, 0xff, room);
	memory[*p] = {bytes, mapped, base, current};
	used[current->device] += bytes;
	counted.allocations++;
	counted.bytes += bytes;
	counted.peak = std::max<long long>(counted.peak, used[current->device]);
	return success;
}

API cuMemFree_v2(uintptr_t p) {
	BEGIN(cuMemFree, true);
	auto a = memory.find(p);
	if (a == memory.end() || a->second.owner != current) {
		say("cuMemFree", "no allocation begins there");
		return invalid_value;
	}
	counted.frees++;
	if (!waited(a->first, a->second.bytes)) {
		say("cuMemFree", "a copy from there was not waited for");
		return current->broken = illegal_address;
	}
	if (!release(a)) {
		say("cuMemFree", "something was written behind the allocation's end");
		return illegal_address;
	}
	return success;
}

API cuMemcpyHtoD_v2(uintptr_t to, const void *from, size_t bytes) {
	BEGIN(cuMemcpyHtoD, true);
	if (!within(to, bytes)) return say("cuMemcpyHtoD", "not within an allocation"), invalid_value;
	memcpy((void *)to, from, bytes);
	counted.uploads++;
	counted.up += bytes;
	return success;
}

API cuMemcpyDtoH_v2(void *to, uintptr_t from, size_t bytes) {
	BEGIN(cuMemcpyDtoH, true);
	if (!within(from, bytes)) return say("cuMemcpyDtoH", "not within an allocation"), invalid_value;
	memcpy(to, (void *)from, bytes);
	counted.downloads++;
	counted.down += bytes;
	return success;
}

API cuMemAllocHost_v2(uintptr_t *p, size_t bytes) {
	BEGIN(cuMemAllocHost, true);
	if (bytes == 0) return invalid_value;
	*p = (uintptr_t)malloc(bytes);
	memset((void *)*p, 0xff, bytes);
	host[*p] = {bytes, current};
	return success;
}

API cuMemFreeHost(uintptr_t p) {
	BEGIN(cuMemFreeHost, true);
	auto h = host.find(p);
	if (h == host.end() || h->second.owner != current) return say("cuMemFreeHost", "no allocation begins there"), invalid_value;
	if (!waited(p, h->second.bytes)) return say("cuMemFreeHost", "a copy to there was not waited for"), illegal_address;
	host.erase(h);
	free((void *)p);
	return success;
}

API cuStreamCreate(Stream **stream, unsigned flags) {
	BEGIN(cuStreamCreate, true);
	if (flags != 1) return say("cuStreamCreate", "its copies would wait for all launches"), invalid_value;
	streams.insert(*stream = new Stream{current});
	return success;
}

API cuStreamWaitEvent(Stream *stream, Event *event, unsigned) {
	BEGIN(cuStreamWaitEvent, true);
	if (!streams.count(stream) || !events.count(event)) return invalid_handle;
	if (!event->stream) stream->seen = std::max(stream->seen, event->launches);
	return success;
}

API cuEventCreate(Event **event, unsigned) {
	BEGIN(cuEventCreate, true);
	events.insert(*event = new Event{current});
	return success;
}

API cuEventRecord(Event *event, Stream *stream) {
	BEGIN(cuEventRecord, true);
	if (!events.count(event) || (stream && !streams.count(stream))) return invalid_handle;
	event->stream = stream;
	event->copies = stream ? stream->queue.size() : 0;
	event->launches = counted.launches;
	return success;
}

API cuEventSynchronize(Event *event) {
	BEGIN(cuEventSynchronize, true);
	if (!events.count(event)) return invalid_handle;
	if (event->stream) make(event->stream, event->copies);
	return success;
}

// The copy is made when it is waited for; until then the host's memory is NaNs. One
// that may begin before a launch has ended leaves them there.
API cuMemcpyDtoHAsync_v2(uintptr_t to, uintptr_t from, size_t bytes, Stream *stream) {
	BEGIN(cuMemcpyDtoHAsync, true);
	if (!streams.count(stream)) return invalid_handle;
	if (!within(from, bytes)) return say("cuMemcpyDtoHAsync", "not within an allocation"), invalid_value;
	if (!locked(to, bytes)) return say("cuMemcpyDtoHAsync", "not to memory of cuMemAllocHost"), invalid_value;
	bool early = stream->seen < counted.launches;
	if (early) say("cuMemcpyDtoHAsync", "does not wait for the launches before it");
	memset((void *)to, 0xff, bytes);
	stream->queue.push_back({to, from, bytes, early});
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
	counted.launches++;
	counted.kernels[kernel->name]++;
	const char *wrong = run_grid([&] { kernel->call(args); }, {(int)gx, (int)gy, (int)gz}, {(int)bx, (int)by, (int)bz});
	if (wrong) {
		say(kernel->name, wrong);
		current->broken = illegal_address;
	}
	return success;
}
