package weights

import (
	"encoding/binary"
	"math"
	"os"
	"path/filepath"
	"testing"
)

// TestDecodeGolden compares every format with blocks decoded by the Python
// package gguf 0.19.0, bit by bit.
func TestDecodeGolden(t *testing.T) {
	for d := range formats {
		d := DType(d)
		if d == F32 {
			continue // its reference is its own bytes
		}
		t.Run(d.String(), func(t *testing.T) {
			stored := readFile(t, filepath.Join("testdata", "quant", d.String()+".bin"))
			want := floatsOf(readFile(t, filepath.Join("testdata", "quant", d.String()+".f32")))
			blocks := len(stored) / d.BlockBytes()
			if len(stored) != blocks*d.BlockBytes() || len(want) != blocks*d.BlockLen() {
				t.Fatalf("golden data: %d bytes, %d values", len(stored), len(want))
			}
			tensor := &Tensor{Name: "x", DType: d, Shape: []int{blocks, d.BlockLen()}, data: stored}
			sameBits(t, tensor.Floats(), want)
			row := make([]float32, d.BlockLen())
			for i := range blocks {
				tensor.Row(row, i)
				sameBits(t, row, want[i*len(row):][:len(row)])
			}
		})
	}
}

// TestHalf checks all 65536 binary16 values against their definition.
func TestHalf(t *testing.T) {
	for h := range 1 << 16 {
		got := half(binary.LittleEndian.AppendUint16(nil, uint16(h)))
		exp, frac := h>>10&31, h&1023
		sign := 1 - 2*float64(h>>15)
		var want float64
		switch {
		case exp == 31 && frac != 0:
			if !math.IsNaN(float64(got)) || math.Signbit(float64(got)) != (sign < 0) {
				t.Fatalf("%#04x: want a NaN of sign %v, have %v", h, sign, got)
			}
			continue
		case exp == 31:
			want = math.Inf(int(sign))
		case exp == 0:
			want = math.Copysign(math.Ldexp(float64(frac), -24), sign)
		default:
			want = math.Copysign(math.Ldexp(float64(1024+frac), exp-25), sign)
		}
		if math.Float64bits(float64(got)) != math.Float64bits(want) {
			t.Fatalf("%#04x: want %v, have %v", h, want, got)
		}
	}
}

func TestDecodeF32KeepsBits(t *testing.T) {
	want := []float32{0, float32(math.Copysign(0, -1)), 1, math.Float32frombits(1), math.Float32frombits(0x7fc12345), float32(math.Inf(-1))}
	got := make([]float32, len(want))
	F32.Decode(got, bytesOf(want))
	sameBits(t, got, want)
}

func TestDTypeTable(t *testing.T) {
	seen := map[uint32]string{}
	for d := range formats {
		f := formats[d]
		if other, ok := seen[f.ggml]; ok {
			t.Errorf("%s and %s have the number %d", f.name, other, f.ggml)
		}
		if other, ok := undecoded[f.ggml]; ok {
			t.Errorf("%s is also listed as undecoded %s", f.name, other.name)
		}
		seen[f.ggml] = f.name
	}
	if got := DType(200).String(); got != "DType(200)" {
		t.Errorf("unknown DType: have %s", got)
	}
}

func readFile(t testing.TB, path string) []byte {
	t.Helper()
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func floatsOf(b []byte) []float32 {
	v := make([]float32, len(b)/4)
	for i := range v {
		v[i] = math.Float32frombits(binary.LittleEndian.Uint32(b[4*i:]))
	}
	return v
}

func bytesOf(v []float32) []byte {
	var b []byte
	for _, x := range v {
		b = binary.LittleEndian.AppendUint32(b, math.Float32bits(x))
	}
	return b
}

func sameBits(t testing.TB, got, want []float32) {
	t.Helper()
	if len(got) != len(want) {
		t.Fatalf("want %d values, have %d", len(want), len(got))
	}
	for i := range got {
		if math.Float32bits(got[i]) != math.Float32bits(want[i]) {
			t.Fatalf("value %d: want %v (%#x), have %v (%#x)", i, want[i], math.Float32bits(want[i]), got[i], math.Float32bits(got[i]))
		}
	}
}
