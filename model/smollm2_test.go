package model

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"premlp/layers"
	"premlp/weights"
)

// smollm2 opens the real SmolLM2-135M-Instruct if it was pulled, else skips.
func smollm2(t *testing.T) *Model {
	t.Helper()
	path := os.Getenv("PREMLP_TEST_SMOLLM2")
	if path == "" {
		t.Skip("smollm2-135m is not in the cache: premlp pull smollm2-135m")
	}
	return open(t, path)
}

// smollm2Golden is what golden.json says of each prompt.
type smollm2Golden struct {
	Prompts []struct {
		Text string
		IDs  []int32
		Rows []int32
		Next [][]any `json:"next_top10"`
	}
}

// readSmolLM2Golden reads golden.json.
func readSmolLM2Golden(t *testing.T) *smollm2Golden {
	t.Helper()
	data, err := os.ReadFile(filepath.Join("testdata", "smollm2", "golden.json"))
	if err != nil {
		t.Fatal(err)
	}
	var golden smollm2Golden
	if err := json.Unmarshal(data, &golden); err != nil {
		t.Fatal(err)
	}
	return &golden
}

// TestSmolLM2Golden holds the real model's mlp_in rows against golden ones: at
// most 1e-4 of the row's max |value|, and the same most likely next token.
func TestSmolLM2Golden(t *testing.T) {
	m := smollm2(t)
	golden := readSmolLM2Golden(t)
	tensors, err := weights.OpenSafetensors(filepath.Join("testdata", "smollm2", "golden.safetensors"))
	if err != nil {
		t.Fatal(err)
	}
	defer tensors.Close()

	// All prompts packed into one batch; first[i] is where prompt i's rows begin.
	var prompts, sel [][]int32
	var first []int
	selected := 0
	for _, p := range golden.Prompts {
		prompts, sel = append(prompts, p.IDs), append(sel, p.Rows)
		first = append(first, selected)
		selected += len(p.Rows)
	}
	s := session(t, m, 0)
	got := capture(t, s, Pack(prompts, sel))
	worst, vocab := Comparison{}, m.Config().Vocab
	for i, p := range golden.Prompts {
		name := fmt.Sprintf("prompt%d.mlp_in", i)
		want, err := tensors.Tensor(name, m.Config().Layers, len(p.Rows), m.Config().Dim)
		if err != nil {
			t.Fatal(err)
		}
		for layer := range m.Config().Layers {
			rows := got[Point{Site: layers.MLPIn, Layer: layer}]
			c := compareRows(want.Slice(layer, layer+1).Floats(), rows.Data[first[i]*rows.Dim:][:len(p.Rows)*rows.Dim], rows.Dim)
			if c.MaxRel > 1e-4 {
				t.Errorf("prompt %d, layer %d, row %d: off by %.2g of its max", i, layer, c.WorstRow, c.MaxRel)
			}
			if c.MaxRel > worst.MaxRel {
				worst.Distances = c
				worst.Prompt, worst.Point = name, Point{Site: layers.MLPIn, Layer: layer}.String()
			}
		}
		last := first[i] + len(p.Rows) - 1
		scores := got[Point{Site: layers.Logits}].Data[last*vocab:][:vocab]
		if top := slices.Index(scores, slices.Max(scores)); top != int(p.Next[0][0].(float64)) {
			t.Errorf("prompt %d: next token: want %v, have %d", i, p.Next[0], top)
		}
	}
	t.Logf("worst row: %s %s, %.2g of its max |value|", worst.Prompt, worst.Point, worst.MaxRel)
}

// TestSmolLM2Exact holds mlp_in of the prompt on which the float32 reference is
// off most, by 3.6e-5 of a row's max, against the same model in float64.
func TestSmolLM2Exact(t *testing.T) {
	m := smollm2(t)
	const prompt = 8
	p := readSmolLM2Golden(t).Prompts[prompt]
	tensors, err := weights.OpenSafetensors(filepath.Join("testdata", "smollm2", "exact.safetensors"))
	if err != nil {
		t.Fatal(err)
	}
	defer tensors.Close()
	c := m.Config()
	want, err := tensors.Tensor(fmt.Sprintf("prompt%d.mlp_in", prompt), c.Layers, len(p.Rows), c.Dim)
	if err != nil {
		t.Fatal(err)
	}
	got := capture(t, session(t, m, 0), Pack([][]int32{p.IDs}, [][]int32{p.Rows}))
	var worst float64
	for layer := range c.Layers {
		have := got[Point{Site: layers.MLPIn, Layer: layer}]
		worst = max(worst, compareRows(want.Slice(layer, layer+1).Floats(), have.Data, have.Dim).MaxRel)
	}
	if worst > 2e-5 {
		t.Errorf("worst row: want at most 2e-5 of its max |value| from float64, have %.2g", worst)
	}
	t.Logf("worst row: %.2g of its max |value| from float64", worst)
}

// TestSmolLM2SameBits holds the real model's rows of one prompt, computed alone
// on one thread, against the same prompt packed behind others on two.
func TestSmolLM2SameBits(t *testing.T) {
	m := smollm2(t)
	points := []Point{{Site: layers.MLPIn, Layer: 0}, {Site: layers.MLPIn, Layer: 29}}
	capital, other := []int32{504, 3575, 282, 4649, 314}, []int32{1, 9690, 198, 2683, 359, 253, 5356}
	run := func(threads int, prompts ...[]int32) map[Point]Rows {
		s, err := m.Session(SessionOptions{Points: points, Threads: threads})
		if err != nil {
			t.Fatal(err)
		}
		defer s.Close()
		return capture(t, s, Pack(prompts, nil))
	}
	alone := run(1, capital)
	sameRows(t, "behind two others", alone, run(2, other, other, capital), 2*len(other))
}

// TestSmolLM2Generates holds greedy tokens of the real model, decoded with the
// cache, against whole passes.
func TestSmolLM2Generates(t *testing.T) {
	m := smollm2(t)
	if !slices.Equal(m.EndIDs(), []int32{2}) {
		t.Errorf("tokens that end a text: want <|im_end|>, 2, have %v", m.EndIDs())
	}
	capital := []int32{504, 3575, 282, 4649, 314}
	o := GenerateOptions{MaxTokens: 6}
	have := generate(t, generator(t, m, GeneratorOptions{Prompt: 5, MaxTokens: 6}), capital, o).Samples[0]
	if want := uncached(t, m, capital, o, 0); !slices.Equal(want.IDs, have.IDs) || !slices.Equal(want.LogProbs, have.LogProbs) {
		t.Errorf("want %+v, have %+v", want, have)
	}
}
