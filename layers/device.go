package layers

import (
	"encoding/binary"
	"errors"
	"fmt"
	"slices"

	"premlp/layers/internal/gpu"
	"premlp/layers/internal/kernel"
)

// Device is a graphics card, or the emulator of one. It is closed behind all
// machines that use it.
type Device = gpu.Device

// onDevice is what a machine has on its device: memory for values, and the batch.
type onDevice struct {
	Device
	processors int // of the device
	batch      deviceBatch
	ints       deviceMemory  // of batch
	taps       deviceTaps    // rows that a sink gets
	scratch    deviceMemory  // of one op
	panel      deviceMemory  // of a product: a part of its weight, as float32
	strip      deviceMemory  // of a product: columns of its result
	fast       *fastProducts // nil: products are exact
	args       []gpu.Arg     // of the last launch; kept for its memory
	all        []*deviceMemory
}

func newOnDevice(d Device) *onDevice { return &onDevice{Device: d, processors: d.Info().Processors} }

// deviceMemory grows to the most that was asked for.
type deviceMemory struct {
	at    gpu.Pointer
	bytes int64
}

// room returns memory for that many values of 4 bytes. What was in it is lost when
// it grows.
func (d *onDevice) room(m *deviceMemory, values int) (gpu.Pointer, error) {
	need := 4 * int64(max(values, 1))
	if need <= m.bytes {
		return m.at, nil
	}
	if m.at != 0 {
		if err := d.Free(m.at); err != nil {
			return 0, err
		}
		*m = deviceMemory{}
	} else {
		d.all = append(d.all, m)
	}
	at, err := d.Alloc(need)
	if err != nil {
		return 0, err
	}
	*m = deviceMemory{at, need}
	return at, nil
}

// giveBack frees memory of room's before the machine ends.
func (d *onDevice) giveBack(m *deviceMemory) error {
	d.all = slices.DeleteFunc(d.all, func(other *deviceMemory) bool { return other == m })
	at := m.at
	*m = deviceMemory{}
	if at == 0 {
		return nil
	}
	return d.Free(at)
}

// release frees the machine's memory; the device and the weights on it stay.
func (d *onDevice) release() error {
	err := d.taps.freeHost(d)
	for _, m := range d.all {
		if m.at != 0 {
			err = errors.Join(err, d.Free(m.at))
			*m = deviceMemory{}
		}
	}
	return err
}

// deviceBatch is a batch on the device. Its pointers are to int32.
type deviceBatch struct {
	ids, pos, sel, selectedPos gpu.Pointer // as in Batch
	all, selected              deviceSegments
	keys                       int // the most that a row sees
	cacheRows                  gpu.Pointer
}

// deviceSegments are a batch's segments, or those of its selected rows.
type deviceSegments struct {
	starts, ranges gpu.Pointer // starts [segments+1] counts ranges [first row, rows] of keys, by segment
	tiles          [len(attentionGroups)]deviceTiles
}

// deviceTiles are the segments in tiles for attention of a group of heads.
type deviceTiles struct {
	at    gpu.Pointer // [count] of [first row, rows, segment]
	count int
}

// send uploads a checked batch, in one piece.
func (d *onDevice) send(b *Batch) error {
	var all []int32
	var places []struct {
		to *gpu.Pointer
		at int
	}
	put := func(to *gpu.Pointer, list []int32) {
		places = append(places, struct {
			to *gpu.Pointer
			at int
		}{to, len(all)})
		all = append(all, list...)
	}
	d.batch = deviceBatch{}
	put(&d.batch.ids, b.IDs)
	put(&d.batch.pos, b.Pos)
	put(&d.batch.sel, b.Sel)
	put(&d.batch.selectedPos, b.selectedPos)
	for _, list := range []struct {
		to       *deviceSegments
		segments []kernel.Segment
	}{{&d.batch.all, b.segments}, {&d.batch.selected, b.selected}} {
		starts, ranges := flatSegments(list.segments)
		put(&list.to.starts, starts)
		put(&list.to.ranges, ranges)
		for i, group := range attentionGroups {
			tiles := tilesOf(list.segments, attentionQueries/group)
			list.to.tiles[i].count = len(tiles) / 3
			put(&list.to.tiles[i].at, tiles)
		}
	}
	put(&d.batch.cacheRows, cacheRows(b))
	for _, p := range b.Pos {
		d.batch.keys = max(d.batch.keys, int(p)+1)
	}
	at, err := d.room(&d.ints, len(all))
	if err != nil {
		return err
	}
	for _, p := range places {
		*p.to = at.Offset(p.at)
	}
	return d.Upload(at, gpu.BytesOf(all))
}

// matAt is a matrix on the device, [rows, cols].
type matAt struct {
	at         gpu.Pointer
	rows, cols int
}

func (m matAt) len() int { return m.rows * m.cols }

// fetch copies a matrix from the device.
func (d *onDevice) fetch(m matAt) (Mat, error) {
	host := Mat{Data: make([]float32, m.len()), Rows: m.rows, Cols: m.cols}
	if m.len() == 0 {
		return host, nil
	}
	return host, d.Download(gpu.BytesOf(host.Data), m.at)
}

// checkDevice says why a machine cannot use a device, or returns nil.
func checkDevice(order []*Op) error {
	if binary.NativeEndian.Uint16([]byte{1, 0}) != 1 {
		return errors.New("device: want a little-endian machine")
	}
	var missing []error
	seen := map[string]bool{}
	for _, o := range order {
		if o.device == nil && !seen[o.kind] {
			seen[o.kind] = true
			missing = append(missing, fmt.Errorf("%s: no kernel for a device", o.kind))
		}
	}
	return errors.Join(missing...)
}
