package ptx

import (
	"encoding/binary"
	"math"
	"os"
	"testing"
	"unsafe"
)

// small is the module of testdata/small.cu.
func small(t testing.TB) *Module {
	t.Helper()
	text, err := os.ReadFile("testdata/small.ptx")
	if err != nil {
		t.Fatal(err)
	}
	m, err := Parse(string(text))
	if err != nil {
		t.Fatal(err)
	}
	return m
}

// call runs a kernel. A slice among the arguments is copied to memory of its own
// before and back after; a number is passed.
func call(t testing.TB, m *Module, name string, l Launch, args ...any) (*Stats, error) {
	t.Helper()
	k := m.Kernel(name)
	if k == nil {
		t.Fatalf("want a kernel %s, have %v", name, m.Kernels())
	}
	mem := NewMemory(m)
	l.Arguments = make([]byte, k.ParamBytes)
	if len(args) != len(k.Params) {
		t.Fatalf("%s: want %d arguments, have %d", name, len(k.Params), len(args))
	}
	var back []func()
	for i, arg := range args {
		to := l.Arguments[k.Params[i].Offset:]
		if b := sliceBytes(arg); b != nil {
			at := mem.Alloc(int64(len(b)))
			there, err := mem.Bytes(at, int64(len(b)))
			if err != nil {
				t.Fatal(err)
			}
			copy(there, b)
			back = append(back, func() { copy(b, there) })
			binary.LittleEndian.PutUint64(to, uint64(at))
			continue
		}
		switch v := arg.(type) {
		case int:
			binary.LittleEndian.PutUint32(to, uint32(v))
		case uint64:
			binary.LittleEndian.PutUint64(to, v)
		case float32:
			binary.LittleEndian.PutUint32(to, math.Float32bits(v))
		default:
			t.Fatalf("an argument of type %T", arg)
		}
	}
	for _, d := range []*Dim{&l.Grid, &l.Block} {
		d.X, d.Y, d.Z = max(d.X, 1), max(d.Y, 1), max(d.Z, 1)
	}
	stats, err := k.Run(mem, l)
	for _, f := range back {
		f()
	}
	return stats, err
}

func sliceBytes(v any) []byte {
	switch s := v.(type) {
	case []float32:
		return asBytes(s)
	case []float64:
		return asBytes(s)
	case []int32:
		return asBytes(s)
	case []uint32:
		return asBytes(s)
	case []int64:
		return asBytes(s)
	case []uint64:
		return asBytes(s)
	case []int16:
		return asBytes(s)
	case []uint8:
		return s
	}
	return nil
}

func asBytes[T any](s []T) []byte {
	var one T
	return unsafe.Slice((*byte)(unsafe.Pointer(unsafe.SliceData(s))), len(s)*int(unsafe.Sizeof(one)))
}

// must runs a kernel that is to succeed.
func must(t testing.TB, m *Module, name string, l Launch, args ...any) *Stats {
	t.Helper()
	l.Races = true
	s, err := call(t, m, name, l, args...)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// ramp returns n floats that are no round numbers.
func ramp(n int) []float32 {
	out := make([]float32, n)
	for i := range out {
		out[i] = float32(i%37)*0.37 - float32(i%11)*1.13 + 0.01
	}
	return out
}
