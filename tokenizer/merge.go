package tokenizer

import (
	"math"
	"slices"
)

// part is a token while its word is being merged.
type part struct {
	id, length int32
	unknown    bool
	next, prev int32 // in mergeLong
	rank, into int32 // the merge with the part after it; rank is noMerge for none
}

const (
	noMerge = math.MaxInt32
	// fewParts is the most parts that a plain search merges faster than a heap.
	fewParts = 40
)

// scratch is the memory of one goroutine's encoding.
type scratch struct {
	parts    []part
	heap     []uint64
	symbols  []symbol
	words    words
	spelling []byte // in encodeNew
	steps    []step // in unigram
	path     []int32
}

// addUnknown appends the unknown token for n bytes, or lengthens the one before.
func (s *scratch) addUnknown(id, n int32, fuse bool) {
	if last := len(s.parts) - 1; fuse && last >= 0 && s.parts[last].unknown {
		s.parts[last].length += n
		return
	}
	s.parts = append(s.parts, part{id: id, length: n, unknown: true})
}

// rank looks up the merge of each part with the next.
func (s *scratch) rank(merges *mergeTable) {
	last := len(s.parts) - 1
	for i := range last {
		s.parts[i].rank, s.parts[i].into = merges.look(s.parts[i].id, s.parts[i+1].id)
	}
	if last >= 0 {
		s.parts[last].rank = noMerge
	}
}

// mergeShort merges ranked parts by searching all for the lowest rank each time.
func (s *scratch) mergeShort(merges *mergeTable) {
	parts := s.parts
	for len(parts) > 1 {
		best, rank := -1, int32(noMerge)
		for i := range parts {
			if parts[i].rank < rank {
				best, rank = i, parts[i].rank
			}
		}
		if best < 0 {
			break
		}
		parts[best].id = parts[best].into
		parts[best].length += parts[best+1].length
		parts[best].rank = noMerge
		parts = slices.Delete(parts, best+1, best+2)
		if best+1 < len(parts) {
			parts[best].rank, parts[best].into = merges.look(parts[best].id, parts[best+1].id)
		}
		if best > 0 {
			parts[best-1].rank, parts[best-1].into = merges.look(parts[best-1].id, parts[best].id)
		}
	}
	s.parts = parts
}

// mergeLong merges ranked parts with a heap of rank<<32 | position, in O(n log n).
// It leaves the parts that were swallowed, with a length of 0.
func (s *scratch) mergeLong(merges *mergeTable) {
	parts := s.parts
	s.heap = s.heap[:0]
	for i := range parts {
		p := &parts[i]
		p.prev, p.next = int32(i-1), int32(i+1)
		if p.rank != noMerge {
			s.heap = append(s.heap, uint64(p.rank)<<32|uint64(uint32(i)))
		}
	}
	parts[len(parts)-1].next = -1
	for i := len(s.heap)/2 - 1; i >= 0; i-- {
		sink(s.heap, i)
	}
	for len(s.heap) > 0 {
		top := s.pop()
		at := int32(uint32(top))
		p := &parts[at]
		// A stale entry: the part was swallowed, or its neighbour changed.
		if p.length == 0 || p.rank != int32(top>>32) {
			continue
		}
		right := &parts[p.next]
		p.id, p.length = p.into, p.length+right.length
		right.length, right.rank = 0, noMerge
		if p.next = right.next; p.next >= 0 {
			parts[p.next].prev = at
		}
		s.push(merges, at)
		if p.prev >= 0 {
			s.push(merges, p.prev)
		}
	}
}

// push looks up the merge of part i with the next and puts it on the heap.
func (s *scratch) push(merges *mergeTable, i int32) {
	p := &s.parts[i]
	p.rank = noMerge
	if p.next < 0 {
		return
	}
	if p.rank, p.into = merges.look(p.id, s.parts[p.next].id); p.rank == noMerge {
		return
	}
	h := append(s.heap, uint64(p.rank)<<32|uint64(uint32(i)))
	for c := len(h) - 1; c > 0; {
		parent := (c - 1) / 2
		if h[parent] <= h[c] {
			break
		}
		h[parent], h[c] = h[c], h[parent]
		c = parent
	}
	s.heap = h
}

// pop removes the least entry of the heap.
func (s *scratch) pop() uint64 {
	top, last := s.heap[0], len(s.heap)-1
	s.heap[0] = s.heap[last]
	s.heap = s.heap[:last]
	sink(s.heap, 0)
	return top
}

// sink moves entry p of a heap down to its place.
func sink(h []uint64, p int) {
	for {
		c := 2*p + 1
		if c >= len(h) {
			return
		}
		if c+1 < len(h) && h[c+1] < h[c] {
			c++
		}
		if h[p] <= h[c] {
			return
		}
		h[p], h[c] = h[c], h[p]
		p = c
	}
}
