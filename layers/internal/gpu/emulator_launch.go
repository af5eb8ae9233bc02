package gpu

import (
	"encoding/binary"
	"fmt"
	"math"
	"slices"
	"strings"

	"premlp/layers/internal/gpu/ptx"
)

// The bounds of a launch.
const (
	maxThreads = 1024
	maxBlockZ  = 64
	maxGridX   = math.MaxInt32
	maxGridYZ  = 65535
)

// mostShared is how much shared memory a block may have: on sm_70 48 KiB, as nothing
// more is asked for there.
func mostShared(target string) int {
	switch target {
	case "sm_80":
		return 163 << 10
	case "sm_90a":
		return 227 << 10
	}
	return 48 << 10
}

// versionOf is the compute capability of a target: "8.0" of "sm_80".
func versionOf(target string) string {
	digits := strings.TrimRight(strings.TrimPrefix(target, "sm_"), "a")
	if len(digits) < 2 {
		return digits
	}
	return digits[:len(digits)-1] + "." + digits[len(digits)-1:]
}

// Launch implements Device. It executes the kernel at once; what the kernel does
// wrong is an error that wraps a *ptx.Fault, and all later calls fail.
func (e *Emulator) Launch(kernel string, grid, block Dim, shared int, args []Arg) error {
	if err := e.before(CallLaunch); err != nil {
		return err
	}
	k := e.kernel(kernel)
	if k == nil {
		return fmt.Errorf("launch: there is no kernel %q; %s", kernel, e.similar(kernel))
	}
	l := ptx.Launch{
		Grid: extents(grid), Block: extents(block), Shared: shared,
		Workers: e.Workers, MaxSteps: e.MaxSteps, Count: e.Count, Races: e.Races,
	}
	if err := checkLaunch(k, l, mostShared(e.target())); err != nil {
		return fmt.Errorf("launch %s: %w", kernel, err)
	}
	var err error
	if l.Arguments, err = arguments(k, args); err != nil {
		return fmt.Errorf("launch %s: %w", kernel, err)
	}
	counts, err := k.Run(e.memory, l)
	if counts != nil {
		e.stats.add(kernel, counts)
	}
	if err != nil {
		e.broken = fmt.Errorf("launch: %w", err)
		return e.broken
	}
	return nil
}

func extents(d Dim) ptx.Dim {
	one := func(n int) int {
		if n == 0 {
			return 1
		}
		return n
	}
	return ptx.Dim{X: one(d.X), Y: one(d.Y), Z: one(d.Z)}
}

// checkLaunch holds a launch within the bounds of a card.
func checkLaunch(k *ptx.Kernel, l ptx.Launch, mostShared int) error {
	g, b := l.Grid, l.Block
	for _, c := range []struct {
		what       string
		have, most int
	}{
		{"grid.X", g.X, maxGridX}, {"grid.Y", g.Y, maxGridYZ}, {"grid.Z", g.Z, maxGridYZ},
		{"block.X", b.X, maxThreads}, {"block.Y", b.Y, maxThreads}, {"block.Z", b.Z, maxBlockZ},
	} {
		if c.have < 1 || c.have > c.most {
			return fmt.Errorf("%s: want 1 to %d, have %d", c.what, c.most, c.have)
		}
	}
	if n := b.X * b.Y * b.Z; n > maxThreads {
		return fmt.Errorf("block: want at most %d threads, have %d×%d×%d", maxThreads, b.X, b.Y, b.Z)
	}
	if l.Shared < 0 || k.Shared+int64(l.Shared) > int64(mostShared) {
		return fmt.Errorf("shared memory: want at most %d bytes, have %d declared and %d asked for", mostShared, k.Shared, l.Shared)
	}
	return nil
}

// arguments lays a launch's arguments out as the kernel's parameters.
func arguments(k *ptx.Kernel, args []Arg) ([]byte, error) {
	if len(args) != len(k.Params) {
		return nil, fmt.Errorf("want %d arguments, have %d", len(k.Params), len(args))
	}
	out := make([]byte, k.ParamBytes)
	for i, p := range k.Params {
		to := out[p.Offset:]
		want := argumentTypes[p.Type]
		if !slices.Contains(want, args[i].ptx) || p.Size > 8 {
			if len(want) == 0 || p.Size > 8 {
				want = []string{"nothing: a ." + p.Type + " parameter is not supported"}
			}
			return nil, fmt.Errorf("argument %d: want %s, have %s", i+1, strings.Join(want, " or "), args[i])
		}
		var bits [8]byte
		binary.LittleEndian.PutUint64(bits[:], args[i].bits)
		copy(to[:p.Size], bits[:])
	}
	return out, nil
}

// argumentTypes are the types of arguments that a parameter's PTX type takes.
var argumentTypes = map[string][]string{
	"u64": {"u64"}, "s64": {"u64"}, "b64": {"u64", "f64"},
	"u32": {"u32"}, "s32": {"u32"}, "b32": {"u32", "f32"},
	"f32": {"f32"}, "f64": {"f64"},
}

// similar names the kernels whose names are nearest to one that is not there.
func (e *Emulator) similar(name string) string {
	var names []string
	for _, m := range e.modules {
		names = append(names, m.Kernels()...)
	}
	if len(names) == 0 {
		return "there are none"
	}
	distance := map[string]int{}
	for _, n := range names {
		distance[n] = editDistance(name, n)
	}
	slices.SortStableFunc(names, func(a, b string) int { return distance[a] - distance[b] })
	return fmt.Sprintf("the nearest of %d are %s", len(names), strings.Join(names[:min(3, len(names))], ", "))
}

// editDistance counts the letters to put in, take out or change (Levenshtein, 1966).
func editDistance(a, b string) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		diagonal := row[0]
		row[0] = i + 1
		for j := range len(b) {
			change := diagonal
			if a[i] != b[j] {
				change++
			}
			diagonal = row[j+1]
			row[j+1] = min(change, row[j]+1, row[j+1]+1)
		}
	}
	return row[len(b)]
}
