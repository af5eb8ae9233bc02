package layers

import (
	"encoding/binary"
	"fmt"
	"maps"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"premlp/weights"
)

// tensors is a checkpoint of random values: name → shape.
type tensors map[string][]int

// write writes the checkpoint to a file and opens it.
func (ts tensors) open(t *testing.T) weights.Source {
	t.Helper()
	r := rand.New(rand.NewPCG(1, 1))
	header, offset := "", 0
	var data []byte
	for _, name := range slices.Sorted(maps.Keys(ts)) {
		n := 1
		shape := ""
		for i, d := range ts[name] {
			n *= d
			if i > 0 {
				shape += ","
			}
			shape += fmt.Sprint(d)
		}
		if header != "" {
			header += ","
		}
		header += fmt.Sprintf(`%q:{"dtype":"F32","shape":[%s],"data_offsets":[%d,%d]}`, name, shape, offset, offset+4*n)
		offset += 4 * n
		for range n {
			data = binary.LittleEndian.AppendUint32(data, math.Float32bits(float32(r.NormFloat64())))
		}
	}
	header = "{" + header + "}"
	file := binary.LittleEndian.AppendUint64(nil, uint64(len(header)))
	file = append(append(file, header...), data...)
	path := filepath.Join(t.TempDir(), "model.safetensors")
	if err := os.WriteFile(path, file, 0o600); err != nil {
		t.Fatal(err)
	}
	s, err := weights.OpenSafetensors(path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	return s
}

// The sizes of the small model that the tests of this package build.
const (
	testVocab, testDim, testHidden = 50, 12, 20
	testHeads, testKV, testLayers  = 3, 1, 3
)

// checkpoint lists the tensors of the small model.
func checkpoint() tensors {
	ts := tensors{"embed.weight": {testVocab, testDim}, "norm.weight": {testDim}, "head.weight": {testVocab, testDim}}
	for i := range testLayers {
		p := fmt.Sprintf("layers.%d.", i)
		maps.Copy(ts, tensors{
			p + "norm1.weight": {testDim}, p + "norm2.weight": {testDim},
			p + "attn.q_proj.weight": {testDim, testDim}, p + "attn.o_proj.weight": {testDim, testDim},
			p + "attn.k_proj.weight": {testDim / testHeads, testDim}, p + "attn.v_proj.weight": {testDim / testHeads, testDim},
			p + "mlp.gate_proj.weight": {testHidden, testDim}, p + "mlp.up_proj.weight": {testHidden, testDim},
			p + "mlp.down_proj.weight": {testDim, testHidden},
		})
	}
	return ts
}

// small builds the small model.
func small(source weights.Source) *Graph {
	g := NewGraph(source, NewStore())
	root := g.Root()
	rope := NewRopeCache(Rope{Inverse: RopeFrequencies(10000, testDim/testHeads), Factor: 1})
	x := Embedding(root.Sub("embed"), testVocab, testDim)
	for i := range testLayers {
		s := root.Sub("layers").Layer(i)
		s.Tap(ResidPre, x)
		a := RMSNorm(s.Sub("norm1"), x, 1e-5)
		a = SelfAttention(s.Sub("attn"), a, Attention{Heads: testHeads, KVHeads: testKV, HeadDim: testDim / testHeads, Rope: rope})
		x = s.Tap(ResidMid, Residual(s.Sub("add1"), x, a))
		m := s.Tap(MLPIn, RMSNorm(s.Sub("norm2"), x, 1e-5))
		m = s.Tap(MLPOut, GatedMLP(s.Sub("mlp"), m, MLP{Hidden: testHidden, Activation: SiLU}))
		x = s.Tap(ResidPost, Residual(s.Sub("add2"), x, m))
	}
	x = RMSNorm(root.Sub("norm"), Select(root.Sub("select"), x), 1e-5)
	root.Tap(Logits, VocabHead(root.Sub("head"), x, testVocab, false))
	return g
}

// machine compiles a graph for some points.
func machine(t *testing.T, g *Graph, points, keep []Point) *Machine {
	t.Helper()
	m, err := g.Machine(MachineOptions{Points: points, Keep: keep, Threads: 2, Vocab: testVocab, Context: 256})
	if err == nil {
		err = m.Pack()
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { m.Close() })
	return m
}

// collect returns a sink that copies every point's rows.
func collect(got map[Point][]float32) Sink {
	return func(p Point, rows Rows) error {
		got[p] = slices.Clone(rows.Data)
		return nil
	}
}

// tokens returns a prompt of n tokens.
func tokens(n int) []int32 {
	ids := make([]int32, n)
	for i := range ids {
		ids[i] = int32((i*7 + 3) % testVocab)
	}
	return ids
}
