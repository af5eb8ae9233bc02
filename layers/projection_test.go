package layers

import (
	"math"
	"slices"
	"strings"
	"testing"

	"gorgonia.org/gorgonia"

	"premlp/weights"
)

func TestHeadRows(t *testing.T) {
	for _, c := range []struct {
		groups, per, from, to, width int
		want                         []int32
	}{
		{1, 3, 0, 1, 2, []int32{0, 1}},
		{1, 3, 2, 3, 2, []int32{4, 5}},
		{2, 3, 1, 2, 2, []int32{2, 3, 8, 9}},
		{2, 4, 0, 2, 1, []int32{0, 1, 4, 5}},
		{3, 1, 0, 1, 1, []int32{0, 1, 2}},
	} {
		if have := HeadRows(c.groups, c.per, c.from, c.to, c.width); !slices.Equal(have, c.want) {
			t.Errorf("%+v: have %v", c, have)
		}
	}
}

// embedded returns the rows that three tokens' ids have in the table "embed", and a
// graph that begins with them.
func embedded(t *testing.T, source weights.Source, d int) (*Graph, *gorgonia.Node, [][]float32) {
	t.Helper()
	g := NewGraph(source, NewStore())
	table, err := source.Tensor("embed.weight", testVocab, d)
	if err != nil {
		t.Fatal(err)
	}
	var rows [][]float32
	for _, id := range tokens(3) {
		rows = append(rows, table.Floats()[int(id)*d:int(id+1)*d])
	}
	return g, Embedding(g.Root().Sub("embed"), testVocab, d), rows
}

// valuesOf taps nodes as sites of a block and returns their values after a run.
func valuesOf(t *testing.T, g *Graph, nodes ...*gorgonia.Node) [][]float32 {
	t.Helper()
	var points []Point
	for i, n := range nodes {
		g.Root().Tap(BlockSites[i], n)
		points = append(points, Point{Site: BlockSites[i]})
	}
	m := machine(t, g, points, nil)
	got := map[Point][]float32{}
	if err := m.Run(t.Context(), Pack([][]int32{tokens(3)}, nil), collect(got)); err != nil {
		t.Fatal(err)
	}
	var values [][]float32
	for _, p := range points {
		values = append(values, got[p])
	}
	return values
}

// near fails where a value is further from its float64 than rounding takes it.
func near(t *testing.T, what string, want []float64, have []float32) {
	t.Helper()
	if len(want) != len(have) {
		t.Fatalf("%s: want %d values, have %d", what, len(want), len(have))
	}
	for i, w := range want {
		if math.Abs(w-float64(have[i])) > 1e-5*(1+math.Abs(w)) {
			t.Fatalf("%s: value %d: want %v, have %v", what, i, w, have[i])
		}
	}
}

// TestFusedProjections holds the three parts of a fused tensor against products
// with its rows, picked by the definition: group by group the queries, then keys
// and values, or values and keys.
func TestFusedProjections(t *testing.T) {
	const d, e = 12, 2
	for _, c := range []struct {
		heads, kv, groups      int
		valueFirst, transposed bool
	}{
		{3, 3, 1, false, false}, // MPT
		{3, 3, 1, false, true},  // GPT-2
		{6, 1, 1, false, false}, // Falcon 7B
		{6, 2, 2, false, false}, // Falcon 40B
		{3, 3, 3, false, false}, // BLOOM
		{8, 8, 4, true, false},  // CodeGen
	} {
		n := (c.heads + 2*c.kv) * e
		shape := []int{n, d}
		if c.transposed {
			shape = []int{d, n}
		}
		source := tensors{"embed.weight": {testVocab, d}, "qkv.weight": shape, "qkv.bias": {n}}.open(t)
		g, x, rows := embedded(t, source, d)
		a := Attention{
			Heads: c.heads, KVHeads: c.kv, HeadDim: e, Bias: true, Transposed: c.transposed,
			Projections: QKV{Fused: "qkv", Groups: c.groups, ValueFirst: c.valueFirst},
		}
		q, k, v := a.projections()
		have := valuesOf(t, g, Linears(g.Root(), x, q, k, v)...)

		w, _ := source.Tensor("qkv.weight")
		bias, _ := source.Tensor("qkv.bias")
		value := func(row []float32, r int) float64 {
			sum := float64(bias.Floats()[r])
			for i, x := range row {
				at := r*d + i
				if c.transposed {
					at = i*n + r
				}
				sum += float64(x) * float64(w.Floats()[at])
			}
			return sum
		}
		var want [3][]float64 // query, key, value
		for _, row := range rows {
			r := 0
			for range c.groups {
				order := []int{0, 1, 2}
				if c.valueFirst {
					order = []int{0, 2, 1}
				}
				for _, part := range order {
					heads := c.kv / c.groups
					if part == 0 {
						heads = c.heads / c.groups
					}
					for range heads * e {
						want[part] = append(want[part], value(row, r))
						r++
					}
				}
			}
		}
		for part, name := range []string{"queries", "keys", "values"} {
			near(t, name, want[part], have[part])
		}
	}
}

