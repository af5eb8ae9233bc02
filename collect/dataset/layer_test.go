package dataset_test

import (
	"bytes"
	"errors"
	"slices"
	"strings"
	"testing"

	"premlp/collect/dataset"
	"premlp/collect/dataset/datasettest"
)

// Every range of a layer's rows is what the questions' rows are, put together,
// in several rows files and in each dtype; pieces are parts of the mapped file.
func TestLayer(t *testing.T) {
	for _, dtype := range []dataset.DType{dataset.F32, dataset.BF16, dataset.F16} {
		m := sharded()
		m.DType = dtype
		r := open(t, datasettest.Write(t, m, datasettest.Questions(7)))
		var all []float32
		var places [][2]int // of every row: question, row of it
		for i := range r.Len() {
			rows, err := r.Rows(i, "resid_post", 3, nil)
			if err != nil {
				t.Fatal(err)
			}
			for k := range len(rows) / m.Dim {
				places = append(places, [2]int{i, k})
			}
			all = append(all, rows...)
		}
		n := len(places)
		for from := range n + 1 {
			for to := from; to <= n; to++ {
				var have []float32
				at := from
				for p, err := range r.Layer("resid_post", 3, int64(from), int64(to)) {
					if err != nil {
						t.Fatal(err)
					}
					if places[at] != [2]int{p.Question, p.Row} || p.Rows < 1 {
						t.Fatalf("%d to %d: want row %v, have %+v", from, to, places[at], p)
					}
					whole, err := r.Raw(p.Question, "resid_post", 3)
					if err != nil || !bytes.Contains(whole, p.Data) || &whole[p.Row*m.Dim*dtype.Size()] != &p.Data[0] {
						t.Fatalf("%d to %d: want a part of the mapped rows, have a copy, %v", from, to, err)
					}
					have = append(have, dtype.Decode(nil, p.Data)...)
					at += p.Rows
				}
				if want := all[from*m.Dim : to*m.Dim]; at != to || !slices.Equal(want, have) {
					t.Fatalf("%s: %d to %d: want %v, have %v", dtype, from, to, want, have)
				}
			}
		}
	}
}

func TestLayerRefuses(t *testing.T) {
	r := open(t, datasettest.Small(t))
	walk := func(site string, layer int, from, to int64) (err error) {
		for _, err = range r.Layer(site, layer, from, to) {
			if err != nil {
				return err
			}
		}
		return nil
	}
	rows := r.Manifest().Rows
	for _, c := range []struct {
		site     string
		layer    int
		from, to int64
		want     string
	}{
		{"mlp_in", 0, -1, 2, "rows: want a range of 0 to"},
		{"mlp_in", 0, 0, rows + 1, "rows: want a range of 0 to"},
		{"mlp_in", 0, 3, 2, "rows: want a range of 0 to"},
		{"mlp_in", 1, 0, rows, "layer: want one of [0 2 3], have 1"},
		{"mlp_out", 0, 0, rows, "site: want one of"},
	} {
		if err := walk(c.site, c.layer, c.from, c.to); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("want %q, have %v", c.want, err)
		}
	}
	for p := range r.Layer("mlp_in", 0, 0, rows) {
		if p.Question != 0 {
			t.Error("want to be left after the first piece")
		}
		break
	}
	r.Close()
	if err := walk("mlp_in", 0, 0, rows); !errors.Is(err, dataset.ErrClosed) {
		t.Errorf("closed: %v", err)
	}
}
