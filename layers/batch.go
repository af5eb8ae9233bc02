package layers

import (
	"fmt"

	"premlp/layers/internal/kernel"
)

// Batch is the input of one run: prompts packed one after another, without
// padding. Token i of the batch is row i of every matrix in the graph.
type Batch struct {
	IDs []int32 // [T] token ids
	Pos []int32 // [T] position of each token in its prompt, from 0
	// Cu [segments+1] holds the first row of every segment, then T.
	Cu []int32
	// Parent [segments] names, for each segment, the earlier segment that it
	// continues, or -1. nil means that no segment continues another. A segment
	// sees the keys of its ancestors, so prompts that begin alike share the
	// rows of their common prefix.
	Parent []int32
	// Keys [segments], for a machine with a cache and instead of Parent, names
	// for each segment the rows [from, to) of the cache that hold its sequence
	// from position 0 on: first those of tokens of earlier runs or of other
	// segments, last those that the segment's own tokens are put into.
	// Sequences that begin alike may name the same rows. nil runs the batch
	// without the cache.
	Keys [][][2]int
	// Sel [R] holds the rows that are read, ascending: the rows a Sink gets and
	// the rows logits are computed for.
	Sel []int32
	// Edits change values as they are computed, in this order at each point.
	Edits []Edit
	// Given [T, D], for a graph that begins at a block (see Graph.StartAt), is the
	// residual stream before it.
	Given []float32

	segments []kernel.Segment
	// selected are the selected rows as segments: each run of neighbouring ones
	// in a segment is one, with its rows counted among the selected.
	selected    []kernel.Segment
	selectedPos []int32 // [R]
	lengths     []lengthRun
}

// Pack joins prompts into one batch. sel[i] lists the positions within prompt i
// that are read, ascending; a nil sel reads every row.
func Pack(prompts [][]int32, sel [][]int32) *Batch {
	b := &Batch{Cu: []int32{0}}
	for i, ids := range prompts {
		first := int32(len(b.IDs))
		for p := range ids {
			b.Pos = append(b.Pos, int32(p))
			if sel == nil {
				b.Sel = append(b.Sel, first+int32(p))
			}
		}
		b.IDs = append(b.IDs, ids...)
		b.Cu = append(b.Cu, int32(len(b.IDs)))
		if sel != nil {
			for _, p := range sel[i] {
				b.Sel = append(b.Sel, first+p)
			}
		}
	}
	return b
}

// Tokens returns T, the number of rows.
func (b *Batch) Tokens() int { return len(b.IDs) }

// check validates the batch against a vocabulary, a context length and what a
// cache holds (nil: there is none), and prepares the key ranges of its segments.
func (b *Batch) check(vocab, context int, l *ledger) error {
	t := len(b.IDs)
	switch {
	case t == 0:
		return fmt.Errorf("batch: no tokens")
	case t > maxTokens:
		return fmt.Errorf("batch: want at most %d tokens, have %d", maxTokens, t)
	case len(b.Pos) != t:
		return fmt.Errorf("batch: want a position for each of %d tokens, have %d", t, len(b.Pos))
	case len(b.Cu) < 2 || b.Cu[0] != 0 || int(b.Cu[len(b.Cu)-1]) != t:
		return fmt.Errorf("batch: segment bounds: want 0 … %d, have %v", t, b.Cu)
	case b.Parent != nil && len(b.Parent) != len(b.Cu)-1:
		return fmt.Errorf("batch: want a parent for each of %d segments, have %d", len(b.Cu)-1, len(b.Parent))
	}
	for i, id := range b.IDs {
		if id < 0 || int(id) >= vocab {
			return fmt.Errorf("batch: token %d: want an id in [0, %d), have %d", i, vocab, id)
		}
	}
	for i, row := range b.Sel {
		if row < 0 || int(row) >= t || i > 0 && row <= b.Sel[i-1] {
			return fmt.Errorf("batch: selected row %d: want ascending rows in [0, %d), have %d", i, t, row)
		}
	}
	check := b.checkSegments
	if b.Keys != nil {
		check = func(context int) error { return b.checkCached(context, l) }
	}
	if err := check(context); err != nil {
		return err
	}
	b.selectSegments()
	b.setLengths()
	return nil
}

// selectSegments fills b.selected and b.selectedPos.
func (b *Batch) selectSegments() {
	b.selected, b.selectedPos = b.selected[:0], b.selectedPos[:0]
	s := 0
	for i, row := range b.Sel {
		for int(row) >= b.segments[s].To {
			s++
		}
		seg := b.segments[s]
		b.selectedPos = append(b.selectedPos, b.Pos[row])
		if i > 0 && b.Sel[i-1] == row-1 && int(row) > seg.From {
			b.selected[len(b.selected)-1].To++
			continue
		}
		b.selected = append(b.selected, kernel.Segment{From: i, To: i + 1, First: int(b.Pos[row]), Ranges: seg.Ranges})
	}
}

// checkSegments validates segments and positions and fills b.segments.
func (b *Batch) checkSegments(context int) error {
	b.segments = b.segments[:0]
	for s := range len(b.Cu) - 1 {
		from, to := int(b.Cu[s]), int(b.Cu[s+1])
		if from >= to {
			return fmt.Errorf("batch: segment %d: want at least one token, have rows [%d, %d)", s, from, to)
		}
		seg := kernel.Segment{From: from, To: to}
		if b.Parent != nil && b.Parent[s] >= 0 {
			if int(b.Parent[s]) >= s {
				return fmt.Errorf("batch: segment %d: want an earlier parent, have %d", s, b.Parent[s])
			}
			seg.Ranges = append(seg.Ranges, b.segments[b.Parent[s]].Ranges...)
		}
		for _, r := range seg.Ranges {
			seg.First += r[1] - r[0]
		}
		if err := b.checkPositions(s, seg, context); err != nil {
			return err
		}
		seg.Ranges = append(seg.Ranges, [2]int{from, to})
		b.segments = append(b.segments, seg)
	}
	return nil
}

// checkPositions validates the positions of segment s.
func (b *Batch) checkPositions(s int, seg kernel.Segment, context int) error {
	for t := seg.From; t < seg.To; t++ {
		if want := seg.First + t - seg.From; int(b.Pos[t]) != want {
			return fmt.Errorf("batch: token %d: want position %d, have %d", t, want, b.Pos[t])
		}
	}
	if last := seg.First + seg.To - seg.From; last > context {
		return fmt.Errorf("batch: segment %d: want at most %d tokens of context, have %d", s, context, last)
	}
	return nil
}
