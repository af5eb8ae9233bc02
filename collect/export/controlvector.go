package export

import (
	"cmp"
	"errors"
	"fmt"
	"os"
	"slices"

	"premlp/collect/steering"
	"premlp/model"
	"premlp/weights"
)

// ControlVector is the form of llama.cpp for directions: one GGUF file of
// vectors that it adds to the residual stream.
const ControlVector Form = "control-vector"

// ControlVectorOptions say which of a file's directions are written.
type ControlVectorOptions struct {
	Method string // "": the mean difference
	Site   string // "": the only one that can be written
	Layers []int  // nil: all that can be written
}

// ControlVectorSummary is what was written.
type ControlVectorSummary struct {
	From    string   `json:"from"`
	Form    Form     `json:"form"`
	Path    string   `json:"path"`
	Bytes   int64    `json:"bytes"`
	Target  string   `json:"target"`
	Method  string   `json:"method"`
	Site    string   `json:"site"`
	Layers  []int    `json:"layers"` // of the site
	Dim     int      `json:"dim"`
	LeftOut []string `json:"left_out"` // and why
}

// WriteControlVector writes directions of a safetensors file, as premlp
// directions makes it, to path, which must not exist.
//
// llama.cpp adds the tensor "direction.N", F32 [D], to the residual stream
// behind block N, counted from 0, at every token: what resid_post of layer N
// holds, and resid_pre of layer N+1. Behind block 0 it adds nothing. The vectors
// are in the units of the rows, so that a scale of 1 adds the difference of the
// means; other methods than the mean difference have its length.
func WriteControlVector(from, path string, o ControlVectorOptions) (*ControlVectorSummary, error) {
	if err := checkFree(path); err != nil {
		return nil, err
	}
	o.Method = cmp.Or(o.Method, steering.MeanDifference)
	f, err := steering.ReadFile(from, o.Method)
	if err != nil {
		return nil, err
	}
	s := &ControlVectorSummary{From: from, Form: ControlVector, Path: path, Target: f.Target(), Method: o.Method, LeftOut: []string{}}
	points, err := s.choose(f.Points(), o)
	if err != nil {
		return nil, fmt.Errorf("%s: control vector: %w", from, err)
	}
	var tensors []weights.Output
	for _, p := range points {
		v, err := f.Difference(s.Target, p)
		if err != nil {
			return nil, err
		}
		if s.Dim = cmp.Or(s.Dim, len(v)); len(v) != s.Dim {
			return nil, fmt.Errorf("%s: control vector: want all of %d values, have %d at %s", from, s.Dim, len(v), p)
		}
		values := make([]float32, len(v))
		for i := range v {
			values[i] = float32(v[i])
		}
		tensors = append(tensors, weights.FloatOutput(fmt.Sprintf("direction.%d", behind(p)), values, len(v)))
	}
	meta, err := s.metadata()
	if err != nil {
		return nil, err
	}
	if err := weights.WriteGGUF(path, tensors, meta); err != nil {
		return nil, fmt.Errorf("export: %w", err)
	}
	info, err := os.Stat(path)
	if err != nil {
		return nil, fmt.Errorf("export: %w", err)
	}
	s.Bytes = info.Size()
	return s, nil
}

// The sites of the residual stream.
const (
	residPre  model.Site = "resid_pre"
	residMid  model.Site = "resid_mid"
	residPost model.Site = "resid_post"
)

// behind is the block behind which a vector is added that is meant for p; below
// 1 there is none.
func behind(p model.Point) int {
	if p.Site == residPre {
		return p.Layer - 1
	}
	return p.Layer
}

// unfit says why directions of a site cannot be a control vector; nil where they
// can.
func unfit(site model.Site) error {
	switch site {
	case residPost, residPre:
		return nil
	case "mlp_in":
		return errors.New("mlp_in is what one MLP reads, behind its norm, and no part of the stream; llama.cpp adds to the stream, which attention and all later blocks read too: want directions of resid_post")
	case residMid:
		return errors.New("resid_mid lies inside a block, and llama.cpp adds behind whole blocks: want directions of resid_post")
	}
	return fmt.Errorf("%s is no part of the residual stream, to which llama.cpp adds: want directions of resid_post", site)
}

// choose fills in site and layers and lists their points.
func (s *ControlVectorSummary) choose(all []model.Point, o ControlVectorOptions) ([]model.Point, error) {
	var fit []model.Site
	for _, p := range all {
		if unfit(p.Site) == nil && !slices.Contains(fit, p.Site) {
			fit = append(fit, p.Site)
		}
	}
	switch {
	case o.Site != "" && !slices.ContainsFunc(all, func(p model.Point) bool { return string(p.Site) == o.Site }):
		return nil, fmt.Errorf("site: want one of the file's, have %q", o.Site)
	case o.Site != "":
		s.Site = o.Site
	case len(fit) > 1:
		return nil, fmt.Errorf("site: want one of %v, have none", fit)
	case len(fit) == 1:
		s.Site = string(fit[0])
	default:
		s.Site = string(all[0].Site)
	}
	if err := unfit(model.Site(s.Site)); err != nil {
		return nil, err
	}
	var points []model.Point
	for _, p := range all {
		switch {
		case string(p.Site) != s.Site || o.Layers != nil && !slices.Contains(o.Layers, p.Layer):
		case behind(p) >= 1:
			points, s.Layers = append(points, p), append(s.Layers, p.Layer)
		case o.Layers != nil:
			return nil, fmt.Errorf("layer %d: %s", p.Layer, before)
		default:
			s.LeftOut = append(s.LeftOut, fmt.Sprintf("%s: %s", p, before))
		}
	}
	for _, l := range o.Layers {
		if !slices.Contains(s.Layers, l) {
			return nil, fmt.Errorf("layer %d: the file has no direction of it at %s", l, s.Site)
		}
	}
	if points == nil {
		return nil, fmt.Errorf("want a direction behind block 1 or later, have none: %s", before)
	}
	return points, nil
}

const before = "llama.cpp adds nothing before the end of block 1"

// metadata is the file's: what llama.cpp and repeng look for, and where the
// vectors come from.
func (s *ControlVectorSummary) metadata() (map[string]any, error) {
	t, err := weights.OpenSafetensors(s.From)
	if err != nil {
		return nil, err
	}
	defer t.Close()
	meta := t.Meta()
	return map[string]any{
		"general.architecture":      "controlvector",
		"general.name":              fmt.Sprintf("%s, %s at %s", s.Target, s.Method, s.Site),
		"controlvector.model_hint":  meta["model"],
		"controlvector.layer_count": uint32(len(s.Layers)),
		"premlp.target":             s.Target,
		"premlp.method":             s.Method,
		"premlp.site":               s.Site,
		"premlp.dataset_digest":     meta["dataset_digest"],
	}, nil
}
