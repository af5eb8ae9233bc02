// Package kernel holds the arithmetic of the forward pass: loops over
// float32 slices, each with its formula and the order of its additions in its
// comment.
//
// # The numeric contract
//
// A row of any result has the same bits whatever other rows are computed with
// it, however many threads share the work, and wherever the row stands in
// memory:
//
//   - a product's sum over k is cut into blocks of [BlockK]; each block is one
//     chain of multiply-adds from k = first to last, starting at zero, and the
//     blocks are added in order;
//   - attention cuts its sums over keys into blocks of [BlockKeys] aligned to
//     the keys' absolute positions, each block one chain in key order;
//   - every other sum runs in 16 lanes of float64 (element i goes to lane
//     i mod 16), folded as a tree: 8 onto 8, 4 onto 4, 2 onto 2, 1 onto 1;
//   - exp, tanh, GELU, sin and cos are this package's own, so that they do not depend on a
//     platform's library.
//
// How a multiply-add of a product's or of attention's chains rounds depends on
// the kernel. The kernels "go", "avx2" and "avx512" round once, after the sum
// (fused, as [FMA] does), and give the same bits. The kernel "portable", for
// processors without such instructions, rounds twice, after the product and
// after the sum: the same bits on every platform, but other ones. Everything
// else rounds after every operation in all kernels; the conversion
// float32(a*b) keeps a compiler from fusing. [Kernel.Arithmetic] names the
// contract; bits may be compared only between runs that carry the same name.
// The bits of a NaN are not part of it.
//
// Products of weights in the format [Pairs], which only [SelectDot]'s kernel
// takes, have a lossy arithmetic of their own, with the same blocks.
//
// # Kernels
//
// A [Kernel] is a table of inner loops, foremost the tile: a few rows times the
// 32 columns of a panel over one block. Products and attention are cut into
// tiles by the same Go code for all kernels, so a kernel is judged tile by tile.
package kernel

const (
	// BlockK is the length of a product's blocks along k. It is part of the
	// numeric contract. Shorter blocks are more exact (the error of a chain
	// grows with its length); longer ones spare additions.
	BlockK = 256

	// BlockKeys is the number of key positions in one block of attention's
	// sums. Blocks begin at multiples of it counted from position 0.
	BlockKeys = 64
)
