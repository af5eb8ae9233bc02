package collect

import (
	"slices"

	"premlp/model"
)

// packed is a batch of prompts and where in its results each prompt's rows are.
type packed struct {
	*model.Batch
	rows [][]int32 // [prompts][selected positions] → index into what a Sink gets
}

// packTree packs prompts so that what they begin with alike is computed once:
// a chat template's opening for all of them, a question template's words for
// all its concepts. The rows have the same bits as if each prompt were alone.
// sel[i] lists the positions of prompt i that are read, ascending.
func packTree(prompts, sel [][]int32, kind promptKind) *packed {
	t := tree{
		batch:   &model.Batch{Cu: []int32{0}, Parent: []int32{}},
		prompts: prompts,
		rowOf:   make([][]int32, len(prompts)),
	}
	groups := map[int][]int{}
	var order []int
	for i, p := range prompts {
		k := kind(len(p))
		if groups[k] == nil {
			order = append(order, k)
		}
		groups[k] = append(groups[k], i)
	}
	for _, k := range order {
		t.split(-1, 0, groups[k])
	}
	return t.selected(sel)
}

// packEach packs prompts one after another, with nothing in common.
func packEach(prompts, sel [][]int32) *packed {
	p := &packed{Batch: model.Pack(prompts, sel), rows: make([][]int32, len(prompts))}
	var n int32
	for i, s := range sel {
		for range s {
			p.rows[i] = append(p.rows[i], n)
			n++
		}
	}
	return p
}

// tree grows a batch of segments.
type tree struct {
	batch   *model.Batch
	prompts [][]int32
	rowOf   [][]int32 // [prompts][positions so far] → row of the batch
}

// split lays down the prompts of a group, which are alike before position at
// and whose tokens there follow segment parent.
func (t *tree) split(parent int32, at int, group []int) {
	begins := map[int32][]int{} // next token → prompts
	var order []int32
	for _, i := range group {
		if at == len(t.prompts[i]) {
			continue
		}
		next := t.prompts[i][at]
		if begins[next] == nil {
			order = append(order, next)
		}
		begins[next] = append(begins[next], i)
	}
	for _, next := range order {
		alike := begins[next]
		end := t.common(at+1, alike)
		t.split(t.segment(parent, at, end, alike), end, alike)
	}
}

// common returns the first position from at on where prompts differ or one ends.
func (t *tree) common(at int, group []int) int {
	first := t.prompts[group[0]]
	end := len(first)
	for _, i := range group[1:] {
		p := t.prompts[i]
		end = min(end, len(p))
		for k := at; k < end; k++ {
			if p[k] != first[k] {
				end = k
			}
		}
	}
	return end
}

// segment adds the positions [at, end) that the prompts of a group share.
func (t *tree) segment(parent int32, at, end int, group []int) int32 {
	b := t.batch
	row := int32(len(b.IDs))
	b.IDs = append(b.IDs, t.prompts[group[0]][at:end]...)
	for p := at; p < end; p++ {
		b.Pos = append(b.Pos, int32(p))
		for _, i := range group {
			t.rowOf[i] = append(t.rowOf[i], row)
		}
		row++
	}
	b.Cu = append(b.Cu, row)
	b.Parent = append(b.Parent, parent)
	return int32(len(b.Parent) - 1)
}

// selected picks the rows that are read; prompts may share them.
func (t *tree) selected(sel [][]int32) *packed {
	p := &packed{Batch: t.batch, rows: make([][]int32, len(sel))}
	for i, s := range sel {
		for _, at := range s {
			p.Sel = append(p.Sel, t.rowOf[i][at])
		}
	}
	slices.Sort(p.Sel)
	p.Sel = slices.Compact(p.Sel)
	for i, s := range sel {
		for _, at := range s {
			n, _ := slices.BinarySearch(p.Sel, t.rowOf[i][at])
			p.rows[i] = append(p.rows[i], int32(n))
		}
	}
	return p
}

// promptKind tells prompts apart whose tokens have different activations even
// where they begin alike: by forms of rotary embedding that look at the whole
// prompt's length.
type promptKind func(length int) int
