package dataset_test

import (
	"fmt"
	"hash/crc32"
	"math"
	"os"
	"os/exec"
	"strings"
	"testing"

	"premlp/collect/dataset"
	"premlp/collect/dataset/datasettest"
)

// The script of the documentation reads the same values as the Reader.
func TestPython(t *testing.T) {
	python := os.Getenv("PREMLP_PYTHON")
	if python == "" {
		t.Skip("PREMLP_PYTHON names no Python with numpy and msgpack")
	}
	for _, d := range []dataset.DType{dataset.F32, dataset.BF16, dataset.F16} {
		m, q := sharded(), datasettest.Questions(7)
		m.DType = d
		dir := datasettest.Write(t, m, q)
		have, err := exec.Command(python, "testdata/read.py", dir).CombinedOutput()
		if err != nil {
			t.Fatalf("%s: %v\n%s", python, err, have)
		}
		if want := printed(t, open(t, dir)); want != strings.ReplaceAll(string(have), "\r\n", "\n") {
			t.Errorf("%s: want\n%shave\n%s", d, want, have)
		}
	}
}

// printed is what testdata/read.py prints.
func printed(t *testing.T, r *dataset.Reader) string {
	var out strings.Builder
	m := r.Manifest()
	for i := range r.Len() {
		q, err := r.Question(i)
		if err != nil {
			t.Fatal(err)
		}
		for _, site := range m.Sites {
			var rows, stats []float32
			for _, layer := range m.Layers {
				x, err := r.Rows(i, site, layer, nil)
				if err != nil {
					t.Fatal(err)
				}
				s, err := r.Stats(i, site, layer, nil)
				if err != nil {
					t.Fatal(err)
				}
				rows, stats = append(rows, x...), append(stats, s...)
			}
			l, n := len(m.Layers), len(q.Rows)
			fmt.Fprintf(&out, "%s %s (%d, %d, %d) (%d, %d, %d) %08x %08x\n", q.ID, site, l, n, m.Dim, l, n, len(stats)/l/n, ieee(rows), ieee(stats))
		}
	}
	return out.String()
}

// ieee is zlib's crc32 of values as little-endian float32.
func ieee(v []float32) uint32 {
	h := crc32.NewIEEE()
	for _, x := range v {
		u := math.Float32bits(x)
		h.Write([]byte{byte(u), byte(u >> 8), byte(u >> 16), byte(u >> 24)})
	}
	return h.Sum32()
}
