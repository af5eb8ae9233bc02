package tokenizer

import (
	"unicode/utf8"

	"github.com/rivo/uniseg"
)

// precompiled applies SentencePiece's compiled rules as the Hugging Face
// library does, which is not SentencePiece's way: it looks at one grapheme
// cluster after the other, at the shortest text of a rule that the cluster or
// else each of its characters starts with, and drops what is left of it.
type precompiled struct{ rules *charsmap }

// maxRuleCluster is the length in bytes from which that library looks at a
// cluster's characters only.
const maxRuleCluster = 6

func (p precompiled) normalize(a aligned) aligned {
	marks := make([]mark, 0, len(a.s))
	modified := false
	replace := func(part string) bool {
		with, _, ok := p.rules.find(part, false)
		if ok {
			modified = true
			marks = substitute(marks, part, with)
		}
		return ok
	}
	rest, state := a.s, -1
	var cluster string
	for rest != "" {
		cluster, rest, _, state = uniseg.FirstGraphemeClusterInString(rest, state)
		if len(cluster) < maxRuleCluster && replace(cluster) {
			continue
		}
		for i, r := range cluster {
			if !replace(cluster[i : i+utf8.RuneLen(r)]) {
				marks = append(marks, mark{r: r})
			}
		}
	}
	if !modified {
		return a
	}
	return a.rewritten(marks)
}

// substitute appends what replaces part: as many characters as part has are
// its own, more are inserted, and the last one swallows those that are missing.
func substitute(marks []mark, part, with string) []mark {
	for _, r := range with {
		marks = append(marks, mark{r: r})
	}
	change := utf8.RuneCountInString(with) - utf8.RuneCountInString(part)
	last := len(marks) - 1
	if change < 0 && last >= 0 {
		marks[last].change += change
	}
	for i := range max(change, 0) {
		marks[last-i].change = 1
	}
	return marks
}
