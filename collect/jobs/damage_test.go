package jobs

import (
	"encoding/json"
	"io"
	"path/filepath"
	"strings"
	"testing"

	"premlp/collect/dataset"
	"premlp/collect/jobs/store"
)

// tear damages a block: cut short, a bit flipped, or more behind it.
func tear(t testing.TB, s *store.Store, key string, how int) {
	t.Helper()
	data, err := s.Get(t.Context(), blockName(key), 1<<30)
	if err != nil {
		return // its worker was killed before it was stored
	}
	switch how {
	case 0:
		data = data[:len(data)/2]
	case 1:
		data[len(data)*2/3] ^= 4
	default:
		data = append(data, 0)
	}
	err = s.Replace(t.Context(), blockName(key), func(w io.Writer) error {
		_, err := w.Write(data)
		return err
	})
	if err != nil {
		t.Error(err)
	}
}

// taskBody is the body of a unit's task.
func taskBody(t testing.TB, s *store.Store, job, key string) []byte {
	t.Helper()
	for u, err := range mustOpen(t, s, job).Units(t.Context()) {
		if err != nil {
			t.Fatal(err)
		}
		if u.Key == key {
			text, err := json.Marshal(body{u.First, u.End})
			if err != nil {
				t.Fatal(err)
			}
			return text
		}
	}
	t.Fatalf("no unit %s", key)
	return nil
}

// A damaged block is found by merge, by a checking submit, and by a worker that
// gets its unit again; and is computed again.
func TestDamagedBlocks(t *testing.T) {
	p := tinyPlan(t, tiny(t), dataset.F32)
	s, q := newStore(t), quickQueue(t)
	done := submit(t, s, q, p)
	work(t, newWorker(t, s, q, "one"))
	want := merge(t, s, done.Job)
	var key string
	for u, err := range mustOpen(t, s, done.Job).Units(t.Context()) {
		if err != nil {
			t.Fatal(err)
		}
		key = u.Key
		break
	}
	for how, text := range []string{"1 of ", "damaged block: sha256: want ", "1 of "} {
		tear(t, s, key, how)
		dir := filepath.Join(t.TempDir(), "out")
		_, err := Merge(t.Context(), s, done.Job, dir, dataset.RunInfo{}, nil)
		if err == nil || !strings.Contains(err.Error(), text) || !strings.Contains(err.Error(), key) {
			t.Errorf("merge: want %q and the key, have %v", text, err)
		}
		damaged := 0
		if how == 1 { // of its right size
			if plain := submit(t, s, q, p); plain.Queued != 0 {
				t.Errorf("submit without a check: have %+v", plain)
			}
			damaged = 1
		}
		again, err := Submit(t.Context(), s, q, p, SubmitOptions{UnitBytes: unitBytes, Check: true})
		if err != nil || again.Queued != 1 || again.Damaged != damaged {
			t.Fatalf("submit: have %+v, %v", again, err)
		}
		w := newWorker(t, s, q, "two")
		work(t, w)
		if w.Metrics.Computed != 1 {
			t.Errorf("want the one unit computed again, have %+v", w.Metrics)
		}
		if how == 1 { // the merge that was stopped by the block goes on
			if _, err := Merge(t.Context(), s, done.Job, dir, dataset.RunInfo{}, nil); err != nil {
				t.Fatal(err)
			}
			same(t, want, files(t, dir))
		}
		same(t, want, merge(t, s, done.Job))
	}
}

// A file of the right size with other bytes is stored again by a checking submit.
func TestDamagedFiles(t *testing.T) {
	t.Setenv("PREMLP_CACHE", t.TempDir())
	p := tinyPlan(t, tiny(t), dataset.F32)
	s, q := newStore(t), quickQueue(t)
	done := submit(t, s, q, p)
	record := mustOpen(t, s, done.Job).Record
	var list ModelFiles
	text, err := getBytes(t.Context(), s, record.Files.Model, maxManifest)
	if err == nil {
		err = json.Unmarshal(text, &list)
	}
	if err != nil {
		t.Fatal(err)
	}
	digests := []string{record.Files.Questions}
	for _, f := range list.Files {
		digests = append(digests, f.SHA256)
	}
	flip := func(digest string) {
		data, err := s.Get(t.Context(), fileName(digest), 1<<30)
		if err != nil {
			t.Fatal(err)
		}
		data[len(data)/2] ^= 1
		err = s.Replace(t.Context(), fileName(digest), func(w io.Writer) error {
			_, err := w.Write(data)
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	for _, digest := range digests {
		flip(digest)
	}
	for _, check := range []bool{false, true} {
		if _, err := Submit(t.Context(), s, q, p, SubmitOptions{UnitBytes: unitBytes, Check: check}); err != nil {
			t.Fatal(err)
		}
		for _, digest := range digests {
			if whole, err := intact(t.Context(), s, digest); err != nil || whole != check {
				t.Errorf("%s: check %v: want the file whole: %v, have %v, %v", digest, check, check, whole, err)
			}
		}
	}
	work(t, newWorker(t, s, q, "one"))
	same(t, single(t, p), merge(t, s, done.Job))
}
