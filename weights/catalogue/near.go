package catalogue

import (
	"cmp"
	"slices"
	"strings"
)

// Near returns the names closest to the one asked for, the closest first; all of
// them when none is close. A beginning counts as much as a whole name: "gema" is
// near "gemma3-270m".
func Near(name string, names []string) []string {
	name = strings.ToLower(name)
	score := func(other string) int {
		other = strings.ToLower(other)
		if name != "" && strings.Contains(other, name) {
			return 0
		}
		return min(distance(name, other), distance(name, other[:min(len(other), len(name))]))
	}
	sorted := slices.Clone(names)
	slices.SortStableFunc(sorted, func(a, b string) int { return cmp.Compare(score(a), score(b)) })
	far := slices.IndexFunc(sorted, func(other string) bool { return score(other) > max(1, len(name)/2) })
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
