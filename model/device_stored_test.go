package model

import (
	"math"
	"math/rand/v2"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"premlp/weights"
)

// storeBlocks has every matrix of a file in another form: of those that fit its rows
// one after the other, from the first on. It returns the forms it took.
func storeBlocks(r *rand.Rand, w *ggufWriter, first weights.DType) []weights.DType {
	var taken []weights.DType
	w.blocks = map[string]ggufBlocks{}
	next := first
	for i := range w.tensors {
		t := &w.tensors[i]
		if len(t.shape) < 2 || strings.HasSuffix(t.name, ".bias") || strings.Contains(t.name, "ffn_gate_inp") || strings.HasSuffix(t.name, "norm.weight") {
			continue
		}
		cols := t.shape[len(t.shape)-1]
		for cols%next.BlockLen() != 0 {
			next = after(next)
		}
		n := len(t.values) / next.BlockLen()
		data := []byte(nil)
		for range n {
			data = append(data, randomBlock(r, next)...)
		}
		w.blocks[t.name] = ggufBlocks{next, data}
		taken, next = append(taken, next), after(next)
	}
	return taken
}

// after is the next stored form but for float32.
func after(d weights.DType) weights.DType {
	if d == weights.TQ2_0 {
		return weights.F16
	}
	return d + 1
}

// randomBlock returns a random block whose largest value is of a weight's size.
func randomBlock(r *rand.Rand, d weights.DType) []byte {
	b, values := make([]byte, d.BlockBytes()), make([]float32, d.BlockLen())
	for {
		for i := range b {
			b[i] = byte(r.Uint32())
		}
		d.Decode(values, b)
		most := 0.0
		for _, v := range values {
			most = max(most, math.Abs(float64(v))) // NaN stays
		}
		if most > 1e-3 && most < 0.5 {
			return b
		}
	}
}

// enlarge makes a golden model so wide that its rows hold blocks of 256 values.
func enlarge(w *ggufWriter, arch string) {
	sizes := map[int]int{48: 256, 112: 256, 24: 128}
	for i := range w.tensors {
		t, n := &w.tensors[i], 1
		for j, size := range t.shape {
			if to, ok := sizes[size]; ok {
				t.shape[j] = to
			}
			n *= t.shape[j]
		}
		for len(t.values) < n {
			t.values = append(t.values, t.values[:min(len(t.values), n-len(t.values))]...)
		}
	}
	for _, key := range []string{"embedding_length", "feed_forward_length"} {
		w.set(arch+"."+key, uint32(256))
	}
	for _, key := range []string{"attention.key_length", "attention.value_length", "rope.dimension_count"} {
		w.set(arch+"."+key, uint32(64))
	}
}

// storedModels are GGUFs whose weights have every stored form between them: wide
// ones, and golden ones in the forms that their small rows can have.
func storedModels(t *testing.T) map[string]*Model {
	t.Helper()
	r, models := rand.New(rand.NewPCG(71, 72)), map[string]*Model{}
	var taken []weights.DType
	wide := map[string]weights.DType{"llama": weights.F16, "mixtral": weights.IQ2_XXS}
	golden := []string{"gpt2", "gpt_oss", "deepseek_v3", "falcon-new", "gemma3", "mpt", "phi3"}
	if testing.Short() { // the race detector makes the emulator slow
		wide, golden = nil, []string{"llama"}
	}
	for _, name := range append(sortedKeys(wide), golden...) {
		f := ggufFamilies[name]
		dir := goldenDir(name)
		if f.config != nil {
			dir = copyVariant(t, dir, f.config)
		}
		w := convertGGUF(t, dir, f)
		first := weights.BF16
		if next, ok := wide[name]; ok {
			enlarge(w, f.arch)
			first = next
		}
		taken = append(taken, storeBlocks(r, w, first)...)
		models[name] = open(t, w.write(t))
	}
	for d := weights.F16; d <= weights.TQ2_0; d++ {
		if !testing.Short() && !slices.Contains(taken, d) {
			t.Errorf("no tensor is stored as %s", d)
		}
	}
	return models
}

// sameOnDevice compares every site and the logits of a device with the processor's,
// and fails where one is not finite.
func sameOnDevice(t *testing.T, m *Model, d Device) {
	t.Helper()
	r := rand.New(rand.NewPCG(73, 74))
	b := Pack([][]int32{randomPrompt(r, 9, m.Config().Vocab), randomPrompt(r, 4, m.Config().Vocab)}, nil)
	want := capture(t, session(t, m, 2), b)
	for p, rows := range want {
		for _, v := range rows.Data {
			if v-v != 0 {
				t.Fatalf("%s: want finite values, have %v", p, v)
			}
		}
	}
	s := onDevice(t, m, d, SessionOptions{})
	sameRows(t, "on a device", want, capture(t, s, b), 0)
}

// TestDeviceStoredWeights holds weights that stay on the device as they are stored to
// the processor's bits.
func TestDeviceStoredWeights(t *testing.T) {
	for name, m := range storedModels(t) {
		t.Run(name, func(t *testing.T) { sameOnDevice(t, m, emulated(t)) })
	}
}

// The same of safetensors in bf16, some of them stored transposed.
func TestDeviceStoredBF16(t *testing.T) {
	for _, name := range []string{"llama", "gpt2", "gpt_oss"} {
		if testing.Short() && name != "gpt2" {
			continue
		}
		t.Run(name, func(t *testing.T) {
			sameOnDevice(t, open(t, inBF16(t, filepath.Join("testdata", "arch", name))), emulated(t))
		})
	}
}

// inBF16 copies a golden model with its matrices in bf16.
func inBF16(t *testing.T, dir string) string {
	t.Helper()
	to := copyVariant(t, dir, func(map[string]any) {})
	s, err := weights.OpenSafetensors(filepath.Join(dir, "model.safetensors"))
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	var out []weights.Output
	for name := range s.Names() {
		x, err := s.Tensor(name)
		if err != nil {
			t.Fatal(err)
		}
		if len(x.Shape) < 2 {
			out = append(out, weights.FloatOutput(name, x.Floats(), x.Shape...))
			continue
		}
		var raw []byte
		for _, v := range x.Floats() {
			raw = append(raw, byte(math.Float32bits(v)>>16), byte(math.Float32bits(v)>>24))
		}
		out = append(out, weights.Output{Name: name, Shape: x.Shape, RawType: "BF16", Raw: func(yield func([]byte, error) bool) { yield(raw, nil) }})
	}
	if err := weights.WriteSafetensors(filepath.Join(to, "model.safetensors"), out, nil); err != nil {
		t.Fatal(err)
	}
	return to
}
