package study

import (
	"fmt"
	"io"
)

// Print writes the summary for a reader.
func (r *Countries24Result) Print(w io.Writer) {
	form := "chat form"
	if !r.Chat {
		form = "the question itself, as the model has no chat form"
	}
	fmt.Fprintf(w, "%s: %d concepts × %d templates = %d questions, %s; %d rows\n", r.Model, len(r.Concepts), len(r.Templates), r.Questions, form, r.Rows)
	for _, f := range r.Files {
		fmt.Fprintln(w, "  "+f)
	}
}
