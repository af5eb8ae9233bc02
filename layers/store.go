package layers

import (
	"errors"
	"fmt"
	"sync"

	"premlp/layers/internal/gpu"
	"premlp/layers/internal/kernel"
	"premlp/weights"
)

// Pool shares the work of one machine's kernels among threads.
type Pool = kernel.Pool

// Store packs each weight matrix once in each format that is asked for, for
// every graph built on it.
type Store struct {
	mu     sync.Mutex
	packed map[packedKey]*kernel.Weight
	sent   map[sentKey]deviceMemory // allocations
	within map[sentKey]gpu.Pointer  // places in them
}

// sentKey names values that a device has.
type sentKey struct {
	device Device
	key    string
}

// packedKey names a packed matrix: the op's key, and how its values are stored.
type packedKey struct {
	op     string
	format kernel.Format
}

// NewStore returns an empty store.
func NewStore() *Store {
	return &Store{packed: map[packedKey]*kernel.Weight{}, sent: map[sentKey]deviceMemory{}, within: map[sentKey]gpu.Pointer{}}
}

// ErrWeights is the error of a device whose memory is too small for the weights.
var ErrWeights = errors.New("the weights do not fit on the device")

// explain says of an error of sending a weight, if it is one of too little memory,
// how much of the store's weights the device has.
func (s *Store) explain(err error, d Device) error {
	var memory *OutOfMemory
	if !errors.As(err, &memory) {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	var there int64
	for at, m := range s.sent {
		if at.device == d {
			there += m.bytes
		}
	}
	return fmt.Errorf("%w, which has %d bytes of them: %w", ErrWeights, there, err)
}

// FreeDevice frees what the store has on a device. No machine may use it any longer.
func (s *Store) FreeDevice(d Device) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	var err error
	for at, m := range s.sent {
		if at.device == d {
			err = errors.Join(err, d.Free(m.at))
			delete(s.sent, at)
		}
	}
	for at := range s.within {
		if at.device == d {
			delete(s.within, at)
		}
	}
	return err
}

// pack returns the packed form of t [N, K], the weight of the op of that key,
// for the pool's kernel, packing it at the first request.
func (s *Store) pack(pool *Pool, key string, t *weights.Tensor) *kernel.Weight {
	s.mu.Lock()
	defer s.mu.Unlock()
	rows := packedRows(t)
	rows.Format = formatFor(pool.Kernel(), t.DType)
	at := packedKey{key, rows.Format}
	w := s.packed[at]
	if w == nil {
		w = kernel.PackWeight(pool, rows)
		s.packed[at] = w
	}
	return w
}

// packedRows states how a tensor is packed: bfloat16 and quantised values stay
// as small as they are stored, others become float32. The product is the same
// to the bit as with the tensor decoded to float32.
func packedRows(t *weights.Tensor) kernel.Rows {
	rows := kernel.Rows{N: t.Rows(), K: t.Cols(), Format: packedFormat(t.DType), Row: t.Row, Codes: t.RowCodes}
	if c, ok := t.DType.Coding(); ok {
		rows.Lowest = c.Min
	}
	return rows
}

// formatFor is packedFormat for a kernel: one with dot products of bf16 pairs
// takes everything as pairs.
func formatFor(k kernel.Kernel, d weights.DType) kernel.Format {
	if k.Dots() {
		return kernel.Pairs
	}
	return packedFormat(d)
}

// packedFormat returns the format in which tensors of a type are packed.
func packedFormat(d weights.DType) kernel.Format {
	if c, ok := d.Coding(); ok {
		return kernel.Codes(c.Min, c.Max, c.Group, c.Offset)
	}
	if d == weights.BF16 {
		return kernel.BFloat16
	}
	return kernel.Float32
}

// Bytes returns the memory that packed weights take.
func (s *Store) Bytes() int64 {
	s.mu.Lock()
	defer s.mu.Unlock()
	var n int64
	for _, w := range s.packed {
		n += w.Bytes()
	}
	return n
}

// Arithmetic names the numeric contract of the kernel in use; see the package
// documentation of layers/internal/kernel. It is empty where PREMLP_KERNEL
// names a kernel that this machine has not: [Graph.Machine] reports that.
func Arithmetic() string {
	k, _ := kernel.Select()
	return k.Arithmetic()
}

// Kernel names the kernel in use: "avx512", "avx2", "portable" or "go", the
// slow judge of the first two. Like [Arithmetic], it may be empty.
func Kernel() string {
	k, _ := kernel.Select()
	return k.Name()
}
