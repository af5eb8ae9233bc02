package dataset_test

import (
	"bytes"
	"fmt"
	"maps"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"premlp/collect/dataset/datasettest"
)

// damager damages a dataset's files by chance.
type damager struct {
	*rand.Rand
	files         map[string][]byte
	names         []string // of files
	frames        []string // the rows file of each frame
	offsets, size []int64
}

func newDamager(t *testing.T, dir string, seed uint64) *damager {
	t.Helper()
	d := &damager{Rand: rand.New(rand.NewPCG(seed, 6)), files: readFolder(t, dir)}
	d.names = slices.Sorted(maps.Keys(d.files))
	d.frames, d.offsets, d.size = open(t, dir).Frames()
	return d
}

// kinds are the ways in which a dataset is damaged; each returns the files that
// it changed and where.
var kinds = []struct {
	name   string
	damage func(d *damager) (changed map[string][]byte, where string)
}{
	{"a bit", func(d *damager) (map[string][]byte, string) {
		return d.edit(func(b []byte, at int) []byte { b[at] ^= 1 << d.IntN(8); return b })
	}},
	{"a byte", func(d *damager) (map[string][]byte, string) {
		return d.edit(func(b []byte, at int) []byte { b[at] ^= byte(1 + d.IntN(255)); return b })
	}},
	{"cut", func(d *damager) (map[string][]byte, string) {
		return d.edit(func(b []byte, at int) []byte { return b[:at] })
	}},
	{"a byte out", func(d *damager) (map[string][]byte, string) {
		return d.edit(func(b []byte, at int) []byte { return slices.Delete(b, at, at+1) })
	}},
	{"a byte in", func(d *damager) (map[string][]byte, string) {
		return d.edit(func(b []byte, at int) []byte { return slices.Insert(b, at, byte(d.IntN(256))) })
	}},
	{"bytes behind", func(d *damager) (map[string][]byte, string) {
		return d.edit(func(b []byte, at int) []byte { return append(b, make([]byte, 1+d.IntN(5000))...) })
	}},
	{"zeros", func(d *damager) (map[string][]byte, string) {
		return d.edit(func(b []byte, at int) []byte { clear(b[at:min(len(b), at+512)]); return b })
	}},
	{"two frames swapped", (*damager).swapFrames},
	{"a frame twice", (*damager).repeatFrame},
	{"two rows files swapped", func(d *damager) (map[string][]byte, string) {
		names := shardNames(d.files)
		i, k := d.two(len(names))
		return map[string][]byte{names[i]: d.files[names[k]], names[k]: d.files[names[i]]}, names[i] + " and " + names[k]
	}},
	{"two questions swapped", func(d *damager) (map[string][]byte, string) {
		lines := bytes.SplitAfter(d.files["questions.jsonl"], []byte("\n"))
		i, k := d.two(len(lines) - 1) // the last is empty
		lines[i], lines[k] = lines[k], lines[i]
		return map[string][]byte{"questions.jsonl": bytes.Join(lines, nil)}, fmt.Sprint(i, " and ", k)
	}},
}

// edit changes any file at any place.
func (d *damager) edit(change func(b []byte, at int) []byte) (map[string][]byte, string) {
	name := d.names[d.IntN(len(d.names))]
	at := d.IntN(len(d.files[name]))
	return map[string][]byte{name: change(bytes.Clone(d.files[name]), at)}, fmt.Sprintf("%s: byte %d", name, at)
}

// two draws two different numbers below n.
func (d *damager) two(n int) (i, k int) {
	i, k = d.IntN(n), d.IntN(n-1)
	if k >= i {
		k++
	}
	return i, k
}

// frame is the bytes of frame i.
func (d *damager) frame(i int) []byte {
	return d.files[d.frames[i]][d.offsets[i] : d.offsets[i]+d.size[i]]
}

// swapFrames swaps two frames of any files, moving what lies between them where
// their sizes differ.
func (d *damager) swapFrames() (map[string][]byte, string) {
	i, k := d.two(len(d.frames))
	i, k = min(i, k), max(i, k)
	return d.replaceFrames(map[int]int{i: k, k: i}), fmt.Sprint(i, " and ", k)
}

// repeatFrame puts one frame in the place of another.
func (d *damager) repeatFrame() (map[string][]byte, string) {
	i, k := d.two(len(d.frames))
	return d.replaceFrames(map[int]int{i: k}), fmt.Sprint(k, " for ", i)
}

// replaceFrames puts frame by[i] in the place of frame i.
func (d *damager) replaceFrames(by map[int]int) map[string][]byte {
	changed := map[string][]byte{}
	for i := len(d.frames) - 1; i >= 0; i-- { // from the back, as those behind move
		k, ok := by[i]
		if !ok {
			continue
		}
		name := d.frames[i]
		b, ok := changed[name]
		if !ok {
			b = bytes.Clone(d.files[name])
		}
		changed[name] = slices.Replace(b, int(d.offsets[i]), int(d.offsets[i]+d.size[i]), d.frame(k)...)
	}
	return changed
}

// Every damage to any file is found, and none ends the process.
// PREMLP_TEST_LONG=1 tries 20000.
func TestDamage(t *testing.T) {
	tries := 2200
	if testing.Short() {
		tries = 300
	}
	if long {
		tries = 20_000
	}
	m := sharded()
	m.Related = datasettest.RelatedDigest()
	whole := datasettest.Write(t, m, datasettest.Questions(11))
	d := newDamager(t, whole, 5)
	dir := filepath.Join(ramDir(t), "d")
	writeFolder(t, dir, d.files)
	if err := check(dir); err != nil {
		t.Fatal(err)
	}
	found := map[string]int{}
	for n := range tries {
		kind := kinds[n%len(kinds)]
		changed, where := kind.damage(d)
		if same(changed, d.files) {
			continue // such as zeros over zeros
		}
		damaged(t, dir, d.files, changed, kind.name+", "+where)
		found[kind.name]++
	}
	total := 0
	for _, n := range found {
		total += n
	}
	t.Logf("%d of %d found: %v", total, total, found)
	for _, name := range d.names {
		if err := os.Remove(filepath.Join(dir, name)); err != nil {
			t.Fatal(err)
		}
		if check(dir) == nil {
			t.Errorf("%s missing: not found", name)
		}
		if err := os.WriteFile(filepath.Join(dir, name), d.files[name], 0o644); err != nil {
			t.Fatal(err)
		}
	}
}

// same says whether a change changed nothing.
func same(changed, files map[string][]byte) bool {
	for name, b := range changed {
		if !bytes.Equal(b, files[name]) {
			return false
		}
	}
	return true
}

// damaged wants changes of a whole dataset to be found, and takes them back.
func damaged(t *testing.T, dir string, files, changed map[string][]byte, how string) {
	t.Helper()
	for name, b := range changed {
		if err := os.WriteFile(filepath.Join(dir, name), b, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if err := check(dir); err == nil {
		t.Fatalf("%s: not found", how)
	}
	for name := range changed {
		if err := os.WriteFile(filepath.Join(dir, name), files[name], 0o644); err != nil {
			t.Fatal(err)
		}
	}
}
