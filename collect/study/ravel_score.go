package study

import (
	"math"
	"slices"
)

// scoreOf sums up the trials that move an attribute.
func (s *ravelStudy) scoreOf(moved string, w ravelWay, trials []*ravelTrial, done []bool) RavelScore {
	x := RavelScore{Moved: moved, Tokens: w.Tokens, Edit: w.Edit, Alpha: w.Alpha, Place: w.Place}
	isolation, asked := 0.0, 0
	for _, a := range s.Attributes {
		share := RavelShare{Attribute: a}
		for k, t := range trials {
			if t.moved == moved && t.base.prompt.Attribute == a {
				share.Trials++
				if done[k] {
					share.Done++
				}
			}
		}
		share.measure()
		if a == moved {
			x.Cause = share
			continue
		}
		x.Isolation = append(x.Isolation, share)
		if share.Trials > 0 {
			isolation += share.Share
			asked++
		}
	}
	if asked > 0 {
		x.Score = (x.Cause.Share + isolation/float64(asked)) / 2
	}
	return x
}

// measure fills in the share and its interval.
func (s *RavelShare) measure() {
	if s.Trials == 0 {
		return
	}
	const z = 1.959964
	n := float64(s.Trials)
	s.Share = float64(s.Done) / n
	middle := (s.Share + z*z/(2*n)) / (1 + z*z/n)
	half := z / (1 + z*z/n) * math.Sqrt(s.Share*(1-s.Share)/n+z*z/(4*n*n))
	s.Low, s.High = max(middle-half, 0), min(middle+half, 1)
}

// same compares ways.
func (w ravelWay) same(x ravelWay) bool {
	return w.Tokens == x.Tokens && w.Edit == x.Edit && w.Alpha == x.Alpha && w.Place.Site == x.Place.Site && slices.Equal(w.Place.Layers, x.Place.Layers)
}

// choose takes, of each moved attribute, edit and kind of site, the way with the
// best score, the first of several. Attributes without a trial have none.
func choose(scores []RavelScore) []RavelScore {
	var list []RavelScore
	for _, s := range scores {
		if s.Cause.Trials == 0 {
			continue
		}
		i := slices.IndexFunc(list, func(x RavelScore) bool {
			return x.Moved == s.Moved && x.Tokens == s.Tokens && x.Edit == s.Edit && x.site() == s.site()
		})
		switch {
		case i < 0:
			list = append(list, s)
		case s.Score > list[i].Score:
			list[i] = s
		}
	}
	return list
}
