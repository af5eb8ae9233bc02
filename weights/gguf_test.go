package weights

import (
	"encoding/binary"
	"errors"
	"math"
	"os"
	"reflect"
	"slices"
	"testing"
)

// sampleGGUF has one value of every kind, and tensors of five types.
func sampleGGUF() []byte {
	pairs := [][]byte{
		le("u8", kindUint8, uint8(200)), le("i8", kindInt8, int8(-8)),
		le("u16", kindUint16, uint16(60000)), le("i16", kindInt16, int16(-16)),
		le("u32", kindUint32, uint32(4e9)), le("i32", kindInt32, int32(-32)),
		le("u64", kindUint64, uint64(1)<<40), le("i64", kindInt64, int64(-64)),
		le("big", kindUint64, uint64(math.MaxUint64)),
		le("f32", kindFloat32, float32(0.1)), le("f64", kindFloat64, 0.1),
		le("yes", kindBool, uint8(1)), le("no", kindBool, uint8(0)), le("text", kindString, "héllo"),
		le("words", kindArray, kindString, 3, "a", "", "ccc"), le("none", kindArray, kindString, 0),
		le("types", kindArray, kindInt32, 2, int32(-1), int32(7)), le("scores", kindArray, kindFloat32, 2, float32(0.5), float32(-2)),
		le("flags", kindArray, kindBool, 2, uint8(0), uint8(1)), le("doubles", kindArray, kindFloat64, 1, 0.25),
		le("nested", kindArray, kindArray, 2, kindUint8, 2, uint8(1), uint8(2), kindString, 1, "x"),
		le("bigs", kindArray, kindUint64, 1, uint64(math.MaxUint64)),
	}
	v := numbers(64)
	q8 := append(binary.LittleEndian.AppendUint16(nil, 0x3800), make([]byte, 32)...) // d = 0.5
	for j := range 32 {
		q8[2+j] = byte(int8(j - 16))
	}
	data := make([]byte, 384+8)
	copy(data, bytesOf(v[:24]))        // f32 at 0, 96 bytes
	copy(data[96:], bf16Bytes(v[:16])) // bf16 at 96, 32 bytes
	copy(data[128:], q8)               // q8 at 128, 34 bytes
	infos := [][]byte{
		ggufInfo("q8", 8, 128, 32), ggufInfo("f32", 0, 0, 4, 3, 2), ggufInfo("bf16", 30, 96, 8, 2),
		ggufInfo("nv", 40, 192, 64), ggufInfo("old", 31, 256, 32), ggufInfo("odd", 999, 288, 5), ggufInfo("ids", 26, 384, 2),
	}
	return ggufFile(3, pairs, infos, data)
}

func openSample(t *testing.T) *GGUF {
	t.Helper()
	g, err := OpenGGUF(writeTemp(t, "sample.gguf", sampleGGUF()))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { g.Close() })
	return g
}

