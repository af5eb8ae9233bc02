package layers

import (
	"errors"
	"fmt"

	"premlp/layers/internal/kernel"
)

// Cache is how much a machine keeps from run to run: the keys and values of
// every attention layer, a row for each token.
type Cache struct {
	Rows      int // 0: nothing is kept
	Sequences int // most sequences the rows are for; 0: one
}

// check refuses rows that the sequences cannot use.
func (c Cache) check(context int) error {
	if c.Rows < 0 || c.Sequences < 0 {
		return fmt.Errorf("cache: want no negative number of rows or sequences, have %d and %d", c.Rows, c.Sequences)
	}
	// Divided, since the product may be more than an int holds.
	if sequences := max(c.Sequences, 1); c.Rows > 0 && (c.Rows-1)/sequences >= context {
		return fmt.Errorf("cache: want at most %d rows, a context for each of %d sequences, have %d", context*sequences, sequences, c.Rows)
	}
	return nil
}

// keptKeys is what an attention op keeps from run to run.
type keptKeys struct {
	heads, width int
	keys         *kernel.Keys // nil until a machine with a cache is packed
	device       *deviceAttention
}

// onDevice makes the cache there.
func (k *keptKeys) onDevice(d *onDevice, rows int) error {
	var keys, values deviceMemory
	for _, m := range []*deviceMemory{&keys, &values} {
		if _, err := d.room(m, rows*k.heads*k.width); err != nil {
			return err
		}
	}
	k.device.keys, k.device.vals = keys.at, values.at
	return nil
}

// ledger knows what the rows of a machine's cache hold.
type ledger struct {
	held    []int32 // by row: the position of the token it holds, or none
	next    []int32 // held, once the batch that was checked last has run
	claimed []bool  // rows that this batch's tokens are put into
}

// none is the position of a row that holds no token.
const none = -1

func newLedger(rows int) *ledger {
	l := &ledger{held: make([]int32, rows), next: make([]int32, rows), claimed: make([]bool, rows)}
	for i := range l.held {
		l.held[i] = none
	}
	return l
}

// begin empties the rows that the checked batch writes: a run that fails leaves
// them so.
func (l *ledger) begin() {
	for row, claimed := range l.claimed {
		if claimed {
			l.held[row] = none
		}
	}
}

// commit notes that the checked batch has run.
func (l *ledger) commit() { copy(l.held, l.next) }

// checkCached validates the rows of the cache that the segments name, fills
// b.segments, and notes in the ledger what the rows will hold.
func (b *Batch) checkCached(context int, l *ledger) error {
	switch {
	case l == nil:
		return errors.New("batch: has cache rows: want a machine with a cache")
	case b.Parent != nil:
		return errors.New("batch: want parents or cache rows, have both")
	case len(b.Keys) != len(b.Cu)-1:
		return fmt.Errorf("batch: want cache rows for each of %d segments, have %d", len(b.Cu)-1, len(b.Keys))
	}
	b.segments = b.segments[:0]
	copy(l.next, l.held)
	clear(l.claimed)
	for s := range b.Keys {
		seg, err := b.cachedSegment(s, len(l.held))
		if err == nil {
			err = b.checkPositions(s, seg, context)
		}
		if err == nil {
			err = l.claim(s, seg)
		}
		if err != nil {
			return err
		}
		b.segments = append(b.segments, seg)
	}
	for s, seg := range b.segments {
		if err := l.checkHeld(s, seg); err != nil {
			return err
		}
	}
	return nil
}

// cachedSegment returns segment s of a batch with a cache of that many rows.
func (b *Batch) cachedSegment(s, rows int) (kernel.Segment, error) {
	seg := kernel.Segment{From: int(b.Cu[s]), To: int(b.Cu[s+1]), Ranges: b.Keys[s]}
	if seg.From >= seg.To {
		return seg, fmt.Errorf("batch: segment %d: want at least one token, have rows [%d, %d)", s, seg.From, seg.To)
	}
	keys := 0
	for _, r := range seg.Ranges {
		if r[0] < 0 || r[0] >= r[1] || r[1] > rows {
			return seg, fmt.Errorf("batch: segment %d: cache rows: want a range within [0, %d), have [%d, %d)", s, rows, r[0], r[1])
		}
		keys += r[1] - r[0]
	}
	if keys < seg.To-seg.From {
		return seg, fmt.Errorf("batch: segment %d: want a cache row for each of %d tokens, have %d", s, seg.To-seg.From, keys)
	}
	seg.First = keys - (seg.To - seg.From)
	return seg, nil
}

// claim notes which rows the tokens of segment s are put into: the last of its
// ranges.
func (l *ledger) claim(s int, seg kernel.Segment) error {
	position := 0
	for _, r := range seg.Ranges {
		for row := max(r[0], r[0]+seg.First-position); row < r[1]; row++ {
			if l.claimed[row] {
				return fmt.Errorf("batch: segment %d: cache row %d: want one token of the batch put into it, have two", s, row)
			}
			l.claimed[row], l.next[row] = true, int32(position+row-r[0])
		}
		position += r[1] - r[0]
	}
	return nil
}

// checkHeld checks that each row of segment s will hold the key of its
// position, be it from an earlier run or from this one.
func (l *ledger) checkHeld(s int, seg kernel.Segment) error {
	position := int32(0)
	for _, r := range seg.Ranges {
		for row := r[0]; row < r[1]; row++ {
			switch have := l.next[row]; {
			case have == none:
				return fmt.Errorf("batch: segment %d: cache row %d: want the token at position %d, have none", s, row, position)
			case have != position:
				return fmt.Errorf("batch: segment %d: cache row %d: want the token at position %d, have the one at %d", s, row, position, have)
			}
			position++
		}
	}
	return nil
}
