package related

import (
	"cmp"
	"math"
	"slices"
	"strings"
)

// gathered is a candidate in the making.
type gathered struct {
	Candidate
	key     string
	spelled map[string]int // how often each spelling was named
	order   []string       // spellings as they came
	logProb float64
	member  *membership
	whole   string // a name that goes on where this one ends, and is named more often
}

// gather counts in how many lists each name stands. Names that differ in case,
// accents or an article are one; the spelling named most often is kept, of
// several the first.
func gather(lists [][]item) []*gathered {
	byKey := map[string]*gathered{}
	var all []*gathered
	for _, list := range lists {
		seen := map[string]bool{}
		for _, it := range list {
			k := key(it.name)
			if seen[k] {
				continue
			}
			seen[k] = true
			g := byKey[k]
			if g == nil {
				g = &gathered{key: k, spelled: map[string]int{}}
				byKey[k], all = g, append(all, g)
			}
			if g.spelled[it.name] == 0 {
				g.order = append(g.order, it.name)
			}
			g.spelled[it.name]++
			g.Votes++
			g.logProb += it.logProb
		}
	}
	for _, g := range all {
		g.Lists = len(lists)
		for _, name := range g.order {
			if g.spelled[name] > g.spelled[g.Name] {
				g.Name = name
			}
		}
	}
	return all
}

// quorum is how many lists must name a concept.
func quorum(lists int) int { return min(2, lists) }

// decide scores the candidates, puts them in order, equal ones as they were
// named, and takes up to n of them.
func decide(all []*gathered, n int) {
	for _, g := range all {
		g.Score = math.Log(float64(g.Votes) / float64(g.Lists))
		if g.member != nil {
			g.Score -= math.Log1p(math.Exp(-g.member.margin))
		}
	}
	slices.SortStableFunc(all, func(a, b *gathered) int {
		enough := func(g *gathered) int {
			if g.Votes >= quorum(g.Lists) {
				return 0
			}
			return 1
		}
		return cmp.Or(cmp.Compare(enough(a), enough(b)), -cmp.Compare(round(a.Score), round(b.Score)))
	})
	for _, g := range all {
		for _, longer := range all {
			if g.stub(longer) {
				g.whole = longer.Name
				break
			}
		}
	}
	var taken []*gathered
	for _, g := range all {
		if g.Why = g.against(taken, n); g.Why == "" {
			taken = append(taken, g)
		}
		g.Taken = g.Why == ""
	}
}

// stub reports whether g seems to be the beginning of a word that another name
// has whole: clar of clarinet.
func (g *gathered) stub(longer *gathered) bool {
	rest, begins := strings.CutPrefix(longer.key, g.key)
	return begins && rest != "" && rest[0] != ' ' && longer.Votes > g.Votes
}

// against says why a candidate is not taken beside those that are, "" if it is.
func (g *gathered) against(taken []*gathered, n int) string {
	switch {
	case g.Votes < quorum(g.Lists):
		return "named once"
	case g.member != nil && g.member.margin <= 0:
		return "rather " + g.member.rival
	case g.whole != "":
		return "begins " + g.whole
	}
	for _, t := range taken {
		if overlap(g.key, t.key) || acronym(g.Name, t.Name) {
			return "overlaps " + t.Name
		}
	}
	if len(taken) == n {
		return "not needed"
	}
	return ""
}

// results returns the concepts taken, and all candidates with those first.
func results(all []*gathered) (concepts []string, candidates []Candidate) {
	concepts, candidates = []string{}, []Candidate{}
	var rest []Candidate
	for _, g := range all {
		c := g.Candidate
		c.Score = round(c.Score)
		if g.logProb != 0 {
			p := round(g.logProb / float64(g.Votes))
			c.LogProb = &p
		}
		if g.member != nil {
			m := round(g.member.margin)
			c.Membership, c.Rival = &m, g.member.rival
		}
		if !c.Taken {
			rest = append(rest, c)
			continue
		}
		concepts, candidates = append(concepts, c.Name), append(candidates, c)
	}
	return concepts, append(candidates, rest...)
}