func TestGGUFMetadata(t *testing.T) {
	m := openSample(t).Meta()
	type result struct {
		value any
		ok    bool
	}
	pack := func(v any, ok bool) result { return result{v, ok} }
	tests := []struct {
		name      string
		have      result
		want      any
		wantFalse bool
	}{
		{"u8", pack(m.Int("u8")), 200, false},
		{"i8", pack(m.Int("i8")), -8, false},
		{"u16", pack(m.Int("u16")), 60000, false},
		{"i16", pack(m.Int("i16")), -16, false},
		{"u32", pack(m.Int("u32")), int(4e9), false},
		{"i32", pack(m.Int("i32")), -32, false},
		{"u64", pack(m.Int("u64")), 1 << 40, false},
		{"i64", pack(m.Int("i64")), -64, false},
		{"big as int", pack(m.Int("big")), 0, true},
		{"big as value", pack(m.Value("big")), uint64(math.MaxUint64), false},
		{"float as int", pack(m.Int("f32")), 0, true},
		{"f32", pack(m.Float("f32")), float64(float32(0.1)), false},
		{"f64", pack(m.Float("f64")), 0.1, false},
		{"int as float", pack(m.Float("u8")), 0.0, true},
		{"yes", pack(m.Bool("yes")), true, false},
		{"no", pack(m.Bool("no")), false, false},
		{"int as bool", pack(m.Bool("u8")), false, true},
		{"text", pack(m.String("text")), "héllo", false},
		{"array as string", pack(m.String("words")), "", true},
		{"missing", pack(m.String("missing")), "", true},
		{"words", pack(m.Strings("words")), []string{"a", "", "ccc"}, false},
		{"none", pack(m.Strings("none")), []string{}, false},
		{"empty strings as ints", pack(m.Ints("none")), []int(nil), true},
		{"strings as ints", pack(m.Ints("words")), []int(nil), true},
		{"types", pack(m.Ints("types")), []int{-1, 7}, false},
		{"too large for ints", pack(m.Ints("bigs")), []int(nil), true},
		{"scores", pack(m.Floats("scores")), []float32{0.5, -2}, false},
		{"doubles", pack(m.Floats("doubles")), []float32{0.25}, false},
		{"flags", pack(m.Bools("flags")), []bool{false, true}, false},
		{"ints as bools", pack(m.Bools("types")), []bool(nil), true},
		{"nested as ints", pack(m.Ints("nested")), []int(nil), true},
		{"nested", pack(m.Value("nested")), []any{[]any{1, 2}, []any{"x"}}, false},
		{"flag value", pack(m.Value("yes")), true, false},
		{"float value", pack(m.Value("f64")), 0.1, false},
		{"type", pack(m.Type("text")), "string", false},
		{"array type", pack(m.Type("types")), "[]int32", false},
		{"nested type", pack(m.Type("nested")), "[]array", false},
		{"len", pack(m.Len("words")), 3, false},
		{"len of a scalar", pack(m.Len("u8")), 0, true},
	}
	for _, tt := range tests {
		if tt.have.ok == tt.wantFalse || !tt.wantFalse && !reflect.DeepEqual(tt.have.value, tt.want) {
			t.Errorf("%s: want %#v %v, have %#v %v", tt.name, tt.want, !tt.wantFalse, tt.have.value, tt.have.ok)
		}
	}
	if keys := m.Keys(); len(keys) != 22 || !slices.IsSorted(keys) {
		t.Errorf("keys: have %q", keys)
	}
	if keys := (Metadata{}).Keys(); len(keys) != 0 {
		t.Errorf("keys of no metadata: have %q", keys)
	}
}

func TestGGUFTensors(t *testing.T) {
	g := openSample(t)
	v := numbers(64)
	f32, err := g.Tensor("f32", 2, 3, 4) // the file says 4, 3, 2
	if err != nil {
		t.Fatal(err)
	}
	sameBits(t, f32.Floats(), v[:24])
	if f32.Rows() != 6 || f32.Cols() != 4 {
		t.Errorf("f32: have %d rows of %d", f32.Rows(), f32.Cols())
	}
	bf16, err := g.Tensor("bf16", 2, 8)
	if err != nil {
		t.Fatal(err)
	}
	sameBits(t, bf16.Floats(), v[:16])
	q8, err := g.Tensor("q8")
	if err != nil {
		t.Fatal(err)
	}
	for j, x := range q8.Floats() {
		if want := float32(j-16) / 2; x != want {
			t.Errorf("q8[%d]: want %v, have %v", j, want, x)
		}
	}
	want := []Entry{
		{"bf16", "BF16", []int{2, 8}, 32, "sample.gguf"},
		{"f32", "F32", []int{2, 3, 4}, 96, "sample.gguf"},
		{"ids", "I32", []int{2}, 8, "sample.gguf"},
		{"nv", "NVFP4", []int{64}, 36, "sample.gguf"},
		{"odd", "type 999", []int{5}, -1, "sample.gguf"},
		{"old", "Q4_0_4_4 (removed)", []int{32}, 18, "sample.gguf"},
		{"q8", "Q8_0", []int{32}, 34, "sample.gguf"},
	}
	if have := g.Entries(); !reflect.DeepEqual(have, want) {
		t.Errorf("entries:\nwant %v\nhave %v", want, have)
	}
	if g.Version() != 3 || g.Bytes() != int64(len(sampleGGUF())) || len(g.Files()) != 1 {
		t.Errorf("version %d, %d bytes, files %q", g.Version(), g.Bytes(), g.Files())
	}
}

