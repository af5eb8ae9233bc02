package weights

import (
	"bytes"
	"crypto/sha256"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"testing"
)

// splitPairs is the metadata of file no of a split.
func splitPairs(no, count, tensors int) [][]byte {
	return [][]byte{
		le("split.no", kindUint16, uint16(no)), le("split.count", kindUint16, uint16(count)),
		le("split.tensors.count", kindInt32, int32(tensors)),
	}
}

// splitGGUF is file no, from 0, of a split of tensors tensors in all: it holds
// F32 tensors [8] of the given names, all values no+1.
func splitGGUF(no, count, tensors int, names ...string) []byte {
	pairs := splitPairs(no, count, tensors)
	if no == 0 {
		pairs = append(pairs, le("general.name", kindString, "split"))
	}
	var infos [][]byte
	var data []byte
	for _, name := range names {
		infos = append(infos, ggufInfo(name, 0, len(data), 8))
		data = append(data, bytesOf(slices.Repeat([]float32{float32(no + 1)}, 8))...)
	}
	return ggufFile(3, pairs, infos, data)
}

// splitFiles writes files as those of a split of so many and returns the path of
// the first. A nil file is left out.
func splitFiles(t *testing.T, files ...[]byte) string {
	t.Helper()
	dir := t.TempDir()
	for i, file := range files {
		if file != nil {
			mustWrite(t, filepath.Join(dir, fmt.Sprintf("m-%05d-of-%05d.gguf", i+1, len(files))), file)
		}
	}
	return filepath.Join(dir, fmt.Sprintf("m-00001-of-%05d.gguf", len(files)))
}

func TestGGUFSplit(t *testing.T) {
	for name, files := range map[string][][]byte{
		"tensors in all files":      {splitGGUF(0, 3, 4, "a"), splitGGUF(1, 3, 4, "d", "b"), splitGGUF(2, 3, 4, "c")},
		"no tensors in the first":   {splitGGUF(0, 3, 4), splitGGUF(1, 3, 4, "a", "d", "b"), splitGGUF(2, 3, 4, "c")},
		"alignment, bytes behind":   {append(splitGGUF(0, 3, 4, "a", "b"), "end"...), splitGGUF(1, 3, 4, "d"), splitGGUF(2, 3, 4, "c")},
		"a file without tensors":    {splitGGUF(0, 3, 4, "a", "b", "c", "d"), splitGGUF(1, 3, 4), splitGGUF(2, 3, 4)},
		"another version in a file": {splitGGUF(0, 3, 4, "a", "b", "c"), ggufFile(2, splitPairs(1, 3, 4), nil, nil), splitGGUF(2, 3, 4, "d")},
	} {
		t.Run(name, func(t *testing.T) {
			g, err := OpenGGUF(splitFiles(t, files...))
			if err != nil {
				t.Fatal(err)
			}
			defer g.Close()
			if have := slices.Collect(g.Names()); !slices.Equal(have, []string{"a", "b", "c", "d"}) {
				t.Errorf("names: have %q", have)
			}
			for _, e := range g.Entries() {
				x, err := g.Tensor(e.Name, 8)
				if err != nil {
					t.Fatal(err)
				}
				if want := fmt.Sprintf("m-0000%.0f-of-00003.gguf", x.Floats()[7]); e.File != want {
					t.Errorf("tensor %q: want it in %s, have it in %s", e.Name, want, e.File)
				}
			}
			if name, _ := g.Meta().String("general.name"); name != "split" || len(g.Files()) != 3 {
				t.Errorf("have the name %q, files %q", name, g.Files())
			}
			if want := int64(len(slices.Concat(files...))); g.Bytes() != want {
				t.Errorf("want %d bytes, have %d", want, g.Bytes())
			}
			lines := ""
			for i, file := range files {
				lines += fmt.Sprintf("m-0000%d-of-00003.gguf %d %x\n", i+1, len(file), sha256.Sum256(file))
			}
			want := fmt.Sprintf("%x", sha256.Sum256([]byte(lines)))
			if have, err := g.Digest(t.Context()); err != nil || have != want {
				t.Errorf("digest: want %s, have %s %v", want, have, err)
			}
			if err := errors.Join(g.Close(), g.Close()); err != nil {
				t.Error(err)
			}
		})
	}
}

// TestGGUFSplitOfOne opens a file that says it is split into one: its name is
// free.
func TestGGUFSplitOfOne(t *testing.T) {
	for _, file := range [][]byte{
		splitGGUF(0, 1, 1, "a"),
		splitGGUF(0, 0, 0, "a"),
		ggufFile(3, [][]byte{le("split.count", kindUint16, uint16(1))}, [][]byte{ggufInfo("a", 0, 0, 8)}, make([]byte, 32)),
	} {
		g, err := OpenGGUF(writeTemp(t, "whole.gguf", file))
		if err != nil {
			t.Fatal(err)
		}
		defer g.Close()
		if !g.Has("a") {
			t.Error("the tensor is missing")
		}
	}
}

