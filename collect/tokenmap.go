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
// the prompt, the token's text, and its role: the concept, selected (its rows
// are stored), or neither.
func TokenMap(q dataset.Question, d Decoder) string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s %s %q: %d tokens, concept %q at tokens [%d, %d), %d selected\n",
		q.ID, q.Set, q.Text, len(q.IDs), q.Concept, q.TokenSpan[0], q.TokenSpan[1], len(q.Rows))
	for i, id := range q.IDs {
		role := ""
		switch {
		case i >= q.TokenSpan[0] && i < q.TokenSpan[1]:
			role = "concept"
		case slices.Contains(q.Rows, int32(i)):
			role = "selected"
		}
		text, err := d.Decode([]int32{id}, false)
		if err != nil {
			text = err.Error()
		}
		line := fmt.Sprintf("%5d %7d  %4d-%-4d  %-8s  %q", i, id, q.Spans[i][0], q.Spans[i][1], role, text)
		fmt.Fprintln(&b, line)
	}
	return b.String()
}
