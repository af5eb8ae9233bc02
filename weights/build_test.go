package weights

import (
	"encoding/binary"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// le writes numbers and strings as a GGUF file holds them.
func le(parts ...any) []byte {
	var b []byte
	for _, p := range parts {
		switch v := p.(type) {
		case []byte:
			b = append(b, v...)
		case string:
			b = append(binary.LittleEndian.AppendUint64(b, uint64(len(v))), v...)
		case valueKind:
			b = binary.LittleEndian.AppendUint32(b, uint32(v))
		case int: // counts, dimensions and offsets
			b = binary.LittleEndian.AppendUint64(b, uint64(v))
		default:
			var err error
			if b, err = binary.Append(b, binary.LittleEndian, v); err != nil {
				panic(err)
			}
		}
	}
	return b
}

// ggufFile builds a GGUF file from encoded pairs and tensor descriptions; the
// data follow at the next multiple of 32.
func ggufFile(version uint32, pairs, infos [][]byte, data []byte) []byte {
	b := le([]byte("GGUF"), version, len(infos), len(pairs))
	for _, p := range append(pairs, infos...) {
		b = append(b, p...)
	}
	b = append(b, make([]byte, -len(b)&31)...)
	return append(b, data...)
}

// ggufInfo describes a tensor; dims are innermost first, as in the file.
func ggufInfo(name string, kind uint32, offset int, dims ...int) []byte {
	b := le(name, uint32(len(dims)))
	for _, d := range dims {
		b = append(b, le(d)...)
	}
	return append(b, le(kind, offset)...)
}

// stFile builds a safetensors file.
func stFile(header string, data []byte) []byte {
	b := binary.LittleEndian.AppendUint64(nil, uint64(len(header)))
	return append(append(b, header...), data...)
}

// writeTemp writes a file in a new folder and returns its path.
func writeTemp(t testing.TB, name string, data []byte) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, data, 0o644); err != nil {
		t.Fatal(err)
	}
	return path
}

// wantError compares an error's text, from which the folder is cut.
func wantError(t testing.TB, err error, dir, want string) {
	t.Helper()
	if err == nil {
		t.Fatalf("want error %q, have none", want)
	}
	have := err.Error()
	if dir != "" {
		have = strings.ReplaceAll(have, dir+string(filepath.Separator), "")
	}
	if have != want {
		t.Errorf("error:\nwant %s\nhave %s", want, have)
	}
}

// numbers returns n distinct values that are exact in all plain formats.
func numbers(n int) []float32 {
	v := make([]float32, n)
	for i := range v {
		v[i] = float32(i%256) - 100
	}
	return v
}

func bf16Bytes(v []float32) []byte {
	var b []byte
	for _, x := range v {
		b = binary.LittleEndian.AppendUint16(b, uint16(math.Float32bits(x)>>16))
	}
	return b
}
