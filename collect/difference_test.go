package collect

import (
	"testing"

	"premlp/collect/dataset"
	"premlp/model"
)

// difference makes the small job's dataset twice, the second one changed, and
// compares them.
func difference(t *testing.T, change func(*Plan)) *Difference {
	t.Helper()
	l := tiny(t)
	a := made(t, l, tinyJob(l), nil)
	o := everything(t, l)
	p := prepare(t, l, tinyJob(l), o)
	change(p)
	if _, err := p.Run(t.Context(), nil, nil); err != nil {
		t.Fatal(err)
	}
	d, err := Compare(t.Context(), opened(t, a), opened(t, o.Dir), nil)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

// From the third question on the last value of every point's last row is another
// one, or the first statistic: the first place is named and the rest is counted.
func TestCompareRows(t *testing.T) {
	for _, stats := range []bool{false, true} {
		d := difference(t, func(p *Plan) {
			p.options.BatchTokens = 1
			p.runners[0] = &stopping{runner: p.session, left: 2, spoil: 100, stats: stats}
		})
		site, value, points := "resid_pre", 23, 15
		if stats {
			site, value, points = "mlp_in.scale", 0, 3
		}
		f := d.First
		if d.Same || !d.Comparable || f == nil || f.Question != "q00003" || f.Layer != 0 || f.Site != site || f.Value != value || f.B != 100 || f.MaxAbs == 0 {
			t.Fatalf("stats %v: have %+v, first %+v", stats, d, f)
		}
		if stats != (f.Row == 0) || f.Position == 0 || f.Token == "" {
			t.Errorf("stats %v: the row: have %+v", stats, f)
		}
		if len(d.Points) != points || d.OtherRows != int64(18*points) || len(d.Manifest) != 0 || d.Questions.First != "" || d.Questions.Compared != 20 {
			t.Errorf("stats %v: want %d points and %d rows, have %+v", stats, points, 18*points, d)
		}
		for _, p := range d.Points {
			if p.Rows != 18 || p.Question == "" || p.MaxRel == 0 {
				t.Errorf("stats %v: have %+v", stats, p)
			}
		}
	}
}

// Other manifests are told field by field; of another arithmetic no bits are
// compared; questions with other tokens have no rows to compare.
func TestCompareManifests(t *testing.T) {
	for name, c := range map[string]struct {
		change func(*Plan)
		check  func(*Difference) bool
	}{
		"arithmetic": {func(p *Plan) { p.Manifest.Arithmetic = "abc-1" }, func(d *Difference) bool {
			return !d.Comparable && len(d.Manifest) == 1 && d.Manifest[0].Key == "arithmetic" && d.First == nil && d.Questions.Compared == 20
		}},
		"fields": {func(p *Plan) { p.Manifest.Seed, p.Manifest.Controls = 3, []string{"Spain", "Peru"} }, func(d *Difference) bool {
			return len(d.Manifest) == 3 && d.Manifest[0] == (dataset.Field{Key: "controls[1]", A: `"Côte d'Ivoire"`, B: `"Peru"`}) && d.Manifest[1].Key == "controls" && d.Manifest[2].Key == "seed"
		}},
		"questions": {func(p *Plan) {
			changeQuestions(t, p, func(q []dataset.Question) { q[3].IDs[0]++; q[5].Type = "other" })
		}, func(d *Difference) bool {
			return d.Questions.First == "q00004: ids" && d.Questions.Compared == 19 && d.Comparable && d.First == nil
		}},
	} {
		t.Run(name, func(t *testing.T) {
			if d := difference(t, c.change); d.Same || !c.check(d) {
				t.Errorf("have %+v", d)
			}
		})
	}
}

// Sites and layers that one dataset lacks are not compared.
func TestCompareCommonPoints(t *testing.T) {
	l := tiny(t)
	a := made(t, l, tinyJob(l), func(o *Options) { o.Layers, o.Sites = []int{0, 2}, []model.Site{"mlp_in", "mlp_out"} })
	b := made(t, l, tinyJob(l), func(o *Options) { o.Layers, o.DType = []int{1, 2}, dataset.BF16 })
	for _, pair := range [][2]string{{a, b}, {b, a}} {
		d, err := Compare(t.Context(), opened(t, pair[0]), opened(t, pair[1]), nil)
		if err != nil {
			t.Fatal(err)
		}
		if len(d.Points) != 2 || d.Points[0].Site != "mlp_in" || d.Points[1].Site != "mlp_out" || d.Points[1].Layer != 2 || !(d.Points[0].MaxRel < 1.0/128) {
			t.Errorf("want mlp_in and mlp_out of layer 2, rounded, have %+v", d.Points)
		}
	}
}
