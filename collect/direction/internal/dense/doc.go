// Package dense multiplies, factors and solves with dense float64 matrices, on
// one processor but for the largest products: parallel work is the caller's. It is there because the
// products of gonum reach a fifth of what a core can do.
//
// Results are the same to the bit on every processor and do not depend on
// what else runs. Matrices are row after row.
package dense
