package tokenizer

import "math/bits"

// pair is two adjacent tokens: left<<32 | right.
type pair uint64

func makePair(left, right int32) pair { return pair(uint64(uint32(left))<<32 | uint64(uint32(right))) }

// noPair is the pair of no tokens.
const noPair = pair(1<<64 - 1)

// mergeTable finds the learned merges by their pairs. It is a hash table with
// open addressing: merging a word is mostly looking up pairs that are not in it.
type mergeTable struct {
	entries []mergeEntry // a power of two of them
	shift   int
}

// mergeEntry is a merge: its rank (lower merges first) and the token it makes.
type mergeEntry struct {
	pair     pair
	rank, id int32
}

// newMergeTable returns a table with room for n merges.
func newMergeTable(n int) *mergeTable {
	width := bits.Len(uint(n + n/2))
	t := &mergeTable{entries: make([]mergeEntry, 1<<width), shift: 64 - width}
	for i := range t.entries {
		t.entries[i].pair = noPair
	}
	return t
}

// slot returns where a pair is, or where it would be put.
func (t *mergeTable) slot(p pair) *mergeEntry {
	mask := uint64(len(t.entries) - 1)
	for i := uint64(p) * 0x9E3779B97F4A7C15 >> t.shift; ; i++ {
		if e := &t.entries[i&mask]; e.pair == p || e.pair == noPair {
			return e
		}
	}
}

// put enters a merge, in place of one of the same pair.
func (t *mergeTable) put(p pair, rank, id int32) {
	*t.slot(p) = mergeEntry{p, rank, id}
}

// look finds the merge of two adjacent tokens; its rank is noMerge for none.
func (t *mergeTable) look(left, right int32) (rank, into int32) {
	p := makePair(left, right)
	if e := t.slot(p); e.pair == p {
		return e.rank, e.id
	}
	return noMerge, 0
}
