package jobs

import (
	"bytes"
	"context"
	"fmt"
	"iter"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"

	"premlp/collect"
	"premlp/collect/dataset"
	"premlp/collect/dataset/datasettest"
	"premlp/collect/jobs/store"
)

// storedQuestions stores synthetic questions in a file.
func storedQuestions(t testing.TB, questions []dataset.Question) *dataset.Stored {
	t.Helper()
	list, err := dataset.NewList(dataset.Slice(questions))
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "questions.jsonl")
	f, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if err := dataset.WriteQuestions(f, list); err != nil {
		t.Fatal(err)
	}
	s, err := dataset.OpenStored(path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	if s.List().Digest() != list.Digest() {
		t.Fatal("questions.jsonl: another digest than the list's")
	}
	return s
}

// The key of a unit is pinned: another one would orphan every block there is.
func TestUnitKey(t *testing.T) {
	m, questions := datasettest.Manifest(), datasettest.Questions(12)
	s := storedQuestions(t, questions)
	u := collect.Unit{First: 3, End: 6}
	const want = "ed67ae267bf037e349f386b8a4432e89478aaf5ecc4a7c90b34ab0f4029a3fcb"
	have, err := unitKey(&m, s, u)
	if err != nil || have != want {
		t.Errorf("want %s, have %s, %v", want, have, err)
	}
	text := keyText(&m, u, make([]byte, 32))
	if lines := strings.Split(text, "\n"); lines[0] != "premlp block 1" || !slices.Contains(lines, "site mlp_in, 1 statistics") || !slices.Contains(lines, "layers [0 2 3]") {
		t.Errorf("text: have %s", text)
	}
}

// Everything that determines a block's bytes changes its key; what does not, does
// not.
func TestUnitKeyDependsOn(t *testing.T) {
	plain := datasettest.Manifest()
	u := collect.Unit{First: 3, End: 6}
	s := storedQuestions(t, datasettest.Questions(12))
	want, err := unitKey(&plain, s, u)
	if err != nil {
		t.Fatal(err)
	}
	seen := map[string]string{want: "the plain one"}
	changed := func(name string, m dataset.Manifest, s *dataset.Stored, u collect.Unit) {
		key, err := unitKey(&m, s, u)
		if err != nil {
			t.Fatal(err)
		}
		if before := seen[key]; before != "" {
			t.Errorf("%s: the key of %s", name, before)
		}
		seen[key] = name
	}
	for name, change := range map[string]func(m *dataset.Manifest){
		"weights":    func(m *dataset.Manifest) { m.Model.Digest = strings.Repeat("00", 32) },
		"config":     func(m *dataset.Manifest) { m.Model.ConfigDigest = strings.Repeat("00", 32) },
		"tokenizer":  func(m *dataset.Manifest) { m.Tokenizer.Digest = strings.Repeat("00", 32) },
		"sites":      func(m *dataset.Manifest) { m.Sites = []string{"resid_post", "mlp_in"} },
		"statistics": func(m *dataset.Manifest) { m.StatsPerRow = map[string]int{"mlp_in": 2} },
		"layers":     func(m *dataset.Manifest) { m.Layers = []int{0, 2} },
		"dim":        func(m *dataset.Manifest) { m.Dim = 9 },
		"dtype":      func(m *dataset.Manifest) { m.DType = dataset.BF16 },
		"arithmetic": func(m *dataset.Manifest) { m.Arithmetic = "synthetic-2" },
		"seed":       func(m *dataset.Manifest) { m.Seed = 2 },
	} {
		m := plain
		change(&m)
		changed(name, m, s, u)
	}
	changed("fewer questions", plain, s, collect.Unit{First: 3, End: 5})
	changed("other questions", plain, s, collect.Unit{First: 4, End: 7})
	for name, change := range map[string]func(q *dataset.Question){
		"id":     func(q *dataset.Question) { q.ID = "x" },
		"prompt": func(q *dataset.Question) { q.Prompt = strings.Replace(q.Prompt, "user", "USER", 1) },
		"ids":    func(q *dataset.Question) { q.IDs[0]++ },
		"rows":   func(q *dataset.Question) { q.Rows, q.Tokens = q.Rows[:1], q.Tokens[:1] },
	} {
		questions := datasettest.Questions(12)
		change(&questions[4])
		changed(name, plain, storedQuestions(t, questions), u)
	}
	more := datasettest.Questions(15) // behind the unit
	more[2].IDs[0]++                  // and before it
	m := plain
	m.Questions, m.ShardBytes, m.Target = 15, 1000, "another"
	if key, err := unitKey(&m, storedQuestions(t, more), u); err != nil || key != want {
		t.Errorf("want the key not to depend on other questions and on files, have another: %v", err)
	}
}

