// Copies of the fake driver beside launches: locked memory of the host, streams, events.
#include "state.h"

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
	event->launches = current->launches;
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
	bool early = stream->seen < current->launches;
	if (early) say("cuMemcpyDtoHAsync", "does not wait for the launches before it");
	memset((void *)to, 0xff, bytes);
	stream->queue.push_back({to, from, bytes, early});
	return success;
}
