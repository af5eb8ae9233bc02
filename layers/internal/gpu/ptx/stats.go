package ptx

import (
	"math/bits"
	"slices"
	"sync"
	"sync/atomic"
)

// Stats counts what a launch did.
type Stats struct {
	Threads      int64
	Instructions int64 // of threads: 32 for one of a full warp
	Warp         int64 // of warps
	Read         int64 // bytes of global memory that threads read, each for itself
	Written      int64
	Sectors      int64 // pieces of 32 bytes that a warp's access touches, as a card fetches them
	UniqueRead   int64 // distinct bytes, if Launch.Count
	UniqueWrote  int64
	Executed     []int64  // of warps, for each instruction of the kernel
	Branches     []Branch // by instruction
}

// Branch is how often threads went either way at a branch or another instruction
// with a guard.
type Branch struct {
	Line       int    // of the PTX text
	Text       string // the instruction
	Taken, Not int64
	Jump       bool // else it is another instruction, executed or not
}

func newStats(k *Kernel) *Stats {
	return &Stats{Executed: make([]int64, len(k.code)), Branches: slices.Clone(k.branches)}
}

// add adds another launch's or worker's counts of the same kernel.
func (s *Stats) add(o *Stats) {
	s.Threads += o.Threads
	s.Instructions += o.Instructions
	s.Warp += o.Warp
	s.Read += o.Read
	s.Written += o.Written
	s.Sectors += o.Sectors
	s.UniqueRead += o.UniqueRead
	s.UniqueWrote += o.UniqueWrote
	for i := range s.Executed {
		s.Executed[i] += o.Executed[i]
	}
	for i := range s.Branches {
		s.Branches[i].Taken += o.Branches[i].Taken
		s.Branches[i].Not += o.Branches[i].Not
	}
}

// Missing returns the branches and guards that always or never held.
func (s *Stats) Missing() (out []Branch) {
	for _, b := range s.Branches {
		if b.Taken == 0 || b.Not == 0 {
			out = append(out, b)
		}
	}
	return out
}

// Unexecuted returns the lines of k's instructions that no warp came to.
func (s *Stats) Unexecuted(k *Kernel) (lines []int) {
	for i, n := range s.Executed {
		// What is compiled behind the text's last instruction has its line.
		if line := int(k.code[i].line); n == 0 && i+1 < len(k.code) && !slices.Contains(lines, line) {
			lines = append(lines, line)
		}
	}
	return lines
}

// Clone returns a copy.
func (s *Stats) Clone() *Stats {
	c := *s
	c.Executed, c.Branches = slices.Clone(s.Executed), slices.Clone(s.Branches)
	return &c
}

// Add adds the counts of another launch of the same kernel.
func (s *Stats) Add(o *Stats) { s.add(o) }

// touched has a bit for each byte of an allocation, once there is something to note.
type touched struct{ read, written bitmap }

type bitmap struct {
	once sync.Once
	bits []uint64
}

// of returns the words for so many bytes.
func (b *bitmap) of(bytes int) []uint64 {
	b.once.Do(func() { b.bits = make([]uint64, (bytes+63)/64) })
	return b.bits
}

func (m *Memory) startCounting() {
	for _, a := range m.allocations {
		a.seen = &touched{}
	}
}

func (m *Memory) stopCounting(s *Stats) {
	for _, a := range m.allocations {
		s.UniqueRead += ones(a.seen.read.bits)
		s.UniqueWrote += ones(a.seen.written.bits)
		a.seen = nil
	}
}

func ones(words []uint64) (n int64) {
	for _, w := range words {
		n += int64(bits.OnesCount64(w))
	}
	return n
}

// mark sets the bits of bytes that lie in one word, as those of an aligned access do.
func mark(words []uint64, at, size int64) {
	mask := (uint64(1)<<size - 1) << (at & 63)
	word := &words[at>>6]
	if atomic.LoadUint64(word)&mask != mask {
		atomic.OrUint64(word, mask)
	}
}
