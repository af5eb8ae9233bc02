package quality

import (
	"fmt"
	"slices"
)

// Finding is one check, of one set, that is not ok somewhere.
type Finding struct {
	Worst    Check
	Place    string    // "site.layer" of the worst; "" for a check of the whole dataset
	Places   []string  // all of them, layers that follow one another joined: "mlp_in.3 to 7"
	Outliers []Outlier // of the worst place, for the check of outliers: 3 at most
}

// Findings gathers the checks that are not ok, those of the whole dataset first,
// then in the order of the layers' checks.
func (r *Report) Findings() []Finding {
	var list []Finding
	for _, c := range r.Balance {
		if c.Verdict != OK {
			list = append(list, Finding{Worst: c})
		}
	}
	type key struct{ name, set string }
	var order []key
	found := map[key][]int{} // the layers
	for i, l := range r.Layers {
		for _, c := range l.Checks {
			k := key{c.Name, c.Set}
			if c.Verdict == OK {
				continue
			}
			if found[k] == nil {
				order = append(order, k)
			}
			found[k] = append(found[k], i)
		}
	}
	for _, k := range order {
		list = append(list, r.finding(k.name, k.set, found[k]))
	}
	return list
}

// finding describes one check of one set at the layers of a list.
func (r *Report) finding(name, set string, at []int) Finding {
	var f Finding
	for n, i := range at {
		l := &r.Layers[i]
		c := l.Checks[slices.IndexFunc(l.Checks, func(c Check) bool { return c.Name == name && c.Set == set })]
		if n == 0 || worse(c, f.Worst) {
			f.Worst, f.Place, f.Outliers = c, l.name(), nil
			if name == "outliers" {
				f.Outliers = l.of(set).Outliers
				f.Outliers = f.Outliers[:min(3, len(f.Outliers))]
			}
		}
	}
	for n := 0; n < len(at); {
		end := n
		for end+1 < len(at) && at[end+1] == at[end]+1 && r.Layers[at[end+1]].Site == r.Layers[at[n]].Site {
			end++
		}
		place := r.Layers[at[n]].name()
		if end > n {
			place += fmt.Sprintf(" to %d", r.Layers[at[end]].Layer)
		}
		f.Places = append(f.Places, place)
		n = end + 1
	}
	return f
}

// worse says whether a is further past its thresholds than b, the same check.
func worse(a, b Check) bool {
	if limits[a.Name].low {
		return a.Value < b.Value
	}
	return a.Value > b.Value
}

func (l *Layer) name() string { return fmt.Sprintf("%s.%d", l.Site, l.Layer) }

// of is the measures of a set.
func (l *Layer) of(set string) *Set {
	if set == "target" {
		return &l.Target
	}
	return &l.Control
}
