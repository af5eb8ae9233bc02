// What the fake driver keeps, and the checks that its functions share; driver.cc says
// what it is.
#pragma once

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
	long launches = 0;       // so far
};

inline std::mutex lock;
inline bool initialized;
inline std::set<Context *> contexts;
inline std::map<Module *, Context *> modules;
inline std::map<uintptr_t, Allocation> memory;
inline std::map<int, size_t> used; // of each device
inline std::map<const Kernel *, unsigned> allowed; // shared memory of a launch, where it was asked for
inline thread_local Context *current;
inline std::map<uintptr_t, Host> host; // locked memory
inline std::set<Stream *> streams;
inline std::set<Event *> events;

struct Counted {
	long contexts, modules, allocations, frees, freed_with_context, launches, uploads, downloads, faults;
	long long bytes, peak, up, down;
	std::map<std::string, long> kernels;
};
inline Counted counted;

inline size_t number(const char *name, size_t otherwise) {
	const char *s = getenv(name);
	return s && *s ? strtoull(s, nullptr, 10) : otherwise;
}

inline size_t device_memory() { return number("PREMLP_FAKECUDA_MEMORY", size_t(4) << 30); }
inline int target() { return number("PREMLP_FAKECUDA_TARGET", 70); }
inline unsigned most_shared() { return (target() < 80 ? 96 : target() < 90 ? 163 : 227) << 10; }
inline int devices() { return number("PREMLP_FAKECUDA_DEVICES", 1); }

// say prints what a card would not say.
inline void say(const char *what, const char *why) { fprintf(stderr, "fake CUDA driver: %s: %s\n", what, why); }

// injected returns the error that PREMLP_FAKECUDA_FAIL wants of this call.
inline Result injected(const char *call) {
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

inline void report() {
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
inline Result begin(const char *call, bool context) {
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
inline bool within(uintptr_t p, size_t bytes) {
	auto a = memory.upper_bound(p);
	if (a == memory.begin()) return false;
	--a;
	return a->second.owner == current && p + bytes <= a->first + a->second.bytes;
}

// locked finds the host's memory that holds a range.
inline bool locked(uintptr_t p, size_t bytes) {
	auto a = host.upper_bound(p);
	if (a == host.begin()) return false;
	--a;
	return a->second.owner == current && p + bytes <= a->first + a->second.bytes;
}

// make makes the first copies of a stream.
inline void make(Stream *s, size_t count) {
	for (; s->made < count; s->made++) {
		Copy &c = s->queue[s->made];
		if (!c.early) memcpy((void *)c.to, (void *)c.from, c.bytes);
		counted.downloads++;
		counted.down += c.bytes;
	}
}

// waited reports whether nothing is to be copied from or to a range any more.
inline bool waited(uintptr_t p, size_t bytes) {
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
inline bool release(std::map<uintptr_t, Allocation>::iterator a) {
	bool whole = true;
	Allocation &m = a->second;
	for (char *p = (char *)a->first + m.bytes; p < (char *)a->first + (m.bytes + alignment - 1) / alignment * alignment; p++)
		whole = whole && *p == (char)0xff;
	munmap(m.base, m.mapped);
	used[m.owner->device] -= m.bytes;
	memory.erase(a);
	return whole;
}

#define API extern "C" __attribute__((visibility("default"))) int
