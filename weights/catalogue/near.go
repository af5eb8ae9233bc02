package catalogue

import (
	"cmp"
	"slices"
	"strings"
)

// near returns the names closest to the one asked for; all of them when none
// is close.
func near(name string, names []string) []string {
	name = strings.ToLower(name)
	score := func(other string) int {
		if name != "" && strings.Contains(strings.ToLower(other), name) {
			return 0
		}
		return distance(name, strings.ToLower(other))
	}
	sorted := slices.Clone(names)
	slices.SortStableFunc(sorted, func(a, b string) int { return cmp.Compare(score(a), score(b)) })
	far := slices.IndexFunc(sorted, func(other string) bool { return score(other) > max(len(other), len(name))/2 })
	switch {
	case far == 0:
		return names
	case far > 0:
		sorted = sorted[:far]
	}
	return sorted
}

// distance is the number of bytes to insert, delete or replace (Levenshtein).
func distance(a, b string) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		diagonal := row[0]
		row[0] = i + 1
		for j := range len(b) {
			replace := diagonal
			if a[i] != b[j] {
				replace++
			}
			diagonal = row[j+1]
			row[j+1] = min(replace, row[j]+1, row[j+1]+1)
		}
	}
	return row[len(b)]
}
