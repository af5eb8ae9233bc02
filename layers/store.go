package layers

import (
	"sync"

	"premlp/layers/internal/kernel"
	"premlp/weights"
)

// Pool shares the work of one machine's kernels among threads.
type Pool = kernel.Pool

// Store packs each weight matrix once, for every graph built on it.
type Store struct {
	mu     sync.Mutex
	packed map[string]*kernel.Weight
}

// NewStore returns an empty store.
func NewStore() *Store {
	return &Store{packed: map[string]*kernel.Weight{}}
}

// pack returns the packed form of t [N, K], the weight of the op of that key,
// packing it at the first request.
func (s *Store) pack(pool *Pool, key string, t *weights.Tensor) *kernel.Weight {
	s.mu.Lock()
	defer s.mu.Unlock()
	w := s.packed[key]
	if w == nil {
		w = kernel.PackWeight(pool, t.Rows(), t.Cols(), t.Row)
		s.packed[key] = w
	}
	return w
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
