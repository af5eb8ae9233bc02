package walk

import (
	"cmp"
	"slices"
	"strings"
)

// Nearest returns up to n of the names that are most like one, by the number of
// letters to add, take out or exchange (Levenshtein 1966); names that begin with
// it come first.
func Nearest(name string, names []string, n int) []string {
	type like struct {
		name   string
		prefix bool
		steps  int
	}
	var all []like
	lower := strings.ToLower(name)
	for _, other := range names {
		o := strings.ToLower(other)
		all = append(all, like{other, lower != "" && strings.HasPrefix(o, lower), distance(lower, o)})
	}
	slices.SortStableFunc(all, func(a, b like) int {
		if a.prefix != b.prefix {
			if a.prefix {
				return -1
			}
			return 1
		}
		return cmp.Compare(a.steps, b.steps)
	})
	var found []string
	for _, l := range all[:min(n, len(all))] {
		found = append(found, l.name)
	}
	return found
}

// distance is the least number of letters to add, take out or exchange that makes
// b of a.
func distance(a, b string) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		before := row[0] // of the row above, one to the left
		row[0] = i + 1
		for j := range len(b) {
			other := before
			if a[i] != b[j] {
				other = min(before, row[j], row[j+1]) + 1
			}
			before, row[j+1] = row[j+1], other
		}
	}
	return row[len(b)]
}
