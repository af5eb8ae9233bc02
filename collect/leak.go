package collect

import "golang.org/x/text/cases"

// holds reports whether a text names a concept as a word of its own, in whatever
// case.
func holds(text, concept string) bool {
	fold := cases.Fold()
	_, err := LastOccurrence(fold.String(text), fold.String(concept))
	return err == nil
}
