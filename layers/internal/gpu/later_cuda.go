//go:build gpu

package gpu

// #include <stddef.h>
// int cuMemAllocHost_v2(void **p, size_t bytes);
import "C"

import (
	"fmt"
	"unsafe"

	"gorgonia.org/cu"
)

// later copies to the host beside the launches, on a stream of its own.
type later struct {
	stream cu.Stream
	ready  cu.Event   // what is copied is computed
	done   []cu.Event // that no copy uses now
}

// begin makes what copies need. It goes with the context.
func (l *later) begin() error {
	var err error
	if l.stream, err = cu.MakeStream(cu.NonBlocking); err != nil {
		return fmt.Errorf("stream for copies: %w", err)
	}
	if l.ready, err = cu.MakeEvent(cu.DisableTiming); err != nil {
		return fmt.Errorf("event for copies: %w", err)
	}
	return nil
}

// copy queues a copy behind the launches so far and returns the event of its end.
func (l *later) copy(dst []byte, src Pointer) (done cu.Event, err error) {
	if n := len(l.done); n > 0 {
		done, l.done = l.done[n-1], l.done[:n-1]
	} else if done, err = cu.MakeEvent(cu.DisableTiming); err != nil {
		return done, err
	}
	for _, step := range []func() error{
		func() error { return l.ready.Record(cu.NoStream) },
		func() error { return l.stream.Wait(l.ready, 0) },
		func() error {
			return cu.MemcpyDtoHAsync(unsafe.Pointer(&dst[0]), cu.DevicePtr(src), int64(len(dst)), l.stream)
		},
		func() error { return done.Record(l.stream) },
	} {
		if err := step(); err != nil {
			return done, err
		}
	}
	return done, nil
}

// DownloadLater implements Device.
func (d *driver) DownloadLater(dst []byte, src Pointer) (wait func() error, err error) {
	if len(dst) == 0 {
		return func() error { return nil }, nil
	}
	var done cu.Event
	err = d.call(func() (err error) { done, err = d.later.copy(dst, src); return err })
	if err != nil {
		return nil, d.fail(err, "download of %d bytes from %#x, to begin", len(dst), uint64(src))
	}
	return func() error {
		err := d.call(done.Synchronize)
		d.later.done = append(d.later.done, done)
		return d.fail(err, "download of %d bytes from %#x", len(dst), uint64(src))
	}, nil
}

// AllocHost implements Device: memory that is locked, so that the card copies to it
// by itself.
func (d *driver) AllocHost(bytes int) ([]byte, error) {
	if bytes < 1 {
		return nil, fmt.Errorf("cuda:%d: memory of the host: want at least 1 byte, have %d", d.number, bytes)
	}
	var p unsafe.Pointer
	err := d.call(func() error { return result(C.cuMemAllocHost_v2(&p, C.size_t(bytes))) })
	if err != nil {
		return nil, d.fail(err, "memory of the host, locked, of %d bytes", bytes)
	}
	return unsafe.Slice((*byte)(p), bytes), nil
}

// FreeHost implements Device. As with Free, it does nothing after a failure.
func (d *driver) FreeHost(b []byte) error {
	if d.failed != nil || len(b) == 0 {
		return nil
	}
	err := d.fail(d.call(func() error { return cu.MemFreeHost(unsafe.Pointer(&b[0])) }), "free memory of the host")
	d.unfree = err
	return err
}
