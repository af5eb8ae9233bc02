package dataset_test

import (
	"bytes"
	"errors"
	"maps"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"premlp/collect/dataset"
	"premlp/collect/dataset/datasettest"
)

// cutAt is the folder as it was when only the first n bytes of its rows files
// had been written.
func cutAt(files map[string][]byte, n int) map[string][]byte {
	part := map[string][]byte{"manifest.json": files["manifest.json"], "questions.jsonl": files["questions.jsonl"]}
	for _, name := range shardNames(files) {
		if n <= 0 {
			break
		}
		b := files[name]
		part[name] = bytes.Clone(b[:min(n, len(b))])
		n -= len(b)
	}
	return part
}

// cuts are the interesting places of the rows files, as one stream: every
// frame's and index's first and last bytes, and some between them.
func cuts(t *testing.T, dir string, files map[string][]byte) (at []int) {
	t.Helper()
	names, offsets, sizes := open(t, dir).Frames()
	base := 0
	rnd := rand.New(rand.NewPCG(3, 4))
	for _, shard := range shardNames(files) {
		edges := []int{0, 8, len(files[shard]) - 28}
		for i := range names {
			if names[i] == shard {
				edges = append(edges, int(offsets[i]+sizes[i]))
				at = append(at, base+int(offsets[i])+rnd.IntN(int(sizes[i])))
			}
		}
		for _, e := range edges {
			for _, d := range []int{-1, 0, 1, 4, 8} {
				at = append(at, max(0, base+e+d))
			}
		}
		base += len(files[shard])
	}
	return at
}

// A run killed at any byte goes on to the bytes of an undisturbed one, also
// when what follows the cut is garbage.
func TestResumeAnywhere(t *testing.T) {
	for name, m := range map[string]dataset.Manifest{"one file": datasettest.Manifest(), "several": sharded()} {
		t.Run(name, func(t *testing.T) {
			q := datasettest.Questions(5)
			whole := datasettest.Write(t, m, q)
			files := readFolder(t, whole)
			dir := filepath.Join(t.TempDir(), "d")
			for _, cut := range cuts(t, whole, files) {
				for _, garbage := range []int{0, 1000} {
					part := cutAt(files, cut)
					if names := shardNames(part); len(names) > 0 && garbage > 0 {
						last := names[len(names)-1]
						part[last] = append(part[last], make([]byte, garbage)...)
						part[".run.json123"] = []byte("{")
					}
					resumeTo(t, dir, m, q, part, files)
				}
			}
		})
	}
}

// resumeTo resumes the unfinished folder part and wants files.
func resumeTo(t *testing.T, dir string, m dataset.Manifest, q []dataset.Question, part, files map[string][]byte) {
	t.Helper()
	writeFolder(t, dir+".partial", part)
	w, next, err := dataset.Resume(dir, m, list(t, q))
	if err != nil {
		t.Fatal(err)
	}
	if next != w.Next() {
		t.Fatalf("next: %d and %d", next, w.Next())
	}
	addFrom(t, w, next, q)
	equalFolders(t, files, readFolder(t, dir))
	if err := os.RemoveAll(dir); err != nil {
		t.Fatal(err)
	}
}

// Damage in the middle costs what comes after it, and is told.
func TestResumeDamaged(t *testing.T) {
	m, q := sharded(), datasettest.Questions(8)
	whole := datasettest.Write(t, m, q)
	files := readFolder(t, whole)
	names, offsets, _ := open(t, whole).Frames()
	for i := range q {
		part := cutAt(files, 1<<30)
		part[names[i]][offsets[i]+100] ^= 1
		dir := filepath.Join(t.TempDir(), "d")
		writeFolder(t, dir+".partial", part)
		w, next, err := dataset.Resume(dir, m, list(t, q))
		if err != nil || next != i || w.Dropped() == 0 {
			t.Fatalf("want next %d and bytes dropped, have %d, %v", i, next, err)
		}
		addFrom(t, w, next, q)
		equalFolders(t, files, readFolder(t, dir))
	}
}

