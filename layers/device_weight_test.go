package layers

import (
	"errors"
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"premlp/layers/internal/gpu"
	"premlp/layers/internal/kernel"
	"premlp/weights"
)

// onEmulator is a device of 64 MiB that tells at its end what was not freed.
func onEmulator(t *testing.T) (*onDevice, *gpu.Emulator) {
	t.Helper()
	e, err := gpu.NewEmulator(gpu.PTX, 64<<20)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := e.Close(); err != nil {
			t.Error(err)
		}
	})
	return newOnDevice(e), e
}

// emulatedTypes are the first of some where the emulator is slow, as under the race
// detector.
func emulatedTypes(all ...weights.DType) []weights.DType {
	if testing.Short() {
		return all[:1]
	}
	return all
}

// TestDeviceSendsWeightsOnce holds what a graph of an embedding and a head tied to it
// sends, in a stored form, to the bytes of the file and of its list of codes; two
// machines and later runs send no weights.
func TestDeviceSendsWeightsOnce(t *testing.T) {
	_, e := onEmulator(t)
	for _, d := range emulatedTypes(weights.Q4_1, weights.Q8_0, weights.IQ4_NL, weights.MXFP4, weights.IQ2_S) {
		source, store := writeBlocks(t, d, testVocab), NewStore()
		w, err := source.Tensor("w.weight")
		if err != nil {
			t.Fatal(err)
		}
		var sent []int64 // by run
		for range 2 {
			g := NewGraph(source, store)
			x := Embedding(g.Root().Sub("w"), testVocab, w.Cols())
			g.Root().Tap(Logits, TiedHead(g.Root().Sub("head"), g.Root().Sub("w"), x, testVocab, false))
			m, err := g.Machine(MachineOptions{Points: []Point{{Site: Logits}}, Vocab: testVocab, Context: 256, Device: e})
			if err != nil {
				t.Fatal(err)
			}
			for range 2 {
				e.ResetStats()
				if err := m.Run(t.Context(), Pack([][]int32{tokens(3)}, nil), nil); err != nil {
					t.Fatal(err)
				}
				sent = append(sent, e.Stats().Uploaded)
			}
			if err := m.Close(); err != nil {
				t.Fatal(err)
			}
		}
		batch := sent[1]
		want := []int64{batch + int64(len(w.Stored())+len(d.Table())), batch, batch, batch}
		if batch > 200 || !slices.Equal(sent, want) {
			t.Errorf("%s: want %d bytes sent by run, have %d", d, want, sent)
		}
	}
}

// TestDeviceProductInPanels holds products with weights that are expanded whole, a few
// rows at a time, and in order of other rows, to the processor's, bit by bit.
func TestDeviceProductInPanels(t *testing.T) {
	const rows = 161
	k, err := kernel.Select()
	if err != nil {
		t.Fatal(err)
	}
	if k.Arithmetic() != kernel.Fused() {
		t.Skipf("this processor's kernel computes in %s: bits differ", k.Arithmetic())
	}
	pool := kernel.NewPool(1, k)
	defer pool.Close()
	d, _ := onEmulator(t)
	r := rand.New(rand.NewPCG(81, 82))
	for _, dtype := range emulatedTypes(weights.MXFP4, weights.Q4_1, weights.Q8_0) {
		w := openBlocks(t, dtype, rows)
		order := make([]int32, rows)
		for i := range order {
			order[i] = int32(rows - 1 - i)
		}
		views := []*weights.Tensor{w.Pick(order), w, w.Slice(3, rows)}
		if testing.Short() {
			views = views[:1]
		}
		for _, w := range views {
			n, cols := w.Rows(), w.Cols()
			bias := make([]float32, n)
			for i := range bias {
				bias[i] = float32(r.NormFloat64())
			}
			for _, m := range []int{1, 3} {
				x := make([]float32, m*cols)
				for i := range x {
					x[i] = float32(r.NormFloat64())
				}
				want := make([]float32, m*n)
				pool.MatMul(x, m, kernel.Product{W: kernel.PackWeight(pool, packedRows(w)), Bias: bias, Out: want})
				for _, panel := range []int{n, 64, 100} {
					have := productOnDevice(t, d, w, x, bias, panel)
					for i := range want {
						if math.Float32bits(want[i]) != math.Float32bits(have[i]) {
							t.Fatalf("%s, %d rows, panels of %d: value %d: want %v, have %v", dtype, m, panel, i, want[i], have[i])
						}
					}
				}
			}
		}
	}
}

// productOnDevice is x · wᵀ + bias, computed so many rows of w at a time.
func productOnDevice(t *testing.T, d *onDevice, w *weights.Tensor, x, bias []float32, panel int) []float32 {
	t.Helper()
	store, n, cols := NewStore(), w.Rows(), w.Cols()
	sent, err1 := store.sendStored(d, "w", w)
	in, err2 := store.sendFloats(d, "x", func() []float32 { return x })
	offset, err3 := store.sendFloats(d, "bias", func() []float32 { return bias })
	rows := len(x) / cols
	out, err4 := d.room(&deviceMemory{}, rows*n)
	if err := errors.Join(err1, err2, err3, err4); err != nil {
		t.Fatal(err)
	}
	if err := d.productInPanels(matAt{out, rows, n}, matAt{in, rows, cols}, sent, offset, panel); err != nil {
		t.Fatal(err)
	}
	m, err := d.fetch(matAt{out, rows, n})
	if err != nil {
		t.Fatal(err)
	}
	return m.Data
}

// TestPanelRows holds the memory beside a product to its bound.
func TestPanelRows(t *testing.T) {
	for _, c := range []struct{ rows, cols, x, want int }{
		{576, 1536, 4096, 576},    // small ones are expanded whole
		{16384, 1024, 1, 16384},   // 64 MiB
		{49152, 576, 1, 29056},    // the head of SmolLM2
		{49152, 576, 1024, 16384}, // as many columns of its result
		{128256, 8192, 1024, 2048},
		{1 << 20, 1 << 20, 1, 128}, // a tile at least
	} {
		have := panelRows(deviceWeight{rows: c.rows, cols: c.cols}, c.x)
		if have != c.want {
			t.Errorf("%+v: have %d", c, have)
		}
		if have > productTile && (have*c.cols > panelValues || have < c.rows && have*c.x > panelValues) {
			t.Errorf("%+v: %d rows are more than the bound", c, have)
		}
	}
}
