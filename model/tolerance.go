package model

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"premlp/layers"
)

// DefaultTolerance is the largest error that parity allows in float32, as a
// share of a golden row's max |value|.
const DefaultTolerance = 2e-5

// Tolerance is the largest error that parity allows, as a share of a golden row's
// max |value|: by what a tensor is, and else Default.
type Tolerance struct {
	Default float64 `json:"default"`
	// By has a point ("mlp_in.3"), a site ("mlp_in", "logits"), or the type in which
	// golden values are stored ("f32", "f16", "bf16"). A point counts before its
	// site, a site before the type.
	By map[string]float64 `json:"by,omitempty"`
}

// NewTolerance is DefaultTolerance, and for golden values that are stored rounded
// half a unit in the last place more.
func NewTolerance() Tolerance {
	return Tolerance{Default: DefaultTolerance, By: map[string]float64{"bf16": DefaultTolerance + 1.0/256, "f16": DefaultTolerance + 1.0/2048}}
}

// ParseTolerance reads numbers from 0 up, separated by commas, each alone, which
// makes it the default, or behind a name and an equals sign. One plain number is
// the tolerance of all types; named ones alone leave the rest as NewTolerance has it.
func ParseTolerance(text string) (Tolerance, error) {
	t := Tolerance{By: map[string]float64{}}
	plain := false
	for part := range strings.SplitSeq(text, ",") {
		name, number, named := strings.Cut(strings.TrimSpace(part), "=")
		if !named {
			name, number = "", name
		}
		v, err := strconv.ParseFloat(number, 64)
		if err != nil || !(v >= 0) {
			return t, fmt.Errorf("want numbers from 0 up, alone or as mlp_in=1e-4, have %q", part)
		}
		switch {
		case named:
			t.By[name] = v
		case plain:
			return t, fmt.Errorf("want one plain number, have a second, %q", part)
		default:
			plain, t.Default = true, v
		}
	}
	if plain {
		return t, nil
	}
	usual := NewTolerance()
	maps.Copy(usual.By, t.By)
	return usual, nil
}

// For is the tolerance of a point whose golden values have a type.
func (t Tolerance) For(p Point, dtype string) float64 {
	for _, name := range []string{p.String(), string(p.Site), strings.ToLower(dtype)} {
		if v, ok := t.By[name]; ok {
			return v
		}
	}
	return t.Default
}

// Unknown lists the names of t that are no point, site or type.
func (t Tolerance) Unknown() []string {
	var unknown []string
	for _, name := range slices.Sorted(maps.Keys(t.By)) {
		if _, err := parsePoint(name); err != nil && !slices.Contains(ToleranceNames(), name) {
			unknown = append(unknown, name)
		}
	}
	return unknown
}

// ToleranceNames are the sites and types that a tolerance may be of.
func ToleranceNames() []string {
	var names []string
	for _, s := range append(layers.BlockSites[:len(layers.BlockSites):len(layers.BlockSites)], layers.Router, layers.Logits) {
		names = append(names, string(s))
	}
	return append(names, "f32", "f16", "bf16")
}

// String writes t as ParseTolerance reads it.
func (t Tolerance) String() string {
	text := fmt.Sprintf("%.3g", t.Default)
	for _, name := range slices.Sorted(maps.Keys(t.By)) {
		text += fmt.Sprintf(",%s=%.3g", name, t.By[name])
	}
	return text
}
