package collect

import (
	"fmt"
	"slices"
	"strings"

	"premlp/collect/dataset"
)

// Decoder turns token ids back into text.
type Decoder interface {
	Decode(ids []int32, skipSpecial bool) (string, error)
}

// TokenMap prints a question's prompt token by token: position, id, bytes of
// the prompt, role, and the token's text. The roles are added (by the
// tokenizer, standing for no bytes), before, concept, and selected: its rows are
// stored.
func TokenMap(q *dataset.Question, d Decoder) string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s %s %q: %d tokens, concept %q at tokens [%d, %d), %d selected\n",
		q.ID, q.Set, q.Text, len(q.IDs), q.Concept, q.TokenSpan[0], q.TokenSpan[1], len(q.Rows))
	for i, id := range q.IDs {
		role := "before"
		switch {
		case i >= q.TokenSpan[0] && i < q.TokenSpan[1]:
			role = "concept"
		case slices.Contains(q.Rows, int32(i)):
			role = "selected"
		case q.Spans[i] == [2]int{}:
			role = "added"
		}
		text, err := d.Decode([]int32{id}, false)
		if err != nil {
			text = err.Error()
		}
		fmt.Fprintf(&b, "%5d %7d  %4d-%-4d  %-8s  %q\n", i, id, q.Spans[i][0], q.Spans[i][1], role, text)
	}
	return b.String()
}
