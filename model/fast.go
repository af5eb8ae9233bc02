package model

import (
	"context"
	"errors"
	"slices"
	"strings"
)

// SiteError is how far the rows of a site are off in the lossy arithmetic.
type SiteError struct {
	Site  Site
	Share float64 // largest |lossy - exact| of the worst row, over the row's max |exact|
}

// FastError runs a prompt in the arithmetic of SessionOptions.FastBF16, or of FastTF32
// where that is set, and in the exact one and returns the error of each wanted site over all its layers. sel
// lists the positions that are read, nil: all. The exact weights are packed for
// this alone and freed.
func (m *Model) FastError(ctx context.Context, o SessionOptions, ids, sel []int32) ([]SiteError, error) {
	exact, err := m.exactRows(ctx, o, ids, sel)
	if err != nil {
		return nil, err
	}
	o.FastBF16 = !o.FastTF32
	var sites []SiteError
	err = m.runOnce(ctx, o, ids, sel, func(p Point, rows Rows) error {
		c := compareRows(exact[p], rows.Data, rows.Dim)
		i := slices.IndexFunc(sites, func(s SiteError) bool { return s.Site == p.Site })
		if i < 0 {
			i, sites = len(sites), append(sites, SiteError{Site: p.Site})
		}
		sites[i].Share = max(sites[i].Share, c.MaxRel)
		return nil
	})
	return sites, err
}

// exactRows runs a prompt in the exact arithmetic, on a model of its own, whose
// packed weights end with it.
func (m *Model) exactRows(ctx context.Context, o SessionOptions, ids, sel []int32) (rows map[Point][]float32, err error) {
	other, err := Open(m.path)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, other.Close()) }()
	o.FastBF16, o.FastTF32 = false, false
	if o.Device != nil {
		defer func() { err = errors.Join(err, other.FreeDevice(o.Device)) }()
	}
	rows = map[Point][]float32{}
	return rows, other.runOnce(ctx, o, ids, sel, func(p Point, r Rows) error {
		rows[p] = slices.Clone(r.Data)
		return nil
	})
}

// runOnce runs one prompt in a session of its own.
func (m *Model) runOnce(ctx context.Context, o SessionOptions, ids, sel []int32, sink Sink) error {
	s, err := m.Session(o)
	if err != nil {
		return err
	}
	defer s.Close()
	var selected [][]int32
	if sel != nil {
		selected = [][]int32{sel}
	}
	return s.Run(ctx, Pack([][]int32{ids}, selected), sink)
}

// IsFastBF16 reports whether an arithmetic is the lossy one of
// SessionOptions.FastBF16.
func IsFastBF16(arithmetic string) bool { return strings.HasPrefix(arithmetic, "bf16dot-") }
