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
	for _, format := range WeightFormats() {
		w, err := m.Pack(format, 2, 3, func(dst []float32, i int) { copy(dst, []float32{1, 2, float32(i)}) })
		if err != nil {
			t.Fatal(err)
		}
		out := make([]float32, 4)
		m.Multiply(out, []float32{1, 1, 1, 0, 1, 2}, 2, w)
		if want := [4]float32{3, 4, 2, 4}; [4]float32(out) != want || w.Bytes() <= 0 {
			t.Errorf("%s: want %v, have %v in %d bytes", format, want, out, w.Bytes())
		}
	}
	if _, err := m.Pack("f8", 1, 1, nil); err == nil {
		t.Error("format f8: want an error")
	}
}
