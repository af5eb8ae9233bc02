package weights

import (
	"encoding/binary"
	"errors"
	"math"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strconv"
	"testing"
)

func TestSafetensorsReads(t *testing.T) {
	v := numbers(6)
	data := slices.Concat(bytesOf(v), bf16Bytes(v), []byte{0x00, 0x3c, 0x00, 0xc0}, le(int64(7), int64(-1)), []byte{1, 2}, bytesOf(v[5:]))
	header := `{"__metadata__":{"format":"pt"},` +
		`"bf":{"dtype":"BF16","shape":[6],"data_offsets":[24,36]},` +
		`"w":{"dtype":"F32","shape":[2,3],"data_offsets":[0,24]},` +
		`"h":{"data_offsets":[36,40],"shape":[1,2],"dtype":"F16"},` +
		`"n":{"dtype":"I64","shape":[2],"data_offsets":[40,56]},` +
		`"x":{"dtype":"F8_E4M3","shape":[2],"data_offsets":[56,58]},` +
		`"zero":{"dtype":"F32","shape":[3,0],"data_offsets":[58,58]},` +
		`"scalar":{"dtype":"F32","shape":[],"data_offsets":[58,62]}}   `
	s, err := OpenSafetensors(writeTemp(t, "a.safetensors", stFile(header, data)))
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	for _, tt := range []struct {
		name  string
		shape []int
		want  []float32
	}{
		{"w", []int{2, 3}, v}, {"bf", []int{6}, v}, {"h", []int{1, 2}, []float32{1, -2}},
		{"zero", []int{3, 0}, []float32{}}, {"scalar", nil, v[5:]},
	} {
		x, err := s.Tensor(tt.name, tt.shape...)
		if err != nil {
			t.Fatal(err)
		}
		sameBits(t, x.Floats(), tt.want)
	}
	if names := slices.Collect(s.Names()); !reflect.DeepEqual(names, []string{"bf", "h", "n", "scalar", "w", "x", "zero"}) {
		t.Errorf("names: have %q", names)
	}
	if !s.Has("n") || s.Has("absent") {
		t.Error("Has is wrong")
	}
	if _, err := s.Tensor("n", 2); !errors.Is(err, ErrDType) {
		t.Errorf("an integer tensor: have %v", err)
	}
	if _, err := s.Tensor("x", 2); !errors.Is(err, ErrDType) {
		t.Errorf("a float8 tensor: have %v", err)
	}
	if n, err := s.Ints("n", 2); err != nil || !slices.Equal(n, []int32{7, -1}) {
		t.Errorf("Ints: have %v %v", n, err)
	}
	_, err = s.Ints("w")
	wantError(t, err, "", `tensor "w": unsupported type: want I32 or I64, have F32`)
	if _, err = s.Ints("n", 3); !errors.Is(err, ErrShape) {
		t.Errorf("Ints of a wrong shape: have %v", err)
	}
	if m := s.Meta(); len(m) != 1 || m["format"] != "pt" {
		t.Errorf("metadata: have %v", m)
	}
}

func TestIntsRefusesLargeValues(t *testing.T) {
	file := stFile(`{"n":{"dtype":"I64","shape":[2],"data_offsets":[0,16]}}`, le(int64(0), int64(math.MaxInt32+1)))
	s, err := OpenSafetensors(writeTemp(t, "a.safetensors", file))
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	_, err = s.Ints("n")
	wantError(t, err, "", `tensor "n": value 1: want an int32, have 2147483648`)
}

// shards writes the files of a folder.
func shards(t *testing.T, files map[string][]byte) string {
	t.Helper()
	dir := t.TempDir()
	for name, data := range files {
		mustWrite(t, filepath.Join(dir, name), data)
	}
	return dir
}

// byteTensors is a safetensors file of one-value F32 tensors.
func byteTensors(names ...string) []byte {
	header := "{"
	for i, name := range names {
		if i > 0 {
			header += ","
		}
		header += `"` + name + `":{"dtype":"F32","shape":[1],"data_offsets":[` + strconv.Itoa(4*i) + `,` + strconv.Itoa(4*i+4) + `]}`
	}
	return stFile(header+"}", bytesOf(numbers(len(names))))
}

