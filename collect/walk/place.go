package walk

import (
	"fmt"
	"path"
	"slices"
	"strconv"
	"strings"

	"premlp/model"
	"premlp/weights/catalogue"
)

// place is where a walk can stop or look: some ops, by the name that was given.
type place struct {
	name string
	ops  []*model.Op // in the order of computation
	set  map[*model.Op]bool
}

// is reports whether an op is of the place. A run asks it behind every op.
func (p place) is(o *model.Op) bool { return p.set[o] }

// sitesOf names the points that an op is.
func (w *Walk) sitesOf(o *model.Op) []string {
	names := []string{}
	for _, p := range w.points[o] {
		names = append(names, p.String())
	}
	return names
}

// place finds the ops of a name: an op's key, a site of a layer (mlp_in.3), a
// site of all layers (mlp_in), a kind of op (attention), a layer (layer.3), or a
// pattern of keys (*.down_proj). A name that is none of them is an error that
// states the nearest ones.
func (w *Walk) place(name string) (place, error) {
	p := place{name: name, set: map[*model.Op]bool{}}
	for _, o := range w.ops {
		if w.named(o, name) {
			p.ops, p.set[o] = append(p.ops, o), true
		}
	}
	if len(p.ops) > 0 {
		return p, nil
	}
	return p, fmt.Errorf("%q: no op, site, layer or kind of this model; the nearest: %s", name, nearest(name, w.names()))
}

// named reports whether a name means an op.
func (w *Walk) named(o *model.Op, name string) bool {
	if o.Key() == name || o.Kind() == name {
		return true
	}
	if layer, found := strings.CutPrefix(name, "layer."); found {
		n, err := strconv.Atoi(layer)
		return err == nil && w.inBlock(o) && o.Layer() == n
	}
	for _, point := range w.points[o] {
		if point.String() == name || string(point.Site) == name {
			return true
		}
	}
	if strings.ContainsAny(name, "*?[") {
		matched, err := path.Match(name, o.Key())
		return err == nil && matched
	}
	return false
}

// inBlock reports whether an op belongs to a block.
func (w *Walk) inBlock(o *model.Op) bool { return w.at[o] >= w.inside[0] && w.at[o] <= w.inside[1] }

// names lists every name that is no pattern.
func (w *Walk) names() []string {
	var names []string
	seen := map[string]bool{}
	add := func(name string) {
		if !seen[name] {
			seen[name] = true
			names = append(names, name)
		}
	}
	for _, o := range w.ops {
		for _, p := range w.points[o] {
			add(string(p.Site))
			add(p.String())
		}
		add(o.Kind())
		add(o.Key())
	}
	for i := range w.Layers() {
		add("layer." + strconv.Itoa(i))
	}
	return names
}

// computed returns the op of a name whose value can be read: of several the one
// computed last. No name means the op the walk stands behind.
func (w *Walk) computed(name string) (*model.Op, error) {
	done := w.ops[:w.session.Done()]
	if len(done) == 0 {
		return nil, fmt.Errorf("nothing is computed yet: 'next' computes the first op, 'to %s' goes there", orElse(name, "mlp_in.0"))
	}
	if name == "" {
		return done[len(done)-1], nil
	}
	p, err := w.place(name)
	if err != nil {
		return nil, err
	}
	for _, o := range slices.Backward(done) {
		if p.is(o) {
			return o, nil
		}
	}
	return nil, fmt.Errorf("%s: not computed yet: 'to %s' goes there", name, name)
}

// orElse returns the first text that is not empty.
func orElse(texts ...string) string {
	for _, t := range texts {
		if t != "" {
			return t
		}
	}
	return ""
}

// nearest lists the few names that are most like one.
func nearest(name string, names []string) string {
	near := catalogue.Near(name, names)
	return strings.Join(near[:min(len(near), 4)], ", ")
}
