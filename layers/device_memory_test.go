package layers

import (
	"testing"

	"premlp/layers/internal/kernel"
)

// TestDeviceFreesRotaryTables sends the tables of many lengths, as prompts of a rope
// that follows the length have them: no more than maxTables stay on the device.
func TestDeviceFreesRotaryTables(t *testing.T) {
	d, e := onEmulator(t)
	r := NewRopeCache(Rope{Inverse: RopeFrequencies(10000, 8), Factor: 1})
	table := func() *kernel.RotaryTable { return kernel.NewRotaryTable(256, r.rope.Inverse, r.rope.Factor) }
	first := table()
	for i := range 3 * maxTables {
		if _, _, err := r.send(d, table()); err != nil {
			t.Fatal(err)
		}
		if bytes := int64(4 * (len(first.Cos) + len(first.Sin))); e.Stats().Used > maxTables*bytes {
			t.Fatalf("behind %d tables of %d bytes %d bytes are in use", i+1, bytes, e.Stats().Used)
		}
	}
	if err := d.release(); err != nil {
		t.Fatal(err)
	}
	if used := e.Stats().Used; used != 0 {
		t.Errorf("behind the machine %d bytes are in use", used)
	}
}

// TestDeviceBiasGrowsSeldom holds the bias of a text that grows token by token to few
// copies, each of the right values.
func TestDeviceBiasGrowsSeldom(t *testing.T) {
	d, e := onEmulator(t)
	a := Attention{Heads: 2, Score: func(head, _, key int) float32 { return float32(1000*head + key) }}
	kept := &deviceAttention{}
	for keys := 10; keys <= 80; keys++ {
		if err := kept.cover(d, a, keys); err != nil {
			t.Fatal(err)
		}
		if kept.biasKeys < keys {
			t.Fatalf("want %d keys, have %d", keys, kept.biasKeys)
		}
	}
	table, err := d.fetch(matAt{kept.bias.at, a.Heads, kept.biasKeys})
	if err != nil {
		t.Fatal(err)
	}
	for h := range a.Heads {
		for j, v := range table.Row(h) {
			if want := a.Score(h, 0, j); v != want {
				t.Fatalf("head %d, key %d: want %v, have %v", h, j, want, v)
			}
		}
	}
	if most := int64(4 * 2 * (10 + 20 + 40 + 80)); e.Stats().Uploaded > most {
		t.Errorf("want at most %d bytes sent, have %d", most, e.Stats().Uploaded)
	}
	if err := d.release(); err != nil {
		t.Fatal(err)
	}
}
