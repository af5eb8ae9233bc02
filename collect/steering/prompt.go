package steering

import "premlp/model"

// prompt is what runs begin from.
type prompt struct {
	ids  []int32
	own  int   // first position that a run may change: it has tokens of its own from there on
	read []int // positions whose logits are read, from own on, ascending
	// stream [tokens, D] is the residual stream of the run without edits before
	// the block that passes begin at; nil where they begin with tokens.
	stream []float32
}

// run is a prompt under edits.
type run struct {
	*prompt
	edits []edit
	// take gets the logits of the positions that are read, [len(read), V]. Runs of
	// a batch may be taken at the same time.
	take func(logits []float32)
}

// edit is a change of a run's positions [from, to).
type edit struct {
	at       model.Point
	from, to int
	change   model.Change
}

// packer joins runs into one batch: what all prompts begin with is one segment,
// what a prompt has before its runs' own tokens another.
type packer struct {
	batch  *model.Batch
	dim    int // of the streams; 0: the pass begins with tokens
	common int // tokens that all prompts with runs of equal beginnings share
	root   int32
	begins map[*prompt]int32 // segment
}

// packRuns packs runs for a pass that begins with their streams, of width dim, or
// with dim 0 with tokens.
func packRuns(runs []run, dim int, kind func(length int) int) *model.Batch {
	p := &packer{batch: &model.Batch{Cu: []int32{0}}, dim: dim, begins: map[*prompt]int32{}, root: -1}
	p.common = commonBegin(runs, kind)
	for _, r := range runs {
		parent := p.parent(r.prompt)
		first := int32(p.batch.Tokens())
		p.segment(parent, r.prompt, r.own, len(r.ids))
		for _, at := range r.read {
			p.batch.Sel = append(p.batch.Sel, first+int32(at-r.own))
		}
		for _, e := range r.edits {
			rows := make([]int32, 0, e.to-e.from)
			for at := e.from; at < e.to; at++ {
				rows = append(rows, first+int32(at-r.own))
			}
			p.batch.Edits = append(p.batch.Edits, model.Edit{At: e.at, Rows: rows, Change: e.change})
		}
	}
	return p.batch
}

// commonBegin returns how many tokens the runs' prompts begin with alike before
// any has tokens of its own. Prompts without such, and those whose tokens depend
// on the prompt's length, have no part in it.
func commonBegin(runs []run, kind func(length int) int) int {
	var first *prompt
	n := 0
	for _, r := range runs {
		switch {
		case r.own == 0:
		case first == nil:
			first, n = r.prompt, r.own
		case kind(len(r.ids)) != kind(len(first.ids)):
			return 0
		default:
			n = min(n, r.own)
			for k := range n {
				if r.ids[k] != first.ids[k] {
					n = k
					break
				}
			}
		}
	}
	return n
}

// parent returns the segment that a run of a prompt continues, -1 for none.
func (p *packer) parent(q *prompt) int32 {
	if q.own == 0 {
		return -1
	}
	if s, ok := p.begins[q]; ok {
		return s
	}
	if p.common > 0 && p.root < 0 {
		p.root = p.segment(-1, q, 0, p.common)
	}
	s := p.root
	if q.own > p.common {
		s = p.segment(p.root, q, p.common, q.own)
	}
	p.begins[q] = s
	return s
}

// segment adds the positions [from, to) of a prompt.
func (p *packer) segment(parent int32, q *prompt, from, to int) int32 {
	b := p.batch
	b.IDs = append(b.IDs, q.ids[from:to]...)
	for at := from; at < to; at++ {
		b.Pos = append(b.Pos, int32(at))
	}
	b.Given = append(b.Given, q.stream[from*p.dim:to*p.dim]...)
	b.Cu = append(b.Cu, int32(len(b.IDs)))
	b.Parent = append(b.Parent, parent)
	return int32(len(b.Parent) - 1)
}

// tokens returns how many tokens of its own a run has.
func (r run) tokens() int { return len(r.ids) - r.own }

// several returns how many of the runs fit in a batch of so many tokens of their
// own and so many logits, at least one.
func several(runs []run, tokens, logits int) int {
	for i, r := range runs {
		tokens -= r.tokens()
		logits -= len(r.read)
		if i > 0 && (tokens < 0 || logits < 0) {
			return i
		}
	}
	return len(runs)
}
