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
	// maybe has a bit for each pair, so that most of those that are not in the
	// table are told without a look at it: it stays in the processor's cache.
	maybe []uint64
}

// spread is how many bits there are for each entry, as a power of two.
const spread = 3

// mergeEntry is a merge: its rank (lower merges first) and the token it makes.
type mergeEntry struct {
	pair     pair
	rank, id int32
}

// newMergeTable returns a table with room for n merges.
func newMergeTable(n int) *mergeTable {
	width := bits.Len(uint(n + n/2))
	t := &mergeTable{entries: make([]mergeEntry, 1<<width), shift: 64 - width, maybe: make([]uint64, max(1, (1<<(width+spread))/64))}
	for i := range t.entries {
		t.entries[i].pair = noPair
	}
	return t
}

// hash spreads a pair over the upper bits.
func (p pair) hash() uint64 { return uint64(p) * 0x9E3779B97F4A7C15 }

// slot returns where a pair is, or where it would be put.
func (t *mergeTable) slot(p pair) *mergeEntry {
	mask := uint64(len(t.entries) - 1)
	for i := p.hash() >> t.shift; ; i++ {
		if e := &t.entries[i&mask]; e.pair == p || e.pair == noPair {
			return e
		}
	}
}

// bit returns a pair's word of maybe and its bit.
func (t *mergeTable) bit(p pair) (*uint64, uint64) {
	i := p.hash() >> (t.shift - spread)
	return &t.maybe[i/64], 1 << (i % 64)
}

// put enters a merge, in place of one of the same pair.
func (t *mergeTable) put(p pair, rank, id int32) {
	*t.slot(p) = mergeEntry{p, rank, id}
	word, bit := t.bit(p)
	*word |= bit
}

// look finds the merge of two adjacent tokens; its rank is noMerge for none.
func (t *mergeTable) look(left, right int32) (rank, into int32) {
	p := makePair(left, right)
	if word, bit := t.bit(p); *word&bit == 0 {
		return noMerge, 0
	}
	if e := t.slot(p); e.pair == p {
		return e.rank, e.id
	}
	return noMerge, 0
}
