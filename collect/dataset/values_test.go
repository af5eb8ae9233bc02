package dataset

import (
	"encoding/binary"
	"math"
	"testing"
)

// A value that is not finite is found at every place, of every kind, and none
// among the largest that are.
func TestNotFinite(t *testing.T) {
	for _, c := range []struct {
		dtype        DType
		largest, inf uint32
	}{{F32, 0x7f7fffff, 0x7f800000}, {BF16, 0x7f7f, 0x7f80}, {F16, 0x7bff, 0x7c00}} {
		size := c.dtype.Size()
		sign := uint32(1) << (8*size - 1)
		put := func(b []byte, i int, u uint32) {
			var word [4]byte
			binary.LittleEndian.PutUint32(word[:], u)
			copy(b[size*i:size*(i+1)], word[:])
		}
		for n := range 100 {
			b := make([]byte, size*n)
			for i := range n {
				put(b, i, c.largest|sign*uint32(i&1))
			}
			if have := notFinite(c.dtype, b); have != -1 {
				t.Fatalf("%s: %d finite values: have %d", c.dtype, n, have)
			}
			for i := range n {
				for _, u := range []uint32{c.inf, c.inf | sign, c.inf + 1, c.inf | sign | (c.inf >> 1)} {
					put(b, i, u)
					if have := notFinite(c.dtype, b); have != i {
						t.Fatalf("%s: %x at %d of %d: have %d", c.dtype, u, i, n, have)
					}
				}
				put(b, i, c.largest)
			}
		}
	}
}

// Values are stored one after another, behind what is there.
func TestAppendValues(t *testing.T) {
	for n := range 20 {
		v := make([]float32, n)
		want := map[DType][]byte{F32: {7}, BF16: {7}, F16: {7}}
		for i := range v {
			v[i] = float32(i) * -1.0009765625
			want[F32] = binary.LittleEndian.AppendUint32(want[F32], math.Float32bits(v[i]))
			want[BF16] = binary.LittleEndian.AppendUint16(want[BF16], bf16(v[i]))
			want[F16] = binary.LittleEndian.AppendUint16(want[F16], f16(v[i]))
		}
		for d, w := range want {
			if have, bad := appendValues([]byte{7}, d, v); string(have) != string(w) || bad != -1 {
				t.Errorf("%s: want %x, have %x, %d", d, w, have, bad)
			}
		}
	}
}

func BenchmarkAppendValues(b *testing.B) {
	v := make([]float32, 1<<18)
	for _, d := range []DType{F32, BF16, F16} {
		b.Run(string(d), func(b *testing.B) {
			var out []byte
			b.SetBytes(int64(4 * len(v)))
			for b.Loop() {
				out, _ = appendValues(out[:0], d, v)
			}
		})
	}
}
