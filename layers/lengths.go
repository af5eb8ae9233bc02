package layers

import "fmt"

// lengthRun is a run of rows and the lengths of the prompts they belong to, in
// tokens: a row that several prompts share belongs to all of them.
type lengthRun struct{ from, to, shortest, longest int }

// setLengths fills b.lengths: a run for each segment. Prompts end where no
// segment continues.
func (b *Batch) setLengths() {
	b.lengths = b.lengths[:0]
	for _, seg := range b.segments {
		b.lengths = append(b.lengths, lengthRun{from: seg.From, to: seg.To})
	}
	for s := len(b.segments) - 1; s >= 0; s-- {
		l := &b.lengths[s]
		if l.longest == 0 {
			end := b.segments[s].First + l.to - l.from
			l.shortest, l.longest = end, end
		}
		if b.Parent == nil || b.Parent[s] < 0 {
			continue
		}
		p := &b.lengths[b.Parent[s]]
		if p.longest == 0 {
			p.shortest = l.shortest
		}
		p.shortest, p.longest = min(p.shortest, l.shortest), max(p.longest, l.longest)
	}
}

// selectedLengths returns the runs of the selected rows.
func (b *Batch) selectedLengths() []lengthRun {
	var runs []lengthRun
	s := 0
	for i, row := range b.Sel {
		for int(row) >= b.lengths[s].to {
			s++
		}
		l := b.lengths[s]
		runs = append(runs, lengthRun{i, i + 1, l.shortest, l.longest})
	}
	return runs
}

// lengths returns the runs of the call's rows that have one rope: one run where
// ropes do not depend on a prompt's length.
func (c *Call) lengths(r *Rope) ([]lengthRun, error) {
	if r.Kind == nil {
		return []lengthRun{{to: c.Out.Rows}}, nil
	}
	b := c.Batch
	for s, l := range b.lengths {
		if r.Kind(l.shortest) != r.Kind(l.longest) {
			return nil, fmt.Errorf("segment %d: want prompts of one rotary embedding to share it, have such of %d and %d tokens", s, l.shortest, l.longest)
		}
		if first := b.segments[s].First; b.Keys != nil && first > 0 && r.Kind(first) != r.Kind(l.longest) {
			return nil, fmt.Errorf("segment %d: its first %d tokens have another rotary embedding than %d: compute the prompt without a cache", s, first, l.longest)
		}
	}
	if c.selected {
		return b.selectedLengths(), nil
	}
	return b.lengths, nil
}