// TestNormsOfHeads holds norms with one weight for all heads, and with one for
// each in both forms, against the formula.
func TestNormsOfHeads(t *testing.T) {
	const d, heads = 12, 3
	const e = d / heads
	source := tensors{
		"embed.weight": {testVocab, d}, "one.weight": {e}, "own.weight": {heads, e},
		"list.norms.0.weight": {e}, "list.norms.1.weight": {e}, "list.norms.2.weight": {e},
	}.open(t)
	g, x, rows := embedded(t, source, d)
	have := valuesOf(t, g,
		NormalizeHeads(g.Root().Sub("one"), x, heads, Norm{Eps: 1e-5, Center: true}),
		NormalizeHeads(g.Root().Sub("own"), x, heads, Norm{Eps: 1e-5, Own: true}),
		NormalizeHeads(g.Root().Sub("list"), x, heads, Norm{Eps: 1e-5, Center: true, Listed: true, Plus: 1}))
	floats := func(name string) []float32 {
		w, err := source.Tensor(name)
		if err != nil {
			t.Fatal(err)
		}
		return w.Floats()
	}
	var want [3][]float64
	for _, row := range rows {
		for h := range heads {
			part := row[h*e : (h+1)*e]
			list := floats("list.norms." + string(rune('0'+h)) + ".weight")
			for i, v := range normed(part, true) {
				want[0] = append(want[0], v*float64(floats("one.weight")[i]))
				want[2] = append(want[2], v*(float64(list[i])+1))
			}
			for i, v := range normed(part, false) {
				want[1] = append(want[1], v*float64(floats("own.weight")[h*e+i]))
			}
		}
	}
	for i, name := range []string{"one weight", "a weight each", "a list of weights"} {
		near(t, name, want[i], have[i])
	}
}

// normed is LayerNorm or RMSNorm of x without a weight.
func normed(x []float32, center bool) []float64 {
	out, mean, square := make([]float64, len(x)), 0.0, 0.0
	for _, v := range x {
		if center {
			mean += float64(v) / float64(len(x))
		}
	}
	for _, v := range x {
		square += (float64(v) - mean) * (float64(v) - mean) / float64(len(x))
	}
	for i, v := range x {
		out[i] = (float64(v) - mean) / math.Sqrt(square+1e-5)
	}
	return out
}

// TestTiedHeadRefusesAnotherWeight builds heads tied to the embedding beside whose
// table the checkpoint holds another, the same, and none.
func TestTiedHeadRefusesAnotherWeight(t *testing.T) {
	const d = 12
	source := tensors{"embed.weight": {testVocab, d}, "head.weight": {testVocab, d}}.open(t)
	for head, want := range map[string]string{
		"head":  "weight head.weight: want the values of embed.weight",
		"embed": "", // itself
		"none":  "",
	} {
		g := NewGraph(source, NewStore())
		x := g.Root().node(&Op{kind: "stream", cols: d, inputs: []*gorgonia.Node{g.batch}})
		TiedHead(g.Root().Sub(head), g.Root().Sub("embed"), x, testVocab, false)
		if err := g.Err(); (err == nil) != (want == "") || err != nil && !strings.Contains(err.Error(), want) {
			t.Errorf("%s: want %q, have %v", head, want, err)
		}
	}
}

// TestTransposedMLP holds an MLP whose products are stored [K, N] against the same
// stored [N, K].
func TestTransposedMLP(t *testing.T) {
	const d, f = 12, 20
	source := tensors{
		"embed.weight": {testVocab, d}, "mlp.up_proj.weight": {d, f}, "mlp.up_proj.bias": {f},
		"mlp.down_proj.weight": {f, d}, "mlp.down_proj.bias": {d},
	}.open(t)
	g, x, rows := embedded(t, source, d)
	have := valuesOf(t, g, PlainMLP(g.Root().Sub("mlp"), x, MLP{Hidden: f, Activation: ReLU, Bias: true, Transposed: true}))
	product := func(x []float64, name string, n int) []float64 {
		w, _ := source.Tensor(name + ".weight")
		b, _ := source.Tensor(name + ".bias")
		out := make([]float64, n)
		for j := range out {
			out[j] = float64(b.Floats()[j])
			for i, v := range x {
				out[j] += v * float64(w.Floats()[i*n+j])
			}
		}
		return out
	}
	var want []float64
	for _, row := range rows {
		wide := make([]float64, d)
		for i, v := range row {
			wide[i] = float64(v)
		}
		h := product(wide, "mlp.up_proj", f)
		for i := range h {
			h[i] = max(h[i], 0)
		}
		want = append(want, product(h, "mlp.down_proj", d)...)
	}
	near(t, "MLP", want, have[0])
}
