package weights

import (
	"path/filepath"
	"runtime"
	"testing"
)

// FuzzSafetensors opens any bytes and reads what they hold.
func FuzzSafetensors(f *testing.F) {
	f.Add([]byte{})
	f.Add(byteTensors("a", "b"))
	f.Add(stFile(`{}`, nil))
	f.Add(stFile(`{"__metadata__":{"k":"v"},"w":{"dtype":"BF16","shape":[2,3],"data_offsets":[0,12]}}`, make([]byte, 12)))
	f.Add(stFile(`{"w":{"dtype":"F16","shape":[4294967296,0],"data_offsets":[0,0]},"n":{"dtype":"I64","shape":[1],"data_offsets":[0,8]}}`, make([]byte, 8)))
	f.Add(stFile(`{"w":{"dtype":"F4","shape":[3],"data_offsets":[0,1]}}`, make([]byte, 1)))
	path := filepath.Join(f.TempDir(), "a")
	f.Fuzz(func(t *testing.T, data []byte) {
		mustWrite(t, path, data)
		before := allocated()
		s, err := OpenSafetensors(path)
		if err == nil {
			readAll(t, s)
			for _, e := range s.Entries() {
				s.Ints(e.Name)
			}
			s.Meta()
			s.Close()
		}
		boundMemory(t, before, len(data))
	})
}

// FuzzGGUF opens any bytes, whole or as the first of two files, and reads what
// they hold.
func FuzzGGUF(f *testing.F) {
	f.Add([]byte{})
	f.Add(sampleGGUF())
	f.Add(sampleGGUF()[:300])
	f.Add(ggufFile(2, nil, [][]byte{ggufInfo("a", 12, 0, 256), ggufInfo("b", 14, 160, 256)}, make([]byte, 384)))
	f.Add(le([]byte("GGUF"), uint32(3), 0, 1, "k", kindArray, kindString, 1<<60, "a"))
	f.Add(le([]byte("GGUF"), uint32(3), 0, 1, "k", kindArray, kindArray, 1, kindArray, 1, kindUint8, 1, uint8(1)))
	for d := range formats {
		d := DType(d)
		f.Add(ggufFile(3, nil, [][]byte{ggufInfo("w", formats[d].ggml, 0, d.BlockLen(), 2)}, make([]byte, 2*d.BlockBytes())))
	}
	// What is fuzzed is the first of two files; the second is good.
	f.Add(splitGGUF(0, 2, 2, "a"))
	f.Add(splitGGUF(0, 2, 1))
	f.Add(splitGGUF(1, 2, 2, "a"))
	dir := f.TempDir()
	path, second := filepath.Join(dir, "m-00001-of-00002.gguf"), splitGGUF(1, 2, 2, "b")
	mustWrite(f, filepath.Join(dir, "m-00002-of-00002.gguf"), second)
	f.Fuzz(func(t *testing.T, data []byte) {
		mustWrite(t, path, data)
		before := allocated()
		g, err := OpenGGUF(path)
		if err == nil {
			readAll(t, g)
			readMeta(t, g.Meta())
			g.Close()
		}
		boundMemory(t, before, len(data)+len(second))
	})
}

func readAll(t *testing.T, s Source) {
	for name := range s.Names() {
		x, err := s.Tensor(name)
		if err != nil {
			continue
		}
		if x.Rows() > 0 && x.Cols() > 0 {
			x.Row(make([]float32, x.Cols()), 0)
			x.RawRow(x.Rows() - 1)
		}
		if n := len(x.Floats()); n != x.Rows()*x.Cols() {
			t.Fatalf("tensor %q %v: have %d values", name, x.Shape, n)
		}
	}
}

func readMeta(t *testing.T, m Metadata) {
	for _, key := range m.Keys() {
		if _, ok := m.Value(key); !ok {
			t.Fatalf("key %q has no value", key)
		}
		m.String(key)
		m.Int(key)
		m.Float(key)
		m.Bool(key)
		m.Strings(key)
		m.Ints(key)
		m.Floats(key)
		m.Bools(key)
		m.Type(key)
		m.Len(key)
	}
}

func allocated() uint64 {
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.TotalAlloc
}

// boundMemory fails if more was allocated than a constant factor of the file's
// size: a count in the file must never be believed.
func boundMemory(t *testing.T, before uint64, size int) {
	if used := allocated() - before; used > 4<<20+512*uint64(size) {
		t.Fatalf("a file of %d bytes: allocated %d bytes", size, used)
	}
}

// TestHostileMemory measures the allocations of files that name huge counts.
func TestHostileMemory(t *testing.T) {
	for _, file := range [][]byte{
		le([]byte("GGUF"), uint32(3), 0, 1, "k", kindArray, kindString, 1<<60, "a"),
		le([]byte("GGUF"), uint32(3), 1<<60, 0),
		le([]byte("GGUF"), uint32(3), 0, 1<<60, "k", kindUint8, uint8(1)),
	} {
		path := writeTemp(t, "a", file)
		before := allocated()
		if g, err := OpenGGUF(path); err == nil {
			g.Close()
			t.Error("no error")
		}
		if used := allocated() - before; used > 1<<20 {
			t.Errorf("a file of %d bytes: allocated %d bytes", len(file), used)
		}
	}
}