// TestGGUFSplitRefuses opens splits that are not whole; each has one clear error.
func TestGGUFSplitRefuses(t *testing.T) {
	a, b, c := splitGGUF(0, 3, 3, "a"), splitGGUF(1, 3, 3, "b"), splitGGUF(2, 3, 3, "c")
	keys := func(parts ...[]byte) []byte { return ggufFile(3, parts, nil, nil) }
	no, count, total := splitPairs(0, 3, 3)[0], splitPairs(0, 3, 3)[1], splitPairs(0, 3, 3)[2]
	const first, second = "m-00001-of-00003.gguf: ", "m-00002-of-00003.gguf: "
	tests := []struct {
		name  string
		files [][]byte
		want  string
	}{
		{"second missing", [][]byte{a, nil, c}, first + `split.count: want 3 files, have no m-00002-of-00003.gguf`},
		{"last missing", [][]byte{a, b, nil}, first + `split.count: want 3 files, have no m-00003-of-00003.gguf`},
		{"65535 files", [][]byte{splitGGUF(0, 65535, 1, "a"), b, c}, first + `split.count: have 65535: want a file name that ends in -00001-of-65535.gguf`},
		{"out of order", [][]byte{a, c, b}, second + `split.no: want 1, as the file's name tells, have 2`},
		{"first in the second's place", [][]byte{a, a, c}, second + `split.no: want 1, as the file's name tells, have 0`},
		{"second in the first's place", [][]byte{b, b, c}, first + `split.no: want 0, have 1: open the first file, whose name ends in -00001-of-00003.gguf`},
		{"of a split of more files", [][]byte{a, splitGGUF(1, 4, 3, "b"), c}, second + `split.count: want 3, as the first file tells, have 4`},
		{"of a split of more tensors", [][]byte{a, splitGGUF(1, 3, 5, "b"), c}, second + `split.tensors.count: want 3, as the first file tells, have 5`},
		{"a whole file", [][]byte{a, ggufFile(3, nil, nil, nil), c}, second + `split.count: want 3, as the first file tells, have a whole file`},
		{"a split of one", [][]byte{a, splitGGUF(0, 1, 3, "b"), c}, second + `split.count: want 3, as the first file tells, have a whole file`},
		{"too few tensors", [][]byte{a, b, splitGGUF(2, 3, 3)}, first + `split.tensors.count: want 3 tensors in 3 files, have 2`},
		{"too many tensors", [][]byte{a, b, splitGGUF(2, 3, 3, "c", "d")}, first + `split.tensors.count: want 3 tensors in 3 files, have 4`},
		{"tensor twice", [][]byte{a, splitGGUF(1, 3, 3, "a"), c}, second + `tensor "a": is also in m-00001-of-00003.gguf`},
		{"second empty", [][]byte{a, {}, c}, second + `file size: want at least 24 bytes, have 0`},
		{"second no GGUF", [][]byte{a, bytes.Repeat([]byte("x"), 24), c}, second + `magic: want "GGUF", have "xxxx"`},
		{"second big-endian", [][]byte{a, le([]byte("GGUF"), uint32(3<<24), 0, 0), c}, second + `byte order: want little-endian, have big-endian: version 3`},
		{"second truncated", [][]byte{a, b[:len(b)-1], c}, second + `tensor "b": data: want 32 bytes at 0, have 31 in all: the file is truncated`},
		{"first truncated", [][]byte{a[:len(a)-1], b, c}, first + `tensor "a": data: want 32 bytes at 0, have 31 in all: the file is truncated`},
		{"no number", [][]byte{keys(count, total), b, c}, first + `split.no: want a number, have none`},
		{"no number of tensors", [][]byte{keys(count, no), b, c}, first + `split.tensors.count: want a number, have none`},
		{"count a string", [][]byte{keys(no, le("split.count", kindString, "3"), total), b, c}, first + `split.count: want a number, have string`},
		{"count negative", [][]byte{keys(no, le("split.count", kindInt32, int32(-3)), total), b, c}, first + `split.count: want 0 or more, have -3`},
		{"tensors negative", [][]byte{keys(no, count, le("split.tensors.count", kindInt32, int32(-1))), b, c}, first + `split.tensors.count: want 0 or more, have -1`},
		{"second's number a float", [][]byte{a, keys(count, total, le("split.no", kindFloat32, float32(1))), c}, second + `split.no: want a number, have float32`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			path := splitFiles(t, tt.files...)
			g, err := OpenGGUF(path)
			if err == nil {
				g.Close()
			}
			wantError(t, err, filepath.Dir(path), tt.want)
		})
	}
}

// TestGGUFSplitNames opens the first file under another name, and another than
// the first.
func TestGGUFSplitNames(t *testing.T) {
	path := writeTemp(t, "m.gguf", splitGGUF(0, 3, 3, "a"))
	_, err := OpenGGUF(path)
	wantError(t, err, filepath.Dir(path), `m.gguf: split.count: have 3: want a file name that ends in -00001-of-00003.gguf`)
	first := splitFiles(t, splitGGUF(0, 2, 2, "a"), splitGGUF(1, 2, 2, "b"))
	_, err = OpenGGUF(filepath.Join(filepath.Dir(first), "m-00002-of-00002.gguf"))
	wantError(t, err, filepath.Dir(first), `m-00002-of-00002.gguf: split.no: want 0, have 1: open the first file, whose name ends in -00001-of-00002.gguf`)
}
