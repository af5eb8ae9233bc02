package gpu

import (
	"math"
	"testing"

	"premlp/layers/internal/kernel"
)

func TestAttentionKernel(t *testing.T) {
	b := newBench(t)
	shapes := 24
	if testing.Short() {
		shapes = 3 // the race detector makes the emulator slow
	}
	for i := range shapes {
		s := kernel.AttentionShape{KVHeads: 1 + i%2, Width: []int{4, 9, 70, 48, 300, 64, 130}[i%7], Scale: 0.3}
		s.Heads = s.KVHeads * (1 + i%6)
		if i%4 == 1 {
			s.Window = 5 + i
		}
		if i%3 == 1 {
			s.SoftCap = 2
		}
		if i%5 == 2 {
			s.Sinks = b.floats(s.Heads)
		}
		relative := i%2 == 0
		if i%3 == 2 {
			s.Bias = func(head, query, key int) float32 {
				if relative {
					return float32(head+1) * float32(key-query) / 16
				}
				return float32(head+1) * float32(key) / 16
			}
		}
		// A root, and two that continue it; keys of the last lie in two ranges.
		root, a, c := 1+b.r.IntN(70), 1+b.r.IntN(9), 1+b.r.IntN(70)
		segments := []kernel.Segment{
			{From: 0, To: root, Ranges: [][2]int{{0, root}}},
			{From: root, To: root + a, First: root, Ranges: [][2]int{{0, root}, {root, root + a}}},
			{From: root + a, To: root + a + c, First: root, Ranges: [][2]int{{0, root}, {root + a, root + a + c}}},
		}
		b.attend(s, segments, relative)
	}
	if !testing.Short() {
		b.attendAll()
	}
	b.covered("attention_64", "attention_128", "attention_256")
}

// attendAll compares every width of heads with every way that scores are made, on few
// rows and on more than a tile.
func (b *bench) attendAll() {
	b.Helper()
	for i, width := range []int{3, 4, 9, 32, 62, 64, 66, 70, 96, 126, 128, 130, 192, 200, 254, 256, 258, 300} {
		for way := range 8 {
			s := kernel.AttentionShape{KVHeads: 1, Heads: 1 + (i+way)%5, Width: width, Scale: 0.3}
			if way&1 != 0 {
				s.Window = 3 + i%4
			}
			if way == 2 || way == 5 || way == 7 {
				s.SoftCap = 1.5
			}
			if way == 4 || way == 6 {
				s.Sinks = b.floats(s.Heads)
				s.Sinks[0] = float32(1000 * (5 - way)) // far above the scores, or below
			}
			relative := way == 6
			if way == 3 || relative || way == 7 {
				s.Bias = func(head, query, key int) float32 {
					if relative {
						return float32(head+1) * float32(key-query) / 16
					}
					return float32(head+1) * float32(key) / 16
				}
			}
			root, more := 1+(5*i+3*way)%19, 1+(3*i+way)%7
			if way == i%8 {
				root = 66
			}
			if way == 0 && (width == 96 || width == 192 || width == 300) {
				root = 129 + i // tiles that are full, of queries and of keys that all of them see
			}
			b.attend(s, []kernel.Segment{
				{From: 0, To: root, Ranges: [][2]int{{0, root}}},
				{From: root, To: root + more, First: root, Ranges: [][2]int{{0, root}, {root, root + more}}},
			}, relative)
		}
	}
}

// attend compares attention of a batch of segments.
func (b *bench) attend(s kernel.AttentionShape, segments []kernel.Segment, relative bool) {
	b.Helper()
	rows, keys := segments[len(segments)-1].To, 0
	group := 1 + b.r.IntN(4)
	var pos, tiles, ranges []int32
	starts := []int32{0}
	for i, seg := range segments {
		for t := range seg.To - seg.From {
			pos = append(pos, int32(seg.First+t))
			keys = max(keys, seg.First+t+1)
		}
		for from := seg.From; from < seg.To; from += 32 / group {
			tiles = append(tiles, int32(from), int32(min(32/group, seg.To-from)), int32(i))
		}
		for _, r := range seg.Ranges {
			ranges = append(ranges, int32(r[0]), int32(r[1]-r[0]))
		}
		starts = append(starts, int32(len(ranges)/2))
	}
	q, k, v := b.floats(rows*s.Heads*s.Width), b.floats(rows*s.KVHeads*s.Width), b.floats(rows*s.KVHeads*s.Width)
	for t := range rows {
		if rows%2 == 0 && t%5 == 3 { // its scores are no numbers
			q[t*s.Heads*s.Width] = float32(math.NaN())
		}
	}
	want := make([]float32, len(q))
	b.pool.Attention(want, q, k, v, segments, s)
	var bias []float32
	flag := int32(0)
	if s.Bias != nil {
		for h := range s.Heads {
			for j := range keys {
				if relative {
					bias, flag = append(bias, s.Bias(h, j, 0)), 1
				} else {
					bias = append(bias, s.Bias(h, 0, j))
				}
			}
		}
	}
	out, share := b.result(len(q)), s.Heads/s.KVHeads
	name, values := "attention_64", 64
	if s.Width > 128 {
		name, values = "attention_256", 256
	} else if s.Width > 64 {
		name, values = "attention_128", 128
	}
	grid := Dim{X: len(tiles) / 3, Y: s.KVHeads * ((share + group - 1) / group), Z: (s.Width + values - 1) / values}
	b.launch(name, out, want, grid, Dim{X: 128}, out, send(b, q), send(b, k), send(b, v), send(b, pos), send(b, tiles),
		send(b, starts), send(b, ranges), send(b, bias), send(b, s.Sinks), int32(group),
		int32(s.Heads), int32(s.KVHeads), int32(s.Width), int32(s.Window), s.Scale, s.SoftCap, int32(keys), flag)
}
