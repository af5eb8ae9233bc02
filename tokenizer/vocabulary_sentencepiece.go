package tokenizer

import (
	"cmp"
	"fmt"
	"math"
	"slices"
)

// visibleSpace is how SentencePiece writes a space.
const (
	visibleSpace = "▁"
	visibleRune  = '▁'
)

// maxPieceLen bounds the work on one token of a hostile file.
const maxPieceLen = 4096

// sentencePiece completes the definition of a llama model: a SentencePiece BPE
// vocabulary, which has scores and no merges.
func (v *Vocabulary) sentencePiece(d *definition) error {
	if len(v.Scores) != len(v.Tokens) {
		return fmt.Errorf("scores: want %d, one per token, have %d", len(v.Tokens), len(v.Scores))
	}
	space := visibleSpace
	blank := " "
	steps := []component{{Type: "Replace", Pattern: &pattern{String: &blank}, Content: space}}
	decoders := []component{
		{Type: "Replace", Pattern: &pattern{String: &space}, Content: blank},
		{Type: "ByteFallback"}, {Type: "Fuse"},
	}
	if orTrue(v.AddSpacePrefix) {
		steps = slices.Insert(steps, 0, component{Type: "Prepend", Prepend: space})
		decoders = append(decoders, component{Type: "Strip", Content: blank, Start: 1})
	}
	d.Normalizer = &component{Type: "Sequence", Normalizers: steps}
	d.Decoder = &component{Type: "Sequence", Decoders: decoders}
	d.Model.FuseUnknown, d.Model.ByteFallback = true, true
	if v.Unknown >= 0 {
		if int(v.Unknown) >= len(v.Tokens) {
			return fmt.Errorf("unknown token: want the id of one of %d tokens, have %d", len(v.Tokens), v.Unknown)
		}
		d.Model.Unknown = &v.Tokens[v.Unknown]
	}
	var err error
	d.Model.Merges, err = v.mergesByScore(d.Model.Vocabulary)
	return err
}

// mergesByScore derives the merges: each way to make a token of two others,
// tokens of higher score first, and by the ids of the halves.
func (v *Vocabulary) mergesByScore(ids map[string]int32) (mergeList, error) {
	order := make([]int32, len(v.Tokens))
	for i := range order {
		if s := float64(v.Scores[i]); math.IsNaN(s) {
			return nil, fmt.Errorf("scores: token %d: want a number, have NaN", i)
		}
		if len(v.Tokens[i]) > maxPieceLen {
			return nil, fmt.Errorf("token %d: want at most %d bytes, have %d", i, maxPieceLen, len(v.Tokens[i]))
		}
		order[i] = int32(i)
	}
	slices.SortStableFunc(order, func(a, b int32) int { return cmp.Compare(v.Scores[b], v.Scores[a]) })
	var list mergeList
	for _, id := range order {
		if v.kind(int(id)) == typeUnused {
			continue
		}
		token := v.Tokens[id]
		first := len(list)
		for at := range token {
			_, left := ids[token[:at]]
			_, right := ids[token[at:]]
			if at > 0 && left && right {
				list = append(list, [2]string{token[:at], token[at:]})
			}
		}
		slices.SortFunc(list[first:], func(a, b [2]string) int {
			return cmp.Or(cmp.Compare(ids[a[0]], ids[b[0]]), cmp.Compare(ids[a[1]], ids[b[1]]))
		})
	}
	return list, nil
}
