package weights

import (
	"errors"
	"iter"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
)

func TestWriteSafetensorsRoundTrip(t *testing.T) {
	rng := rand.New(rand.NewPCG(5, 6))
	path := filepath.Join(t.TempDir(), "out.safetensors")
	for round := range 20 {
		var out []Output
		floats, ints := map[string][]float32{}, map[string][]int32{}
		for i := range rng.IntN(6) {
			shape := []int{rng.IntN(5), 1 + rng.IntN(300)}
			n := shape[0] * shape[1]
			name := "tensor \"é\u2028<" + strconv.Itoa(i)
			if i%2 == 0 {
				v := make([]float32, n)
				for j := range v {
					v[j] = math.Float32frombits(rng.Uint32())
				}
				floats[name] = v
				out = append(out, FloatOutput(name, v, shape...))
			} else {
				v := make([]int32, n)
				for j := range v {
					v[j] = int32(rng.Uint32())
				}
				ints[name] = v
				out = append(out, IntOutput(name, v, shape...))
			}
		}
		meta := map[string]string{"round": strconv.Itoa(round), "a\n": "<&>"}
		if err := WriteSafetensors(path, out, meta); err != nil {
			t.Fatal(err)
		}
		first := readFile(t, path)
		rng.Shuffle(len(out), func(i, j int) { out[i], out[j] = out[j], out[i] })
		if err := WriteSafetensors(path, out, meta); err != nil {
			t.Fatal(err)
		}
		if !slices.Equal(first, readFile(t, path)) {
			t.Fatal("the order of tensors changed the bytes")
		}
		checkWritten(t, path, floats, ints, meta)
	}
}

func checkWritten(t *testing.T, path string, floats map[string][]float32, ints map[string][]int32, meta map[string]string) {
	t.Helper()
	s, err := OpenSafetensors(path)
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	for name, want := range floats {
		x, err := s.Tensor(name)
		if err != nil {
			t.Fatal(err)
		}
		sameBits(t, x.Floats(), want)
	}
	for name, want := range ints {
		if have, err := s.Ints(name); err != nil || !slices.Equal(have, want) {
			t.Fatalf("%s: want %v, have %v %v", name, want, have, err)
		}
	}
	if n := len(s.Entries()); n != len(floats)+len(ints) {
		t.Errorf("want %d tensors, have %d", len(floats)+len(ints), n)
	}
	for key, want := range meta {
		if s.Meta()[key] != want {
			t.Errorf("metadata %q: want %q, have %q", key, want, s.Meta()[key])
		}
	}
}

// pieces yields values in steps, then err if there is one.
func pieces(values []float32, step int, err error) iter.Seq2[[]float32, error] {
	return func(yield func([]float32, error) bool) {
		for piece := range slices.Chunk(values, step) {
			if !yield(piece, nil) {
				return
			}
		}
		if err != nil {
			yield(nil, err)
		}
	}
}

func TestWriteSafetensorsStreams(t *testing.T) {
	dir := t.TempDir()
	v := numbers(700_001)
	a, b := filepath.Join(dir, "a"), filepath.Join(dir, "b")
	if err := WriteSafetensors(a, []Output{FloatOutput("x", v, len(v))}, nil); err != nil {
		t.Fatal(err)
	}
	if err := WriteSafetensors(b, []Output{{Name: "x", Shape: []int{len(v)}, Floats: pieces(v, 333, nil)}}, nil); err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(readFile(t, a), readFile(t, b)) {
		t.Error("the pieces changed the bytes")
	}
}

func TestWriteSafetensorsBytes(t *testing.T) {
	path := filepath.Join(t.TempDir(), "a")
	err := WriteSafetensors(path, []Output{IntOutput("a", []int32{1, -1}, 2), FloatOutput("b", []float32{1})}, map[string]string{"k": "v"})
	if err != nil {
		t.Fatal(err)
	}
	header := `{"__metadata__":{"k":"v"},"b":{"dtype":"F32","shape":[],"data_offsets":[0,4]},"a":{"dtype":"I32","shape":[2],"data_offsets":[4,12]}}`
	want := stFile(header+strings.Repeat(" ", -len(header)&7), le(float32(1), int32(1), int32(-1)))
	if have := readFile(t, path); !slices.Equal(have, want) {
		t.Errorf("want %q\nhave %q", want, have)
	}
}

func TestWriteSafetensorsRefuses(t *testing.T) {
	v := numbers(4)
	broken := errors.New("source broke")
	tests := []struct {
		name string
		out  []Output
		meta map[string]string
		want string
	}{
		{"twice", []Output{FloatOutput("a", v, 4), IntOutput("a", nil, 0)}, nil, `tensor "a": given twice`},
		{"reserved", []Output{FloatOutput("__metadata__", v, 4)}, nil, `tensor "__metadata__": name: reserved by the format`},
		{"name not UTF-8", []Output{FloatOutput("\xff", v, 4)}, nil, `tensor "\xff": name: not valid UTF-8`},
		{"metadata not UTF-8", nil, map[string]string{"k": "\xff"}, `metadata: key "k": not valid UTF-8`},
		{"no values", []Output{{Name: "a", Shape: []int{4}}}, nil, `tensor "a": want one of Floats, Ints and Raw`},
		{"too few", []Output{FloatOutput("a", v, 5)}, nil, `tensor "a": values: want 5, have 4`},
		{"too many", []Output{FloatOutput("a", v, 3)}, nil, `tensor "a": values: want 3, have more`},
		{"negative", []Output{FloatOutput("a", v, -4)}, nil, `tensor "a": shape: want no negative dimension, have -4`},
		{"overflow", []Output{FloatOutput("a", v, 1<<40, 1<<40)}, nil, `tensor "a": shape: want at most 72057594037927935 values, have [1099511627776, 1099511627776]`},
		{"source breaks", []Output{{Name: "a", Shape: []int{5}, Floats: pieces(v, 2, broken)}}, nil, `tensor "a": source broke`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			path := writeTemp(t, "out", []byte("before"))
			err := WriteSafetensors(path, tt.out, tt.meta)
			wantError(t, err, filepath.Dir(path), "out: "+tt.want)
			if have := string(readFile(t, path)); have != "before" {
				t.Errorf("the file changed: %q", have)
			}
			left, err := os.ReadDir(filepath.Dir(path))
			if err != nil || len(left) != 1 {
				t.Errorf("files left behind: %v %v", left, err)
			}
		})
	}
}