func TestTensorErrors(t *testing.T) {
	g := openSample(t)
	tests := []struct {
		name  string
		shape []int
		is    error
		want  string
	}{
		{"absent", []int{2, 3}, ErrMissing, `tensor "absent": not in the checkpoint: want [2, 3]`},
		{"absent", nil, ErrMissing, `tensor "absent": not in the checkpoint`},
		{"f32", []int{4, 3, 2}, ErrShape, `tensor "f32": wrong shape: want [4, 3, 2], have [2, 3, 4]`},
		{"f32", []int{24}, ErrShape, `tensor "f32": wrong shape: want [24], have [2, 3, 4]`},
		{"f32", []int{3, -1, 4}, ErrShape, `tensor "f32": wrong shape: want [3, ?, 4], have [2, 3, 4]`},
		{"nv", []int{64}, ErrDType, `tensor "nv": unsupported type: want one of ` + dtypeNames() + `, have NVFP4`},
		{"old", nil, ErrDType, `tensor "old": unsupported type: want one of ` + dtypeNames() + `, have Q4_0_4_4 (removed)`},
		{"ids", nil, ErrDType, `tensor "ids": unsupported type: want one of ` + dtypeNames() + `, have I32`},
		{"odd", nil, ErrDType, `tensor "odd": unsupported type: want one of ` + dtypeNames() + `, have type 999`},
	}
	for _, tt := range tests {
		_, err := g.Tensor(tt.name, tt.shape...)
		wantError(t, err, "", tt.want)
		var e *Error
		if !errors.Is(err, tt.is) || !errors.As(err, &e) || e.Name != tt.name {
			t.Errorf("%s: have %#v", tt.name, err)
		}
	}
	if _, err := g.Tensor("f32", -1, 3, -1); err != nil {
		t.Error(err)
	}
}

func TestGGUFVersion2AndNoTensors(t *testing.T) {
	g, err := OpenGGUF(writeTemp(t, "a.gguf", ggufFile(2, [][]byte{le("k", kindUint8, uint8(1))}, nil, nil)[:38]))
	if err != nil {
		t.Fatal(err)
	}
	defer g.Close()
	if n, ok := g.Meta().Int("k"); n != 1 || !ok || g.Version() != 2 {
		t.Errorf("have %d %v, version %d", n, ok, g.Version())
	}
}

func TestGGUFAlignment(t *testing.T) {
	for _, align := range []uint32{1, 8, 64, 1 << 12} {
		b := le([]byte("GGUF"), uint32(3), 2, 1, "general.alignment", kindUint32, align)
		second := max(8, int(align))
		b = append(b, ggufInfo("b", 0, second, 2)...)
		b = append(b, ggufInfo("a", 0, 0, 2)...)
		for len(b)%int(align) != 0 {
			b = append(b, 0xee)
		}
		data := make([]byte, second+8)
		copy(data, bytesOf([]float32{1, 2}))
		copy(data[second:], bytesOf([]float32{3, 4}))
		g, err := OpenGGUF(writeTemp(t, "a.gguf", append(b, data...)))
		if err != nil {
			t.Fatalf("alignment %d: %v", align, err)
		}
		for name, want := range map[string][]float32{"a": {1, 2}, "b": {3, 4}} {
			x, err := g.Tensor(name, 2)
			if err != nil {
				t.Fatal(err)
			}
			sameBits(t, x.Floats(), want)
		}
		g.Close()
	}
}

func mustWrite(t testing.TB, path string, data []byte) {
	t.Helper()
	if err := os.WriteFile(path, data, 0o644); err != nil {
		t.Fatal(err)
	}
}
