package dataset_test

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"maps"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"premlp/collect/dataset"
	"premlp/collect/dataset/datasettest"
)

// check opens and verifies a folder, then reads everything there is to read.
func check(dir string) error {
	r, err := dataset.Open(dir)
	if err != nil {
		return err
	}
	defer r.Close()
	return errors.Join(r.Verify(context.Background(), nil), readAll(r))
}

func readAll(r *dataset.Reader) error {
	var buf []float32
	m := r.Manifest()
	for i := range r.Len() {
		q, err := r.Question(i)
		if err != nil {
			return err
		}
		for _, site := range m.Sites {
			for _, layer := range m.Layers {
				rows, err := r.Rows(i, site, layer, buf)
				if err != nil {
					return err
				}
				if len(rows) != len(q.Rows)*m.Dim {
					return errors.New("rows of another length")
				}
				buf = rows
				if _, err := r.Stats(i, site, layer, nil); err != nil {
					return err
				}
			}
		}
	}
	return nil
}

// Each single byte of a small dataset's files is vouched for.
func TestEveryByte(t *testing.T) {
	if testing.Short() {
		t.Skip("slow")
	}
	m := datasettest.Manifest()
	m.Sites, m.Layers = m.Sites[:1], m.Layers[:1]
	files := readFolder(t, datasettest.Write(t, m, datasettest.Questions(2)))
	dir := filepath.Join(t.TempDir(), "d")
	writeFolder(t, dir, files)
	for name, b := range files {
		f, err := os.OpenFile(filepath.Join(dir, name), os.O_RDWR, 0)
		if err != nil {
			t.Fatal(err)
		}
		defer f.Close()
		for at := range b {
			// 0x20 turns a letter's case: the mildest change of a JSON key.
			if _, err := f.WriteAt([]byte{b[at] ^ 0x20}, int64(at)); err != nil {
				t.Fatal(err)
			}
			if check(dir) == nil {
				t.Fatalf("%s: byte %d: not found", name, at)
			}
			if _, err := f.WriteAt(b[at:at+1], int64(at)); err != nil {
				t.Fatal(err)
			}
		}
	}
	if err := check(dir); err != nil {
		t.Fatal(err)
	}
}

// Frames that change places are found though each is whole, and named.
func TestSwappedFrames(t *testing.T) {
	m, q := datasettest.Manifest(), datasettest.Questions(11)
	whole := datasettest.Write(t, m, q)
	files := readFolder(t, whole)
	_, offsets, sizes := open(t, whole).Frames()
	found := false
	for i := range q {
		for j := i + 1; j < len(q); j++ {
			if sizes[i] != sizes[j] {
				continue
			}
			found = true
			b := bytes.Clone(files["rows-00000.msgpack"])
			fi, fj := b[offsets[i]:offsets[i]+sizes[i]], b[offsets[j]:offsets[j]+sizes[j]]
			one := bytes.Clone(fi)
			copy(fi, fj)
			copy(fj, one)
			dir := filepath.Join(t.TempDir(), "d")
			swapped := maps.Clone(files)
			swapped["rows-00000.msgpack"] = b
			writeFolder(t, dir, swapped)
			err := check(dir)
			if err == nil || !strings.Contains(err.Error(), `this is the frame of "`+q[j].ID+`"`) || !errors.Is(err, dataset.ErrCorrupt) {
				t.Fatalf("frames %d and %d: %v", i, j, err)
			}
		}
	}
	if !found {
		t.Fatal("no two frames of the same size")
	}
}

// A frame of the same question from another run is whole and in its place: the
// index tells.
func TestForeignFrame(t *testing.T) {
	m, q := datasettest.Manifest(), datasettest.Questions(3)
	whole := datasettest.Write(t, m, q)
	other := m
	other.Seed = 2
	files, foreign := readFolder(t, whole), readFolder(t, datasettest.Write(t, other, q))
	_, offsets, sizes := open(t, whole).Frames()
	at, end := offsets[1], offsets[1]+sizes[1]
	copy(files["rows-00000.msgpack"][at:end], foreign["rows-00000.msgpack"][at:end])
	dir := filepath.Join(t.TempDir(), "d")
	writeFolder(t, dir, files)
	if err := check(dir); err == nil || !strings.Contains(err.Error(), "of the index") {
		t.Fatal(err)
	}
}

