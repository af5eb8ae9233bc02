package kernel

import (
	"fmt"
	"os"
	"strings"
	"sync"
)

// Kernel is one implementation of the package's inner loops. Kernels of one
// arithmetic give the same bits.
type Kernel struct {
	name       string
	arithmetic string

	rows   int // most rows of a tile
	panels int // panels that row takes at once, a power of 2; 0: there is no row
	tile   tileFunc
	row    rowFunc
	// dot is tile for words that are pairs of bf16 values, k counting pairs; nil:
	// such products are not asked for.
	dot tileFunc
	// roundPairs writes a row as such pairs, the last with a zero where the row's
	// length is odd; nil where dot is.
	roundPairs func(dst, row []float32)
	// transpose writes row r of src, n values from at[r] on, to column r of dst:
	//
	//	dst[i·stride+r] = src[at[r]+i]    r in [0, count), i in [0, n)
	//
	// It may write anything into columns [count, 16) of each dst row before that
	// row's successor is written, so dst needs 16 values after the last row's
	// begin. at[count:] repeat at[count-1].
	transpose func(dst []float32, stride int, src []float32, at *[laneCount]int, count, n int)

	// expand writes k rows [k][32] of a panel of the format that begins with src.
	// k is a multiple of the format's group.
	expand func(f Format, dst []float32, src []byte, k int)
	// storedRow is row for panels of a format other than Float32, stride bytes apart,
	// k ≥ 1 a multiple of the format's group; as many panels as c has room for, a
	// power of 2 up to Kernel.panels.
	storedRow func(f Format, c, x []float32, w []byte, stride, k int, m mode)

	scaleMax func(s []float32, scale float32, top *[PanelWidth]float32)
	expSum   func(s []float32, top, total *[PanelWidth]float32)
	divide   func(s []float32, total *[PanelWidth]float32)

	siluMul func(dst, gate, up []float32)
	add     func(dst, a, b []float32)
	mul     func(dst, a, b []float32)

	gelu, geluTanh func(dst, x []float32)

	sumSquares func(x []float32) float64
	scaleMul   func(dst, x, w []float32, scale float32)
	sum        func(x []float32) float64
	deviations func(x []float32, mean float64) float64
	centreMul  func(dst, x, w []float32, mean, factor float32)
}

// laneCount is the most rows that a transpose takes.
const laneCount = 16

// tileFunc multiplies mr rows by the 32 columns of a panel over one block of k:
//
//	s[r][j]       = Σₖ a[k·lda+r]·w[k·32+j]       one chain in order of k
//	c[r·ldc+j]    = s[r][j], or c + s, or the chain continued from c (see mode)
//
// A kernel may fetch k·16 bytes from next on into the second-level cache, for
// tiles to come; nil: none.
type tileFunc func(mr int, c []float32, ldc int, a []float32, lda int, w []float32, k int, m mode, next *byte)

// rowFunc is tile for one row a [k] and Kernel.panels panels, stride values
// apart, with their results side by side in c.
type rowFunc func(c, a, w []float32, stride, k int, m mode)

// mode says what a tile does with its sums.
type mode int

const (
	store  mode = iota // c = sums, their chains starting at zero
	add                // c += sums, their chains starting at zero
	extend             // c = sums, their chains starting at c
)

// Name returns "go", "portable", "avx2" or "avx512".
func (k Kernel) Name() string { return k.name }

// Arithmetic names the numeric contract the kernel follows: what is summed in
// which order, and how a multiply-add rounds. Bits may be compared only between
// results of equal arithmetic.
func (k Kernel) Arithmetic() string { return k.arithmetic }

// Variable is the environment variable that picks a kernel by name.
const Variable = "PREMLP_KERNEL"

// Select returns the kernel of this process: the one that PREMLP_KERNEL names,
// else the fastest that the processor supports. It decides once.
var Select = sync.OnceValues(func() (Kernel, error) { return choose(os.Getenv(Variable)) })

// Supported lists the kernels that this build and processor can run, the
// default first. "go" and "portable" are always among them.
func Supported() []Kernel {
	portable := Kernel{
		name: "portable", arithmetic: arithmetic("portable"),
		rows: goRows, tile: portableTile, transpose: transpose, expand: Format.expand,
		scaleMax: scaleMax, expSum: expSum, divide: divide, siluMul: siluMul, add: addTwo, mul: mulTwo,
		gelu: gelus, geluTanh: geluTanhs,
		sumSquares: SumSquares, scaleMul: scaleMul, sum: sum, deviations: sumDeviations, centreMul: centreMul,
	}
	judge := portable
	judge.name, judge.arithmetic, judge.tile = "go", Fused(), fusedTile
	return append(assembly(), portable, judge)
}

// Fused names the arithmetic of kernels whose multiply-adds round once.
func Fused() string { return arithmetic("fma") }

// arithmetic returns the contract's name for a rounding of multiply-adds. The
// last number counts changes to what else is fixed.
func arithmetic(rounding string) string {
	return fmt.Sprintf("%s-k%d-a%d-1", rounding, BlockK, BlockKeys)
}

// choose returns the kernel of that name, or the default for "".
func choose(name string) (Kernel, error) {
	var names []string
	for _, k := range Supported() {
		if name == "" || name == k.name {
			return k, nil
		}
		names = append(names, k.name)
	}
	return Kernel{}, fmt.Errorf("%s: want one of %s on this machine, have %q", Variable, strings.Join(names, ", "), name)
}
