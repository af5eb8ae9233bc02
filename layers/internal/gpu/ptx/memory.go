package ptx

import (
	"fmt"
	"slices"
	"sync"
	"sync/atomic"
)

// Memory is a device's global memory. What is allocated begins as bytes of 0xff, an
// address is never given twice, and between two allocations nothing can be read. It
// is not to be changed while a kernel runs.
type Memory struct {
	allocations []*allocation // by address
	freed       []freedRange  // the last of them, for messages
	next        int64
	used        int64
	atomics     sync.Mutex
}

// allocation is a piece of memory.
type allocation struct {
	base int64
	data []byte
	seen *touched // what the running launch reads and writes; nil if it is not counted
	// Which block wrote what, where races are looked for; nil before a write.
	owners atomic.Pointer[owners]
}

type freedRange struct{ base, size int64 }

const (
	memoryBase  = 1 << 40
	memoryAlign = 256
	keptFreed   = 4096
)

// NewMemory returns memory with a module's variables in it.
func NewMemory(m *Module) *Memory {
	mem := &Memory{next: memoryBase}
	if len(m.data) > 0 {
		mem.allocations = append(mem.allocations, &allocation{base: dataBase, data: slices.Clone(m.data)})
	}
	return mem
}

// Alloc returns the address of so many bytes, a multiple of 256.
func (m *Memory) Alloc(size int64) int64 {
	a := &allocation{base: m.next, data: make([]byte, size)}
	for i := range a.data {
		a.data[i] = 0xff
	}
	m.allocations = append(m.allocations, a)
	m.next = align(m.next+max(size, 1), memoryAlign) + memoryAlign
	m.used += size
	return a.base
}

// Free gives an allocation back.
func (m *Memory) Free(address int64) error {
	i, ok := slices.BinarySearchFunc(m.allocations, address, func(a *allocation, at int64) int { return int(max(-1, min(1, a.base-at))) })
	if !ok || address < memoryBase {
		return fmt.Errorf("free %#x: want an address that was allocated, have %s", address, m.describe(address))
	}
	a := m.allocations[i]
	m.allocations = slices.Delete(m.allocations, i, i+1)
	m.used -= int64(len(a.data))
	m.freed = append(m.freed, freedRange{a.base, int64(len(a.data))})
	if len(m.freed) > keptFreed {
		m.freed = m.freed[1:]
	}
	return nil
}

// Used is how many bytes are allocated.
func (m *Memory) Used() int64 { return m.used }

// Live returns the address and size of all that is allocated, by address.
func (m *Memory) Live() (addresses, sizes []int64) {
	for _, a := range m.allocations {
		if a.base >= memoryBase {
			addresses, sizes = append(addresses, a.base), append(sizes, int64(len(a.data)))
		}
	}
	return addresses, sizes
}

// Bytes returns the memory of a range, which must lie in one allocation.
func (m *Memory) Bytes(address, size int64) ([]byte, error) {
	a := m.find(address)
	if a == nil || size < 0 || address-a.base+size > int64(len(a.data)) {
		return nil, fmt.Errorf("%d bytes at %#x: want them inside an allocation, have %s", size, address, m.describe(address))
	}
	return a.data[address-a.base:][:size:size], nil
}

// find returns the allocation that holds an address, or nil.
func (m *Memory) find(address int64) *allocation {
	low, high := 0, len(m.allocations)
	for low < high {
		mid := (low + high) / 2
		if m.allocations[mid].base <= address {
			low = mid + 1
		} else {
			high = mid
		}
	}
	if low == 0 {
		return nil
	}
	if a := m.allocations[low-1]; address-a.base < int64(len(a.data)) {
		return a
	}
	return nil
}

// describe says where an address lies.
func (m *Memory) describe(address int64) string {
	if a := m.find(address); a != nil {
		return fmt.Sprintf("byte %d of the %d bytes at %#x", address-a.base, len(a.data), a.base)
	}
	for _, f := range m.freed {
		if f.base <= address && address < f.base+f.size {
			return fmt.Sprintf("byte %d of %d bytes that were freed", address-f.base, f.size)
		}
	}
	if address >= 0 && address < 4096 {
		return fmt.Sprintf("%#x, almost 0", address)
	}
	// The nearest allocation, below or above.
	var best *allocation
	distance := int64(1 << 20)
	for _, a := range m.allocations {
		for _, d := range []int64{address - a.base - int64(len(a.data)) + 1, a.base - address} {
			if d > 0 && d < distance {
				best, distance = a, d
			}
		}
	}
	switch {
	case best == nil:
		return "no allocation near"
	case address < best.base:
		return fmt.Sprintf("%d bytes before the %d bytes at %#x", distance, len(best.data), best.base)
	}
	return fmt.Sprintf("byte %d of the %d bytes at %#x", address-best.base, len(best.data), best.base)
}

// Size returns how large the allocation is that begins at an address, or 0.
func (m *Memory) Size(address int64) int64 {
	if a := m.find(address); a != nil && a.base == address {
		return int64(len(a.data))
	}
	return 0
}
