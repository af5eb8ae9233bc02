// Memory of the fake driver's cards, and copies that wait.
#include "state.h"

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
