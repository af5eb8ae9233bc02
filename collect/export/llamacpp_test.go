package export_test

import (
	"encoding/binary"
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"premlp/collect/export"
	"premlp/model"
	"premlp/weights"
)

// TestLlamaCpp holds that a control vector does in llama.cpp what an edit of
// resid_post at the same layer does here: the same logits at every token, and
// others where the layer is one off.
func TestLlamaCpp(t *testing.T) {
	python, path := os.Getenv("PREMLP_LLAMACPP_PYTHON"), os.Getenv("PREMLP_TEST_SMOLLM2")
	if python == "" || path == "" {
		t.Skip("want PREMLP_LLAMACPP_PYTHON, a Python with llama-cpp-python, gguf and numpy, and PREMLP_TEST_SMOLLM2, a model")
	}
	m, err := model.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer m.Close()
	const layer, scale = 12, 3
	v := make([]float32, m.Config().Dim)
	r := rand.New(rand.NewPCG(1, 2))
	for i := range v {
		v[i] = float32(r.NormFloat64())
	}
	dir := t.TempDir()
	from, vector, out := filepath.Join(dir, "d.safetensors"), filepath.Join(dir, "d.gguf"), filepath.Join(dir, "logits")
	name := fmt.Sprintf("mean.resid_post.%d", layer)
	if err := weights.WriteSafetensors(from, []weights.Output{weights.FloatOutput(name, v, len(v))}, map[string]string{"target": "x"}); err != nil {
		t.Fatal(err)
	}
	if _, err := export.WriteControlVector(from, vector, export.ControlVectorOptions{}); err != nil {
		t.Fatal(err)
	}
	ids := []int32{1, 4093, 198, 1780, 314, 260, 3575, 282, 4649, 47, 2, 198}
	args := []string{"testdata/llamacpp.py", path, vector, fmt.Sprint(scale), out}
	for _, id := range ids {
		args = append(args, fmt.Sprint(id))
	}
	runPython(t, python, args...)
	theirs := floats(readFile(t, out))
	for at, same := range map[int]bool{layer - 1: false, layer: true, layer + 1: false} {
		ours := steered(t, m, ids, "resid_post", at, v, scale)
		if len(ours) != len(theirs) {
			t.Fatalf("want %d logits, have %d", len(ours), len(theirs))
		}
		worst := 0.0 // of a row's largest |value|
		for k := range ids {
			n := len(ours) / len(ids)
			worst = max(worst, apart(ours[k*n:(k+1)*n], theirs[k*n:(k+1)*n]))
		}
		t.Logf("edit of resid_post.%d: the logits are %.2g apart, of a row's largest", at, worst)
		if (worst < 1e-4) != same {
			t.Errorf("resid_post.%d: want the same logits: %v, have %.2g between them", at, same, worst)
		}
	}
}

// steered are the logits [T, V] of a prompt with a vector added at a point, at every
// token.
func steered(t *testing.T, m *model.Model, ids []int32, site string, layer int, v []float32, scale float32) []float32 {
	t.Helper()
	s, err := m.Session(model.SessionOptions{Logits: true, Threads: 2})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	sum := make([]float32, len(v))
	for i := range v {
		sum[i] = scale * v[i]
	}
	var rows []int32
	for i := range ids {
		rows = append(rows, int32(i))
	}
	b := model.Pack([][]int32{ids}, [][]int32{rows})
	b.Edits = []model.Edit{{At: model.Point{Site: model.Site(site), Layer: layer}, Rows: rows, Change: model.Add{Vector: sum}}}
	var logits []float32
	err = s.Run(t.Context(), b, func(_ model.Point, r model.Rows) error {
		logits = slices.Clone(r.Data)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return logits
}

// apart is the largest difference of two rows as a share of the largest |value|.
func apart(a, b []float32) float64 {
	most, size := 0.0, 0.0
	for i := range a {
		most = max(most, math.Abs(float64(a[i])-float64(b[i])))
		size = max(size, math.Abs(float64(a[i])))
	}
	return most / size
}

func floats(data []byte) []float32 {
	list := make([]float32, len(data)/4)
	for i := range list {
		list[i] = math.Float32frombits(binary.LittleEndian.Uint32(data[4*i:]))
	}
	return list
}
