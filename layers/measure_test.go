package layers

import "testing"

func TestMeter(t *testing.T) {
	m, err := NewMeter(2)
	if err != nil {
		t.Fatal(err)
	}
	defer m.Close()
	if have := m.MultiplyAdds(64); (have == 0) != (m.PeakLoop() == "") {
		t.Errorf("peak loop %q: have %d operations", m.PeakLoop(), have)
	}
	m.Read(make([]float32, 3<<20+5))
	const k = 32
	x := make([]float32, 2*k)
	copy(x, []float32{1, 1, 1})
	copy(x[k:], []float32{0, 1, 2})
	for format, want := range map[string][4]float32{
		"f32": {3, 4, 2, 4}, "bf16": {3, 4, 2, 4},
		// Codes count up from the row's number, j/128 and j/16 - 1/2.
		"q8": {3. / 128, 6. / 128, 5. / 128, 8. / 128}, "q4": {3./16 - 1.5, 6./16 - 1.5, 5./16 - 1.5, 8./16 - 1.5},
	} {
		w, err := m.Pack(format, 2, k, func(dst []float32, i int) {
			clear(dst)
			copy(dst, []float32{1, 2, float32(i)})
		})
		if err != nil {
			t.Fatal(err)
		}
		out := make([]float32, 4)
		m.Multiply(out, x, 2, w)
		if [4]float32(out) != want || w.Bytes() <= 0 {
			t.Errorf("%s: want %v, have %v in %d bytes", format, want, out, w.Bytes())
		}
	}
	if n := len(WeightFormats()); n != 4 {
		t.Errorf("want 4 formats tested, have %d", n)
	}
	if _, err := m.Pack("q8", 1, 20, nil); err == nil {
		t.Error("k of 20 in groups of 32: want an error")
	}
	if _, err := m.Pack("f8", 1, 1, nil); err == nil {
		t.Error("format f8: want an error")
	}
}