// NaN and infinity are found though every checksum is right, in each dtype.
func TestNotFinite(t *testing.T) {
	for dtype, nan := range map[dataset.DType][]byte{dataset.F32: {0, 0, 0xc0, 0x7f}, dataset.BF16: {0x80, 0xff}, dataset.F16: {0, 0x7c}} {
		m, q := datasettest.Manifest(), datasettest.Questions(3)
		m.DType = dtype
		whole := datasettest.Write(t, m, q)
		files := readFolder(t, whole)
		b := files["rows-00000.msgpack"]
		// Question 1 has 2 rows of 8: layer 2 (the second), row 1, value 3.
		at := open(t, whole).Blocks(1)[0] + int64((2*8+8+3)*m.DType.Size())
		copy(b[at:], nan)
		if err := dataset.Reseal(files["manifest.json"], files["questions.jsonl"], [][]byte{b}); err != nil {
			t.Fatal(err)
		}
		dir := filepath.Join(t.TempDir(), "d")
		writeFolder(t, dir, files)
		want := `frame of question "q00002": mlp_in: layer 2: row 1: want finite values, have NaN or infinity at 3`
		if err := check(dir); err == nil || !strings.Contains(err.Error(), want) {
			t.Fatalf("%s: want %q, have %v", dtype, want, err)
		}
	}
}

// Questions that were changed are found by the manifest's digest, though every
// index was made right for them.
func TestChangedQuestions(t *testing.T) {
	files := readFolder(t, datasettest.Small(t))
	files["questions.jsonl"] = bytes.Replace(files["questions.jsonl"], []byte("capital"), []byte("CAPITAL"), 1)
	if err := dataset.Reseal(files["manifest.json"], files["questions.jsonl"], [][]byte{files["rows-00000.msgpack"]}); err != nil {
		t.Fatal(err)
	}
	dir := filepath.Join(t.TempDir(), "d")
	writeFolder(t, dir, files)
	if err := check(dir); !errors.Is(err, dataset.ErrCorrupt) || !strings.Contains(err.Error(), "questions.jsonl: sha256: ") {
		t.Fatal(err)
	}
}

// Verify names each of several problems, up to a limit.
func TestVerifyNamesAll(t *testing.T) {
	m, q := sharded(), datasettest.Questions(30)
	whole := datasettest.Write(t, m, q)
	files := readFolder(t, whole)
	names, offsets, _ := open(t, whole).Frames()
	for i := range q {
		files[names[i]][offsets[i]+200] ^= 1
	}
	files["rows-99999.msgpack"] = nil
	dir := filepath.Join(t.TempDir(), "d")
	writeFolder(t, dir, files)
	err := open(t, dir).Verify(context.Background(), nil)
	if err == nil {
		t.Fatal("nothing found")
	}
	for _, want := range []string{"rows-99999.msgpack", `"q00001": crc32c: want`, `"q00019": crc32c: want`, "and 11 more"} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("want %q, have %v", want, err)
		}
	}
}

// Counts that no file backs are refused before anything is allocated for them.
func TestHostileCounts(t *testing.T) {
	m, q := datasettest.Manifest(), datasettest.Questions(3)
	files := readFolder(t, datasettest.Write(t, m, q))
	for _, c := range []struct{ from, to string }{
		{`"dim": 8,`, `"dim": 16777216,`},
		{`"questions": 3`, `"questions": 1000000000000`},
		{`"rows": 6`, `"rows": 1000000000000`},
		{`"shard_bytes": 1073741824`, `"shard_bytes": 1`},
		{`"version": 1`, `"version": 2`},
	} {
		bad := maps.Clone(files)
		text := string(bad["manifest.json"])
		at := strings.LastIndex(text, c.from)
		if at < 0 {
			t.Fatalf("no %s in the manifest", c.from)
		}
		bad["manifest.json"] = []byte(text[:at] + c.to + text[at+len(c.from):])
		rows := bytes.Clone(files["rows-00000.msgpack"])
		_ = dataset.Reseal(bad["manifest.json"], bad["questions.jsonl"], [][]byte{rows})
		bad["rows-00000.msgpack"] = rows
		dir := filepath.Join(t.TempDir(), "d")
		writeFolder(t, dir, bad)
		if check(dir) == nil {
			t.Errorf("%s: not found", c.to)
		}
	}
	huge := bytes.Clone(files["rows-00000.msgpack"])
	binary.LittleEndian.PutUint32(huge[8:], 1<<32-1)
	dir := filepath.Join(t.TempDir(), "d")
	files["rows-00000.msgpack"] = huge
	writeFolder(t, dir, files)
	if err := check(dir); err == nil || !strings.Contains(err.Error(), "length: want") {
		t.Errorf("a frame of 4 GiB: %v", err)
	}
}
