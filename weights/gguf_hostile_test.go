package weights

import (
	"bytes"
	"path/filepath"
	"strings"
	"testing"
)

// TestGGUFRefuses opens malformed files; each has one clear error.
func TestGGUFRefuses(t *testing.T) {
	header := func(version uint32, tensors, pairs int) []byte {
		return le([]byte("GGUF"), version, tensors, pairs)
	}
	pair := func(parts ...any) []byte { return ggufFile(3, [][]byte{le(parts...)}, nil, nil) }
	tensors := func(data int, infos ...[]byte) []byte { return ggufFile(3, nil, infos, make([]byte, data)) }
	nested := le("k", kindArray)
	for range 6 {
		nested = append(nested, le(kindArray, 1)...)
	}
	unaligned := ggufFile(3, [][]byte{le("general.alignment", kindUint32, uint32(1))}, [][]byte{ggufInfo("a", 0, 0, 8), ggufInfo("b", 0, 31, 8)}, make([]byte, 96))
	tests := []struct {
		name string
		file []byte
		want string
	}{
		{"empty", nil, `file size: want at least 24 bytes, have 0`},
		{"magic", bytes.Repeat([]byte("x"), 24), `magic: want "GGUF", have "xxxx"`},
		{"magic turned round", append([]byte("FUGG"), header(3<<24, 0, 0)[4:]...), `byte order: want little-endian, have big-endian: magic "FUGG"`},
		{"version 0", header(0, 0, 0), `version: want 2 or 3, have 0`},
		{"version 1", header(1, 0, 0), `version: want 2 or 3, have 1, whose lengths have 32 bits: convert the model anew`},
		{"version 4", header(4, 0, 0), `version: want 2 or 3, have 4`},
		{"big-endian", header(3<<24, 0, 0), `byte order: want little-endian, have big-endian: version 3`},
		{"big-endian version 1", header(1<<24, 0, 0), `byte order: want little-endian, have big-endian: version 1`},
		{"2^60 pairs", header(3, 0, 1<<60), `metadata: at byte 24: want 1152921504606846976 items of at least 14 bytes, have 0 bytes: the file is truncated`},
		{"2^60 tensors", header(3, 1<<60, 0), `tensors: at byte 24: want 1152921504606846976 items of at least 25 bytes, have 0 bytes: the file is truncated`},
		{"key past the end", append(header(3, 0, 1), le(1<<40, uint64(0), uint64(0))...), `metadata: at byte 32: want 1099511627776 bytes, have 16: the file is truncated`},
		{"key length -1", append(header(3, 0, 1), le(-1, uint64(0))...), `metadata: at byte 32: want 18446744073709551615 bytes, have 8: the file is truncated`},
		{"empty key", pair("", kindUint8, uint8(1), make([]byte, 8)), `metadata: name at byte 24: want 1 to 65535 bytes, have 0`},
		{"long key", pair(strings.Repeat("k", 1<<16), kindUint8, uint8(1)), `metadata: name at byte 24: want 1 to 65535 bytes, have 65536`},
		{"key not UTF-8", pair("\xff", kindUint8, uint8(1)), `metadata: name at byte 24: not valid UTF-8: "\xff"`},
		{"key twice", ggufFile(3, [][]byte{le("k", kindUint8, uint8(1)), le("k", kindUint8, uint8(2))}, nil, nil), `metadata: key "k": given twice`},
		{"type 13", pair("k", uint32(13), uint64(0)), `metadata: key "k": type: want 0 to 12, have 13`},
		{"bool 2", pair("k", kindBool, uint8(2)), `metadata: key "k": bool: want 0 or 1, have 2`},
		{"value missing", append(header(3, 0, 1), le("k", kindUint64, uint32(0))...), `metadata: key "k": at byte 37: want 8 bytes, have 4: the file is truncated`},
		{"string past the end", append(header(3, 0, 1), le("k", kindString, 1<<62)...), `metadata: key "k": at byte 45: want 4611686018427387904 bytes, have 0: the file is truncated`},
		{"array of 2^60 bytes", append(header(3, 0, 1), le("k", kindArray, kindUint8, 1<<60)...), `metadata: key "k": at byte 49: want 1152921504606846976 items of at least 1 bytes, have 0 bytes: the file is truncated`},
		{"array of 2^60 strings", append(header(3, 0, 1), le("k", kindArray, kindString, 1<<60, "a", "b")...), `metadata: key "k": at byte 49: want 1152921504606846976 items of at least 8 bytes, have 18 bytes: the file is truncated`},
		{"array of 2^61 doubles", append(header(3, 0, 1), le("k", kindArray, kindFloat64, 1<<61, 0)...), `metadata: key "k": at byte 49: want 2305843009213693952 items of at least 8 bytes, have 8 bytes: the file is truncated`},
		{"array of type 99", pair("k", kindArray, uint32(99), 0), `metadata: key "k": array: type: want 0 to 12, have 99`},
		{"array of bool 7", pair("k", kindArray, kindBool, 2, uint8(1), uint8(7)), `metadata: key "k": bool: want 0 or 1, have 7`},
		{"array's string past the end", append(header(3, 0, 1), le("k", kindArray, kindString, 1, 9, uint32(0))...), `metadata: key "k": at byte 57: want 9 bytes, have 4: the file is truncated`},
		{"nested too deep", append(header(3, 0, 1), nested...), `metadata: key "k": array: want at most 4 levels, have more`},
		{"alignment 0", pair("general.alignment", kindUint32, uint32(0)), `general.alignment: want a power of two, have 0`},
		{"alignment 48", pair("general.alignment", kindUint32, uint32(48)), `general.alignment: want a power of two, have 48`},
		{"alignment a string", pair("general.alignment", kindString, "32"), `general.alignment: want uint32, have string`},
		{"five dimensions", tensors(32, ggufInfo("a", 0, 0, 1, 1, 1, 1, 1)), `tensor "a": dimensions: want at most 4, have 5`},
		{"2^32-1 dimensions", tensors(32, le("a", ^uint32(0), 0, 0)), `tensor "a": dimensions: want at most 4, have 4294967295`},
		{"dimension 2^63", tensors(32, ggufInfo("a", 0, 0, -1<<63)), `tensor "a": dimension 0: want at most 72057594037927935, have 9223372036854775808`},
		{"product overflows", tensors(32, ggufInfo("a", 0, 0, 1<<40, 1<<40)), `tensor "a": shape: want at most 72057594037927935 values, have [1099511627776, 1099511627776]`},
		{"tensor twice", tensors(64, ggufInfo("a", 0, 0, 8), ggufInfo("a", 0, 32, 8)), `tensor "a": given twice`},
		{"infos cut off", append(header(3, 1, 0), le("a", uint32(1), 8, uint32(0))...), `tensor "a": at byte 49: want 8 bytes, have 0: the file is truncated`},
		{"row is no whole block", tensors(32, ggufInfo("a", 2, 0, 16, 2)), `tensor "a": shape: want rows of a multiple of 32 values for Q4_0, have [2, 16]`},
		{"row is no whole block of 256", tensors(110, ggufInfo("a", 11, 0, 128)), `tensor "a": shape: want rows of a multiple of 256 values for Q3_K, have [128]`},
		{"row is no whole block of a removed type", tensors(32, ggufInfo("a", 31, 0, 16)), `tensor "a": shape: want rows of a multiple of 32 values for Q4_0_4_4 (removed), have [16]`},
		{"block truncated", tensors(97, ggufInfo("a", 18, 0, 256)), `tensor "a": data: want 98 bytes at 0, have 97 in all: the file is truncated`},
		{"block of 17 bytes truncated", tensors(33, ggufInfo("a", 39, 0, 64)), `tensor "a": data: want 34 bytes at 0, have 33 in all: the file is truncated`},
		{"offset unaligned", tensors(64, ggufInfo("a", 0, 4, 8)), `tensor "a": offset: want a multiple of 32, have 4`},
		{"offset past the end", tensors(32, ggufInfo("a", 0, 1<<62, 8)), `tensor "a": data: want 32 bytes at 4611686018427387904, have 32 in all: the file is truncated`},
		{"data truncated", tensors(31, ggufInfo("a", 0, 0, 8)), `tensor "a": data: want 32 bytes at 0, have 31 in all: the file is truncated`},
		{"no data", le([]byte("GGUF"), uint32(3), 1, 0, ggufInfo("a", 0, 0, 8)), `tensor "a": data: want 32 bytes at 0, have 0 in all: the file is truncated`},
		{"overlap", tensors(96, ggufInfo("a", 0, 0, 16), ggufInfo("b", 0, 32, 8)), `tensor "b": offset: want at least 64, have 32: overlaps another tensor`},
		{"overlap by a byte", unaligned, `tensor "b": offset: want at least 32, have 31: overlaps another tensor`},
		{"same place", tensors(96, ggufInfo("a", 0, 0, 8), ggufInfo("b", 0, 0, 8)), `tensor "b": offset: want at least 32, have 0: overlaps another tensor`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			path := writeTemp(t, "a.gguf", tt.file)
			g, err := OpenGGUF(path)
			if err == nil {
				g.Close()
			}
			wantError(t, err, filepath.Dir(path), "a.gguf: "+tt.want)
		})
	}
}

// TestGGUFTruncations cuts a good file at every byte: all are refused.
func TestGGUFTruncations(t *testing.T) {
	file := sampleGGUF()
	dir := t.TempDir()
	for n := range len(file) {
		path := filepath.Join(dir, "a.gguf")
		mustWrite(t, path, file[:n])
		if g, err := OpenGGUF(path); err == nil {
			g.Close()
			t.Fatalf("cut at byte %d of %d: no error", n, len(file))
		}
	}
}
