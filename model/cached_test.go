package model

import (
	"fmt"
	"math/rand/v2"
	"path/filepath"
	"testing"
)

// cachedSession makes a session on all points and the logits, with a cache.
func cachedSession(t *testing.T, m *Model, threads int, c Cache) *Session {
	t.Helper()
	s, err := m.Session(SessionOptions{Points: allPoints(m), Logits: true, Threads: threads, Cache: c})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	return s
}

// continuing returns the batch of ids from position first on, whose sequence has
// these rows of the cache.
func continuing(first int, ids []int32, keys ...[2]int) *Batch {
	b := Pack([][]int32{ids}, nil)
	for i := range b.Pos {
		b.Pos[i] += int32(first)
	}
	b.Keys = [][][2]int{keys}
	return b
}

// piece returns rows [from, to) of every point.
func piece(all map[Point]Rows, from, to int) map[Point]Rows {
	part := map[Point]Rows{}
	for p, r := range all {
		part[p] = Rows{
			Dim: r.Dim, Data: r.Data[from*r.Dim : to*r.Dim],
			StatsPerRow: r.StatsPerRow, Stats: r.Stats[from*r.StatsPerRow : to*r.StatsPerRow],
		}
	}
	return part
}

// randomPrompt returns n tokens.
func randomPrompt(r *rand.Rand, n, vocab int) []int32 {
	ids := make([]int32, n)
	for i := range ids {
		ids[i] = int32(r.IntN(vocab))
	}
	return ids
}

// TestSameBitsWithCache holds a prompt that is cut in two, and one that is
// computed token by token, against the whole in one uncached run. It is longer
// than a block of keys and than every model's window.
func TestSameBitsWithCache(t *testing.T) {
	const n = 70
	cuts := []int{1, 2, 6, 7, 8, 13, 14, 15, 32, 33, 63, 64, 65, 69}
	for _, dir := range fewVariants(t) {
		t.Run(filepath.Base(dir), func(t *testing.T) {
			m := open(t, dir)
			if c := m.Config(); c.PromptKind(1) != c.PromptKind(n) {
				t.Skip("its rotary embedding is another one for long prompts, which a cache refuses")
			}
			ids := randomPrompt(rand.New(rand.NewPCG(21, 22)), n, m.Config().Vocab)
			for threads := 1; threads <= 2; threads++ {
				s := cachedSession(t, m, threads, Cache{Rows: 2*n + 5, Sequences: 2})
				whole := capture(t, s, Pack([][]int32{ids}, nil))
				for _, cut := range cuts {
					what := fmt.Sprintf("%d threads, cut at %d", threads, cut)
					begin, far := [2]int{5, 5 + cut}, [2]int{5 + n, 5 + n + n - cut}
					sameRows(t, what, piece(whole, 0, cut), capture(t, s, continuing(0, ids[:cut], begin)), 0)
					sameRows(t, what, piece(whole, cut, n), capture(t, s, continuing(cut, ids[cut:], begin, far)), 0)
				}
				for i := range n {
					one := capture(t, s, continuing(i, ids[i:i+1], [2]int{3, 3 + i + 1}))
					sameRows(t, fmt.Sprintf("%d threads, token %d", threads, i), piece(whole, i, i+1), one, 0)
				}
			}
		})
	}
}

// TestSameBitsSideBySide decodes two continuations of one prompt together, the
// second joining late, and holds each against its sequence in one uncached run.
func TestSameBitsSideBySide(t *testing.T) {
	const prompt, own, late = 37, 40, 3
	for _, dir := range fewVariants(t) {
		t.Run(filepath.Base(dir), func(t *testing.T) {
			m := open(t, dir)
			r := rand.New(rand.NewPCG(23, 24))
			ids := randomPrompt(r, prompt, m.Config().Vocab)
			var tails [2][]int32
			var whole [2]map[Point]Rows
			s := cachedSession(t, m, 2, Cache{Rows: prompt + 2*own, Sequences: 2})
			for i := range tails {
				tails[i] = randomPrompt(r, own, m.Config().Vocab)
				whole[i] = capture(t, s, Pack([][]int32{append(ids[:prompt:prompt], tails[i]...)}, nil))
			}
			shared := capture(t, s, continuing(0, ids, [2]int{0, prompt}))
			sameRows(t, "prompt", piece(whole[0], 0, prompt), shared, 0)
			for i := range own + late {
				b, at := &Batch{Cu: []int32{0}}, []int{i, i - late}
				for seq, tail := range tails {
					if at[seq] < 0 || at[seq] >= own {
						continue
					}
					first := prompt + seq*own
					b.Sel = append(b.Sel, int32(len(b.IDs)))
					b.IDs = append(b.IDs, tail[at[seq]])
					b.Pos = append(b.Pos, int32(prompt+at[seq]))
					b.Cu = append(b.Cu, int32(len(b.IDs)))
					b.Keys = append(b.Keys, [][2]int{{0, prompt}, {first, first + at[seq] + 1}})
				}
				got, row := capture(t, s, b), 0
				for seq := range tails {
					if at[seq] < 0 || at[seq] >= own {
						continue
					}
					p := prompt + at[seq]
					sameRows(t, fmt.Sprintf("sequence %d, token %d", seq, at[seq]), piece(whole[seq], p, p+1), got, row)
					row++
				}
			}
		})
	}
}