func TestShards(t *testing.T) {
	index := `{"metadata":{"total_size":12,"x":[{"y":null}]},"weight_map":{"a":"1.safetensors","b":"2.safetensors","c":"1.safetensors"}}`
	dir := shards(t, map[string][]byte{
		"1.safetensors": byteTensors("a", "c"), "2.safetensors": byteTensors("b", "unlisted"), indexFile: []byte(index),
	})
	s, err := OpenSafetensors(dir)
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	if names := slices.Collect(s.Names()); !reflect.DeepEqual(names, []string{"a", "b", "c", "unlisted"}) {
		t.Errorf("names: have %q", names)
	}
	x, err := s.Tensor("c", 1)
	if err != nil {
		t.Fatal(err)
	}
	sameBits(t, x.Floats(), numbers(2)[1:])
	if e := s.Entries()[1]; e.File != "2.safetensors" {
		t.Errorf("file of b: have %s", e.File)
	}
	if len(s.Files()) != 2 || s.Bytes() != int64(2*len(byteTensors("a", "c"))+len("unlisted")-1) {
		t.Errorf("have %d bytes in %q", s.Bytes(), s.Files())
	}
}

func TestShardsRefused(t *testing.T) {
	a, b := byteTensors("a"), byteTensors("b")
	weightMap := func(pairs string) []byte { return []byte(`{"weight_map":{` + pairs + `}}`) }
	tests := []struct {
		name  string
		files map[string][]byte
		want  string
	}{
		{"empty folder", nil, `DIR: want model.safetensors or model.safetensors.index.json, have neither`},
		{"shard missing", map[string][]byte{indexFile: weightMap(`"a":"1"`)}, `stat 1: no such file or directory`},
		{"tensor nowhere", map[string][]byte{indexFile: weightMap(`"a":"1","z":"1"`), "1": a}, indexFile + `: tensor "z": want it in "1", have it nowhere`},
		{"tensor elsewhere", map[string][]byte{indexFile: weightMap(`"a":"2","b":"1"`), "1": a, "2": b}, indexFile + `: tensor "a": want it in "2", have it in "1"`},
		{"tensor in two shards", map[string][]byte{indexFile: weightMap(`"a":"1","b":"2"`), "1": a, "2": byteTensors("b", "a")}, `2: tensor "a": is also in 1`},
		{"tensor twice in the index", map[string][]byte{indexFile: weightMap(`"a":"1","a":"2"`)}, indexFile + `: "weight_map": "a": given twice`},
		{"out of the folder", map[string][]byte{indexFile: weightMap(`"a":"../1"`)}, indexFile + `: "weight_map": "a": want a file name in the same folder, have "../1"`},
		{"absolute path", map[string][]byte{indexFile: weightMap(`"a":"/etc/passwd"`)}, indexFile + `: "weight_map": "a": want a file name in the same folder, have "/etc/passwd"`},
		{"no name", map[string][]byte{indexFile: weightMap(`"a":""`)}, indexFile + `: "weight_map": "a": want a file name in the same folder, have ""`},
		{"shard a number", map[string][]byte{indexFile: weightMap(`"a":1`)}, indexFile + `: "weight_map": "a": want a string, have a number`},
		{"empty map", map[string][]byte{indexFile: weightMap(``)}, indexFile + `: weight_map: want at least one tensor, have none`},
		{"no map", map[string][]byte{indexFile: []byte(`{"metadata":{}}`)}, indexFile + `: weight_map: want at least one tensor, have none`},
		{"not an object", map[string][]byte{indexFile: []byte(`[]`)}, indexFile + `: want an object, have an array`},
		{"not JSON", map[string][]byte{indexFile: []byte(`{`)}, indexFile + `: not valid JSON`},
		{"broken shard", map[string][]byte{indexFile: weightMap(`"a":"1","b":"2"`), "1": a, "2": b[:len(b)-1]}, `2: tensor "b": data_offsets: want at most 3, have 4: the file is truncated`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			dir := shards(t, tt.files)
			s, err := OpenSafetensors(dir)
			if err == nil {
				s.Close()
			}
			if tt.name == "shard missing" { // the system's own words
				if !errors.Is(err, os.ErrNotExist) {
					t.Errorf("have %v", err)
				}
				return
			}
			if tt.name == "empty folder" {
				tt.want = dir + tt.want[len("DIR"):]
				dir = ""
			}
			wantError(t, err, dir, tt.want)
		})
	}
}

func TestOpenRefusesOtherFiles(t *testing.T) {
	dir := t.TempDir()
	if _, err := OpenGGUF(dir); err == nil {
		t.Error("a folder as GGUF: no error")
	}
	if _, err := OpenGGUF(filepath.Join(dir, "absent")); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("absent: have %v", err)
	}
	if _, err := OpenSafetensors(filepath.Join(dir, "absent")); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("absent: have %v", err)
	}
	mustWrite(t, filepath.Join(dir, singleFile), binary.LittleEndian.AppendUint64(nil, 5))
	_, err := OpenSafetensors(dir)
	wantError(t, err, dir, `model.safetensors: header: want 5 bytes, have 0: the file is truncated`)
}
