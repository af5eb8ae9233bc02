package model

import (
	"math/rand/v2"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"premlp/layers"
)

// emulated is a device of 1 GiB.
func emulated(t *testing.T) Device {
	t.Helper()
	if !strings.HasPrefix(layers.Arithmetic(), "fma-") {
		t.Skipf("this processor's kernel computes in %s, devices in fma-…: their bits differ", layers.Arithmetic())
	}
	d, err := layers.EmulatedDevice(1 << 30)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := d.Close(); err != nil {
			t.Error(err)
		}
	})
	return d
}

// deviceVariants are the models that the emulator runs, each op of it a program: all
// of them where it says so, else one of each kind, and a single one where even that
// takes long, as under the race detector.
func deviceVariants(t *testing.T, all bool) []string {
	t.Helper()
	if all && !testing.Short() {
		return variants(t)
	}
	names := []string{"llama"}
	if !testing.Short() {
		names = append(names, "gpt2", "gemma3", "mixtral", "mpt", "falcon-alibi", "deepseek_v3", "gpt_oss")
	}
	var dirs []string
	for _, name := range names {
		dirs = append(dirs, filepath.Join("testdata", "arch", name))
	}
	return dirs
}

// On a device every row has the bits that this machine's processor gives it: all
// variants, prompts that share a beginning, with selected rows.
func TestDeviceHasTheSameBits(t *testing.T) {
	for _, dir := range deviceVariants(t, true) {
		t.Run(filepath.Base(dir), func(t *testing.T) {
			m := open(t, dir)
			r := rand.New(rand.NewPCG(51, 52))
			b := Pack(prompts(r, 2, m.Config().Vocab), nil)
			if testing.Short() {
				b = Pack([][]int32{randomPrompt(r, 9, m.Config().Vocab), randomPrompt(r, 4, m.Config().Vocab)}, nil)
			}
			want := capture(t, session(t, m, 2), b)
			s, err := m.Session(SessionOptions{Points: allPoints(m), Logits: true, Device: emulated(t)})
			if err != nil {
				t.Fatal(err)
			}
			defer s.Close()
			have := capture(t, s, b)
			if len(have) != len(want) {
				t.Fatalf("want %d points, have %d", len(want), len(have))
			}
			for _, p := range allPoints(m) {
				sameRows(t, "on a device", map[Point]Rows{p: want[p]}, have, 0)
			}
			sameRows(t, "on a device", want, have, 0)
		})
	}
}

// onDevice makes a session on the device for everything.
func onDevice(t *testing.T, m *Model, d Device, o SessionOptions) *Session {
	t.Helper()
	o.Points, o.Logits, o.Device = allPoints(m), true, d
	s, err := m.Session(o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	return s
}

// Prompts that share beginnings, of which some rows are read, and edits.
func TestDeviceBatches(t *testing.T) {
	for _, dir := range deviceVariants(t, false) {
		t.Run(filepath.Base(dir), func(t *testing.T) {
			m, r := open(t, dir), rand.New(rand.NewPCG(53, 54))
			ids := randomPrompt(r, 34, m.Config().Vocab)
			b := &Batch{IDs: ids, Cu: []int32{0, 17, 20, 33, 34}, Parent: []int32{-1, 0, 0, 2}, Sel: []int32{0, 5, 16, 19, 21, 32, 33}}
			for s, first := range []int{0, 17, 17, 30} {
				for i := range b.Cu[s+1] - b.Cu[s] {
					b.Pos = append(b.Pos, int32(first)+i)
				}
			}
			if c := m.Config(); c.PromptKind(1) != c.PromptKind(34) {
				t.Skip("prompts of such lengths have other rotary embeddings and share none")
			}
			plain, device := session(t, m, 2), onDevice(t, m, emulated(t), SessionOptions{})
			sameRows(t, "tree", capture(t, plain, b), capture(t, device, b), 0)
			points := editPoints(m)
			if points = []Point{points[0], points[len(points)/2], points[len(points)-1]}; testing.Short() {
				points = points[:1]
			}
			for _, p := range points {
				change := Add{Vector: editVector(m, r)}
				edit := Edit{At: p, Rows: []int32{3, 19, 33}, Change: change}
				sameRows(t, "edit of "+p.String(), edited(t, plain, b, edit), edited(t, device, b, edit), 0)
			}
		})
	}
}

// A sequence in a cache on the device.
func TestDeviceCache(t *testing.T) {
	const n, cut = 20, 13
	for _, dir := range deviceVariants(t, false) {
		t.Run(filepath.Base(dir), func(t *testing.T) {
			m := open(t, dir)
			if c := m.Config(); c.PromptKind(1) != c.PromptKind(n) {
				t.Skip("its rotary embedding is another one for long prompts, which a cache refuses")
			}
			ids := randomPrompt(rand.New(rand.NewPCG(55, 56)), n, m.Config().Vocab)
			whole := capture(t, session(t, m, 2), Pack([][]int32{ids}, nil))
			s := onDevice(t, m, emulated(t), SessionOptions{Cache: Cache{Rows: n + 5}})
			begin, rest := [2]int{5, 5 + cut}, [2]int{5 + cut, 5 + n}
			sameRows(t, "begin", piece(whole, 0, cut), capture(t, s, continuing(0, ids[:cut], begin)), 0)
			sameRows(t, "rest", piece(whole, cut, n-1), capture(t, s, continuing(cut, ids[cut:n-1], begin, [2]int{rest[0], rest[1] - 1})), 0)
			sameRows(t, "last", piece(whole, n-1, n), capture(t, s, continuing(n-1, ids[n-1:], begin, rest)), 0)
		})
	}
}

// Stepping, reading and patching on the device.
func TestDeviceSteps(t *testing.T) {
	m := open(t, filepath.Join("testdata", "arch", "llama"))
	b := Pack([][]int32{{1, 17, 42, 99, 7}}, nil)
	want := capture(t, session(t, m, 2), b)
	s := onDevice(t, m, emulated(t), SessionOptions{KeepAll: true})
	if err := s.Begin(b); err != nil {
		t.Fatal(err)
	}
	for range s.Ops() {
		if _, err := s.Step(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	samePoints(t, "stepped", want, values(t, s))
	at, change := Point{Site: layers.ResidMid, Layer: 1}, Replace{Rows: make([]float32, m.Config().Dim)}
	want = edited(t, session(t, m, 2), b, Edit{At: at, Rows: []int32{2}, Change: change})
	if err := s.Begin(b); err != nil {
		t.Fatal(err)
	}
	o, err := s.Continue(t.Context(), func(o *Op, _ Mat) bool { return slices.Contains(s.PointsOf(o), at) })
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Patch(o, []int32{2}, change); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Continue(t.Context(), nil); err != nil {
		t.Fatal(err)
	}
	samePoints(t, "patched", want, values(t, s))
}
