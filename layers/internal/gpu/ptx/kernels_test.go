package ptx

import (
	"math"
	"testing"
)

func TestVectorAdd(t *testing.T) {
	m := small(t)
	for _, n := range []int{1, 31, 32, 33, 100, 256, 1000} {
		a, b, out := ramp(n), ramp(n + 5)[5:], make([]float32, n)
		s := must(t, m, "vector_add", Launch{Grid: Dim{X: (n + 63) / 64}, Block: Dim{X: 64}, Count: true}, out, a, b, n)
		for i := range out {
			if out[i] != a[i]+b[i] {
				t.Fatalf("n %d: [%d]: want %v, have %v", n, i, a[i]+b[i], out[i])
			}
		}
		want := int64(n) * 4
		if s.Read != 2*want || s.Written != want || s.UniqueRead != 2*want || s.UniqueWrote != want {
			t.Errorf("n %d: want %d and %d bytes, have %d and %d, %d and %d distinct", n, 2*want, want, s.Read, s.Written, s.UniqueRead, s.UniqueWrote)
		}
		if sectors := 3 * ((want + 31) / 32); s.Sectors != sectors {
			t.Errorf("n %d: want %d sectors, have %d", n, sectors, s.Sectors)
		}
		threads := int64(n+63) / 64 * 64
		if len(s.Branches) != 1 || s.Branches[0].Taken != threads-int64(n) || s.Branches[0].Not != int64(n) {
			t.Errorf("n %d: branches %+v", n, s.Branches)
		}
		if s.Threads != threads {
			t.Errorf("want %d threads, have %d", threads, s.Threads)
		}
	}
}

func TestReduce(t *testing.T) {
	m := small(t)
	for _, n := range []int{0, 1, 255, 256, 257, 5000} {
		x, out := ramp(n + 1)[:n], make([]float32, 1)
		must(t, m, "reduce", Launch{Block: Dim{X: 256}}, out, append(x, 0), n)
		var part [256]float32
		for i := range 256 {
			for j := i; j < n; j += 256 {
				part[i] += x[j]
			}
		}
		for k := 128; k > 0; k >>= 1 {
			for i := range k {
				part[i] += part[i+k]
			}
		}
		if out[0] != part[0] {
			t.Errorf("n %d: want %v, have %v", n, part[0], out[0])
		}
	}
}

func TestShuffle(t *testing.T) {
	const blocks = 3
	x, out := ramp(32*blocks), make([]float32, 96*blocks)
	must(t, small(t), "shuffle_sum", Launch{Grid: Dim{X: blocks}, Block: Dim{X: 32}}, out, x)
	for b := range blocks {
		part := append([]float32{}, x[32*b:32*b+32]...)
		for k := 16; k > 0; k >>= 1 {
			next := make([]float32, 32)
			for i := range next {
				next[i] = part[i] + part[i^k]
			}
			part = next
		}
		down := append([]float32{}, x[32*b:32*b+32]...)
		for k := 16; k > 0; k >>= 1 {
			next := make([]float32, 32)
			for i := range next {
				from := i + k
				if from > 31 {
					from = i
				}
				next[i] = down[i] + down[from]
			}
			down = next
		}
		for i := range 32 {
			have := []float32{out[96*b+i], out[96*b+32+i], out[96*b+64+i]}
			want := []float32{part[i], down[0], x[32*b+max(i-1, 0)]}
			for j := range want {
				if have[j] != want[j] {
					t.Fatalf("block %d, lane %d, %d: want %v, have %v", b, i, j, want[j], have[j])
				}
			}
		}
	}
}

func TestMatmulTile(t *testing.T) {
	mod := small(t)
	for _, d := range [][3]int{{1, 1, 1}, {16, 16, 16}, {17, 33, 5}, {40, 20, 50}} {
		m, n, k := d[0], d[1], d[2]
		a, b, c := ramp(m*k), ramp(k*n + 3)[3:], make([]float32, m*n)
		must(t, mod, "matmul_tile", Launch{Grid: Dim{X: (n + 15) / 16, Y: (m + 15) / 16}, Block: Dim{X: 16, Y: 16}}, c, a, b, m, n, k)
		for i := range m {
			for j := range n {
				var sum float32
				for x := range k {
					sum = float32(math.FMA(float64(a[i*k+x]), float64(b[x*n+j]), float64(sum)))
				}
				if diff := math.Abs(float64(c[i*n+j] - sum)); diff > 1e-4 {
					t.Fatalf("%v: [%d,%d]: want %v, have %v", d, i, j, sum, c[i*n+j])
				}
			}
		}
	}
}

