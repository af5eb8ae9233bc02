package weights

import (
	"encoding/binary"
	"path/filepath"
	"strings"
	"testing"
)

// TestSafetensorsRefuses opens malformed files; each has one clear error.
func TestSafetensorsRefuses(t *testing.T) {
	one := func(fields string) []byte { return stFile(`{"a":{`+fields+`}}`, make([]byte, 8)) }
	huge := binary.LittleEndian.AppendUint64(nil, 1<<60)
	tests := []struct {
		name string
		file []byte
		want string
	}{
		{"empty", nil, `file size: want at least 8 bytes, have 0`},
		{"short prefix", make([]byte, 7), `file size: want at least 8 bytes, have 7`},
		{"header length 2^60", huge, `header length: want at most 100000000 bytes, have 1152921504606846976`},
		{"header past the end", stFile(`{}`, nil)[:9], `header: want 2 bytes, have 1: the file is truncated`},
		{"empty header", make([]byte, 8), `header: want '{' at its start`},
		{"space first", stFile(` {}`, nil), `header: want '{' at its start`},
		{"not JSON", stFile(`{"a":`, nil), `header: not valid JSON`},
		{"two values", stFile(`{}{}`, nil), `header: not valid JSON`},
		{"not UTF-8", stFile("{\"\xff\":1}", nil), `header: not valid UTF-8`},
		{"deep JSON", stFile(`{"a":`+strings.Repeat("[", 20000), nil), `header: not valid JSON`},
		{"tensor twice", stFile(`{"a":{"dtype":"U8","shape":[1],"data_offsets":[0,1]},"\u0061":{"dtype":"U8","shape":[1],"data_offsets":[1,2]}}`, make([]byte, 2)), `header: "a": given twice`},
		{"field twice", one(`"dtype":"F32","shape":[2],"shape":[2],"data_offsets":[0,8]`), `header: "a": "shape": given twice`},
		{"unknown field", one(`"dtype":"F32","shape":[2],"data_offsets":[0,8],"strides":[1]`), `header: "a": "strides": not a known key`},
		{"other letter case", one(`"DType":"F32","shape":[2],"data_offsets":[0,8]`), `header: "a": "DType": not a known key`},
		{"tensor not an object", stFile(`{"a":[1]}`, nil), `header: "a": want an object, have an array`},
		{"tensor null", stFile(`{"a":null}`, nil), `header: "a": want an object, have null`},
		{"no dtype", one(`"shape":[2],"data_offsets":[0,8]`), `header: "a": dtype: missing`},
		{"no shape", one(`"dtype":"F32","data_offsets":[0,8]`), `header: "a": shape: missing`},
		{"no offsets", one(`"dtype":"F32","shape":[2]`), `header: "a": data_offsets: missing`},
		{"dtype a number", one(`"dtype":3,"shape":[2],"data_offsets":[0,8]`), `header: "a": "dtype": want a string, have a number`},
		{"dtype unknown", one(`"dtype":"f32","shape":[2],"data_offsets":[0,8]`), `tensor "a": dtype: not a known type: "f32"`},
		{"negative dimension", one(`"dtype":"F32","shape":[-2],"data_offsets":[0,8]`), `header: "a": "shape": want integers from 0 to 2^63-1, have -2`},
		{"fraction", one(`"dtype":"F32","shape":[2.0],"data_offsets":[0,8]`), `header: "a": "shape": want integers from 0 to 2^63-1, have 2.0`},
		{"dimension 2^64", one(`"dtype":"F32","shape":[18446744073709551616],"data_offsets":[0,8]`), `header: "a": "shape": want integers from 0 to 2^63-1, have 18446744073709551616`},
		{"dimension a string", one(`"dtype":"F32","shape":["2"],"data_offsets":[0,8]`), `header: "a": "shape": want integers, have a string`},
		{"product overflows", one(`"dtype":"F32","shape":[4294967296,4294967296],"data_offsets":[0,8]`), `tensor "a": shape: want at most 72057594037927935 values, have [4294967296, 4294967296]`},
		{"bits overflow", one(`"dtype":"F32","shape":[576460752303423488],"data_offsets":[0,0]`), `tensor "a": shape: want at most 72057594037927935 values, have [576460752303423488]`},
		{"product overflows beside 0", one(`"dtype":"F32","shape":[4294967296,4294967296,0],"data_offsets":[0,0]`), `tensor "a": shape: want at most 72057594037927935 values, have [4294967296, 4294967296, 0]`},
		{"too many dimensions", one(`"dtype":"F32","shape":[` + strings.Repeat("1,", 64) + `1],"data_offsets":[0,8]`), `header: "a": "shape": want at most 64 numbers, have more`},
		{"half a byte", one(`"dtype":"F4","shape":[3],"data_offsets":[0,8]`), `tensor "a": shape: want whole bytes, have 3 values of 4 bits`},
		{"one offset", one(`"dtype":"F32","shape":[2],"data_offsets":[0]`), `header: "a": data_offsets: want 2 numbers, have 1`},
		{"three offsets", one(`"dtype":"F32","shape":[2],"data_offsets":[0,8,8]`), `header: "a": "data_offsets": want at most 2 numbers, have more`},
		{"offsets swapped", one(`"dtype":"F32","shape":[2],"data_offsets":[8,0]`), `tensor "a": data_offsets: want from ≤ to, have [8, 0]`},
		{"size is not the shape's", one(`"dtype":"F32","shape":[3],"data_offsets":[0,8]`), `tensor "a": data_offsets: want 12 bytes for F32 [3], have 8`},
		{"data truncated", stFile(`{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}}`, make([]byte, 7)), `tensor "a": data_offsets: want at most 7, have 8: the file is truncated`},
		{"bytes left over", stFile(`{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}}`, make([]byte, 9)), `data: want 8 bytes, have 9: some belong to no tensor`},
		{"no tensors but data", stFile(`{}`, make([]byte, 1)), `data: want 0 bytes, have 1: some belong to no tensor`},
		{"gap first", one(`"dtype":"U8","shape":[4],"data_offsets":[4,8]`), `tensor "a": data_offsets: want 0, have 4: a gap in the data`},
		{"overlap", stFile(`{"a":{"dtype":"U8","shape":[4],"data_offsets":[0,4]},"b":{"dtype":"U8","shape":[4],"data_offsets":[3,7]}}`, make([]byte, 7)), `tensor "b": data_offsets: want 4 at the least, have 3: overlaps another tensor`},
		{"metadata not strings", stFile(`{"__metadata__":{"a":1}}`, nil), `header: "__metadata__": "a": want a string, have a number`},
		{"metadata twice", stFile(`{"__metadata__":{},"__metadata__":{}}`, nil), `header: "__metadata__": given twice`},
		{"metadata key twice", stFile(`{"__metadata__":{"a":"","a":""}}`, nil), `header: "__metadata__": "a": given twice`},
		{"long name", stFile(`{"`+strings.Repeat("x", 200)+`":1}`, nil), `header: "` + strings.Repeat("x", 128) + `"… (200 bytes): want an object, have a number`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			path := writeTemp(t, "a.safetensors", tt.file)
			s, err := OpenSafetensors(path)
			if err == nil {
				s.Close()
			}
			wantError(t, err, filepath.Dir(path), "a.safetensors: "+tt.want)
		})
	}
}