func TestUnitsList(t *testing.T) {
	m := datasettest.Manifest()
	s := storedQuestions(t, datasettest.Questions(40))
	m.Questions = 40
	units, err := cut(&m, s, 1000)
	if err != nil {
		t.Fatal(err)
	}
	if err := inOrder(slices.Clone(units), 40); err != nil || len(units) < 10 {
		t.Fatalf("have %d units, %v", len(units), err)
	}
	var list bytes.Buffer
	if err := writeUnits(&list, units); err != nil {
		t.Fatal(err)
	}
	var read []Unit
	for u, err := range readUnits(&list) {
		if err != nil {
			t.Fatal(err)
		}
		read = append(read, u)
	}
	if !slices.IsSortedFunc(read, func(a, b Unit) int { return strings.Compare(a.Key, b.Key) }) {
		t.Error("want them by key")
	}
	if err := inOrder(read, 40); err != nil || !slices.Equal(read, units) {
		t.Errorf("want what was written, have %v, %v", read, err)
	}
	for name, wrong := range map[string][]Unit{"gap": read[1:], "end": read[:len(read)-1], "twice": append(read[:1:1], read...)} {
		if err := inOrder(slices.Clone(wrong), 40); err == nil {
			t.Errorf("%s: want it refused", name)
		}
	}
}

// FuzzReadUnits: a list of units is taken only in the one form that writeUnits
// gives it.
func FuzzReadUnits(f *testing.F) {
	f.Add(strings.Repeat("ab", 32) + " 0 3 500\n" + strings.Repeat("cd", 32) + " 3 4 100\n")
	f.Add(strings.Repeat("ab", 32) + " 0 3 500\n" + strings.Repeat("ab", 32) + " 3 4 100\n")
	f.Add(strings.Repeat("AB", 32) + " 0 3 500\n")
	f.Add("")
	f.Add("\n")
	f.Fuzz(func(t *testing.T, text string) {
		var units []Unit
		for u, err := range readUnits(strings.NewReader(text)) {
			if err != nil {
				return
			}
			units = append(units, u)
		}
		var again bytes.Buffer
		if err := writeUnits(&again, units); err != nil || strings.TrimSuffix(again.String(), "\n") != strings.TrimSuffix(strings.ReplaceAll(text, "\r\n", "\n"), "\n") {
			t.Errorf("another form was taken: %q, %v", text, err)
		}
	})
}

// presentUnits are made-up units, and the store has the blocks of every second
// one, empty but for their sizes.
func presentUnits(t testing.TB, count int, write func(name string, data []byte)) []Unit {
	t.Helper()
	var units []Unit
	for i := range count {
		u := Unit{Unit: collect.Unit{First: i, End: i + 1}, Key: fmt.Sprintf("%064x", (uint64(i)*0x9e3779b97f4a7c15)>>8), Bytes: 3}
		u.Key = u.Key[50:] + u.Key[:50]
		units = append(units, u)
		if i%2 == 0 {
			write(blockName(u.Key), []byte("abc"))
		}
	}
	slices.SortFunc(units, func(a, b Unit) int { return strings.Compare(a.Key, b.Key) })
	return units
}

// Asked one by one or listed, the store tells the same blocks.
func TestPresence(t *testing.T) {
	for _, url := range []string{"mem://", t.TempDir()} {
		s, err := store.Open(t.Context(), url)
		if err != nil {
			t.Fatal(err)
		}
		defer s.Close()
		units := presentUnits(t, 200, func(name string, data []byte) {
			if _, err := s.PutBytes(t.Context(), name, data); err != nil {
				t.Fatal(err)
			}
		})
		units[3].Bytes = 4 // torn
		source := withoutErrors(units)
		for _, count := range []int{1, listedUnits} { // the number decides how
			n := 0
			err := presence(t.Context(), s, count, source, func(u Unit, has bool) error {
				n++
				if want := u.First%2 == 0 && u.Bytes == 3; has != want {
					t.Errorf("%s: want %v", u.Key, want)
				}
				return nil
			})
			if err != nil || n != len(units) {
				t.Errorf("want %d units, have %d, %v", len(units), n, err)
			}
		}
	}
}

func withoutErrors(units []Unit) iter.Seq2[Unit, error] {
	return func(yield func(Unit, error) bool) {
		for _, u := range units {
			if !yield(u, nil) {
				return
			}
		}
	}
}

// manyBlocks is a store in a folder with the blocks of every second one of many
// units, written without the store's care.
func manyBlocks(t testing.TB, count int) (*store.Store, []Unit) {
	t.Helper()
	dir := t.TempDir()
	units := presentUnits(t, count, func(name string, data []byte) {
		path := filepath.Join(dir, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, data, 0o600); err != nil {
			t.Fatal(err)
		}
	})
	s, err := store.Open(t.Context(), dir)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	return s, units
}

// Listing takes memory of one page, however many units there are.
func TestPresenceMemory(t *testing.T) {
	s, units := manyBlocks(t, 4000)
	var small, large int64
	for _, c := range []struct {
		units []Unit
		peak  *int64
	}{{units[:1000], &small}, {units, &large}} {
		err := presence(context.Background(), s, listedUnits, withoutErrors(c.units), func(Unit, bool) error {
			if n := len(c.units); n > 0 && c.units[0].First%50 == 0 {
				var m runtime.MemStats
				runtime.GC()
				runtime.ReadMemStats(&m)
				*c.peak = max(*c.peak, int64(m.HeapAlloc))
			}
			c.units = c.units[1:]
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	if large-small > 200_000 {
		t.Errorf("want no more memory for more units, have %d bytes more", large-small)
	}
}