// A rows file that is missing costs those after it, too.
func TestResumeGap(t *testing.T) {
	m, q := sharded(), datasettest.Questions(12)
	files := readFolder(t, datasettest.Write(t, m, q))
	names := shardNames(files)
	if len(names) < 3 {
		t.Fatalf("want several rows files, have %v", names)
	}
	dir := filepath.Join(t.TempDir(), "d")
	for _, name := range names {
		part := cutAt(files, 1<<30)
		delete(part, name)
		resumeTo(t, dir, m, q, part, files)
	}
}

// A kill while the questions or the manifest were being written loses nothing.
func TestResumeBegun(t *testing.T) {
	m, q := datasettest.Manifest(), datasettest.Questions(3)
	files := readFolder(t, datasettest.Write(t, m, q))
	dir := filepath.Join(t.TempDir(), "d")
	for _, part := range []map[string][]byte{
		{},
		{"questions.jsonl": files["questions.jsonl"][:100]},
		{"questions.jsonl": files["questions.jsonl"], ".manifest.json77": files["manifest.json"][:50]},
	} {
		resumeTo(t, dir, m, q, part, files)
	}
	if _, _, err := dataset.Resume(filepath.Join(t.TempDir(), "none"), m, list(t, q)); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("without a folder: %v", err)
	}
	headless := maps.Clone(files)
	delete(headless, "manifest.json")
	writeFolder(t, dir+".partial", headless)
	if _, _, err := dataset.Resume(dir, m, list(t, q)); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("rows without a manifest: %v", err)
	}
}

func TestResumeRefuses(t *testing.T) {
	for _, c := range []struct {
		name   string
		change func(m *dataset.Manifest, q []dataset.Question)
		want   string
	}{
		{"arithmetic", func(m *dataset.Manifest, _ []dataset.Question) { m.Arithmetic = "portable" }, `manifest: does not match the unfinished dataset: arithmetic: want "synthetic-1", have "portable"`},
		{"model", func(m *dataset.Manifest, _ []dataset.Question) { m.Model.Digest = "00" }, "model.digest: want"},
		{"layers", func(m *dataset.Manifest, _ []dataset.Question) { m.Layers = []int{0, 2} }, "layers: want 3 entries, have 2"},
		{"layer", func(m *dataset.Manifest, _ []dataset.Question) { m.Layers = []int{0, 1, 3} }, "layers[1]: want 2, have 1"},
		{"system", func(m *dataset.Manifest, _ []dataset.Question) { s := "Hi."; m.Chat.System = &s }, `chat.system: want null, have "Hi."`},
		{"large seed", func(m *dataset.Manifest, _ []dataset.Question) { m.Seed = 1<<62 + 1 }, "seed: want 1, have 4611686018427387905"},
		{"text", func(_ *dataset.Manifest, q []dataset.Question) { q[2].Type = "other" }, `questions: line 3: does not match the unfinished dataset: type: want "capital", have "other"`},
	} {
		t.Run(c.name, func(t *testing.T) {
			m, q := datasettest.Manifest(), datasettest.Questions(4)
			dir := filepath.Join(t.TempDir(), "d")
			files := cutAt(readFolder(t, datasettest.Write(t, m, q)), 3000)
			writeFolder(t, dir+".partial", files)
			c.change(&m, q)
			if _, _, err := dataset.Resume(dir, m, list(t, q)); !errors.Is(err, dataset.ErrMismatch) || !strings.Contains(err.Error(), c.want) {
				t.Fatalf("want %q, have %v", c.want, err)
			}
			equalFolders(t, files, readFolder(t, dir+".partial"))
		})
	}
	m, q := datasettest.Manifest(), datasettest.Questions(4)
	for _, n := range []int{3, 5} {
		dir := filepath.Join(t.TempDir(), "d")
		writeFolder(t, dir+".partial", cutAt(readFolder(t, datasettest.Write(t, m, q)), 3000))
		if _, _, err := dataset.Resume(dir, m, list(t, datasettest.Questions(n))); !errors.Is(err, dataset.ErrMismatch) {
			t.Errorf("%d questions instead of 4: %v", n, err)
		}
	}
}