func TestHistogram(t *testing.T) {
	const n = 300
	x, counts, total, most := make([]int32, n), make([]int32, 8), make([]float32, 1), []int32{math.MinInt32}
	want := make([]int32, 8)
	sum := float32(0)
	for i := range x {
		x[i] = int32(i * i % 13)
		want[x[i]&7]++
		sum += float32(x[i])
	}
	must(t, small(t), "histogram", Launch{Grid: Dim{X: 5}, Block: Dim{X: 64}}, counts, total, most, x, n)
	for i := range want {
		if counts[i] != want[i] {
			t.Errorf("counts: want %v, have %v", want, counts)
			break
		}
	}
	if total[0] != sum || most[0] != 12 {
		t.Errorf("want %v and 12, have %v and %v", sum, total[0], most[0])
	}
}

func TestMixed(t *testing.T) {
	m := small(t)
	table, scales := []float32{10, 20, 30, 40}, []float32{1.5, 2.5}
	for _, k := range []int{1, 2, 3, 5, 8} {
		for _, threads := range []int{1, 7, 32, 40} {
			x, out := make([]float32, threads), make([]float32, threads)
			for i := range x {
				x[i] = float32(i)*1.25 + 3
			}
			must(t, m, "mixed", Launch{Block: Dim{X: threads}, Shared: 4 * threads}, out, x, k)
			for i := range out {
				var local [8]float32
				for j := range 8 {
					local[j*k&7] = x[i] + float32(j)
				}
				from, y := x[threads-1-i], float32(0)
				if k+i&3 > 3 {
					y = float32(math.Sqrt(float64(from))) * from
				} else {
					y = from / 3
				}
				y = y + local[k&7] + table[i&3]*scales[i&1]
				switch i % 6 {
				case 0:
					y++
				case 1:
					y *= 3
				case 2:
					y = -y
				case 3:
					y = float32(int(y) / 3)
				case 4:
					y = float32(int64(y) % 7)
				}
				if out[i] != y {
					t.Fatalf("k %d, %d threads: [%d]: want %v, have %v", k, threads, i, y, out[i])
				}
			}
		}
	}
}

func TestCollatz(t *testing.T) {
	const n = 200
	steps := make([]int32, n)
	s := must(t, small(t), "collatz", Launch{Grid: Dim{X: 2}, Block: Dim{X: 128}}, steps, n)
	for i := range steps {
		want := int32(0)
		for v := i + 1; v != 1; want++ {
			if v&1 != 0 {
				v = 3*v + 1
			} else {
				v >>= 1
			}
		}
		if steps[i] != want {
			t.Fatalf("[%d]: want %d, have %d", i, want, steps[i])
		}
	}
	if s.Warp*32 <= s.Instructions {
		t.Errorf("divergent warps: want fewer than 32 threads an instruction, have %d of %d", s.Instructions, s.Warp)
	}
}

func TestWide(t *testing.T) {
	m := small(t)
	const n = 50
	x, out := ramp(4*n), make([]float32, 4*n)
	must(t, m, "reverse4", Launch{Block: Dim{X: 64}}, out, x, n)
	for i := range out {
		if out[i] != x[4*n-1-i] {
			t.Fatalf("[%d]: want %v, have %v", i, x[4*n-1-i], out[i])
		}
	}
	d, l, b, s := make([]float64, n), make([]int64, n), make([]uint8, n), make([]int16, n)
	for i := range s {
		s[i] = int16(i*1201 - 20000)
	}
	must(t, m, "widths", Launch{Block: Dim{X: 64}}, d, l, b, s, n)
	for i, v := range s {
		wantD := float64(v)/7 + float64(v)
		wantL := int64(uint64(int64(v)*1000000007/int64(i+1)) - uint64(int64(v))>>5)
		if d[i] != wantD || l[i] != wantL || b[i] != uint8(int32(v)*int32(v)>>3) {
			t.Fatalf("[%d] %d: have %v %v %v, want %v %v", i, v, d[i], l[i], b[i], wantD, wantL)
		}
	}
}

// TestCoverage names what a launch leaves out.
func TestCoverage(t *testing.T) {
	m := small(t)
	out, a := make([]float32, 64), ramp(64)
	s := must(t, m, "vector_add", Launch{Block: Dim{X: 64}}, out, a, a, 64)
	if missing := s.Missing(); len(missing) != 1 || missing[0].Taken != 0 || missing[0].Not != 64 || !missing[0].Jump || missing[0].Text != "@%p1 bra LBB0_2;" {
		t.Errorf("have %+v", missing)
	}
	s.Add(must(t, m, "vector_add", Launch{Block: Dim{X: 64}}, out, a, a, 0))
	if missing := s.Missing(); len(missing) != 0 {
		t.Errorf("have %+v", missing)
	}
	s = must(t, m, "vector_add", Launch{Block: Dim{X: 64}}, out, a, a, 0)
	k := m.Kernel("vector_add")
	lines := s.Unexecuted(k)
	if len(lines) != 14 || k.statementText(int32(lines[13])) != "st.global.f32 [%rd1], %f3;" {
		t.Errorf("have %v", lines)
	}
}
