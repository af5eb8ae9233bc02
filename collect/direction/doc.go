// Package direction finds, in a dataset's rows, the direction that sets a
// target concept apart from its controls, and tests how far it can be believed.
//
// A direction is a vector d of length D, one for each method, site and layer;
// a row's score is its dot product with d. The sign is such that the target's
// mean score is above the controls'. All sums are float64.
//
// The unit of every test is the question: its score is the mean over its rows.
// A direction is tested on questions whose template and whose control it has
// not seen ([Options].Folds, Groups), and beside every figure stand the same
// figure for labels and directions that mean nothing.
//
// Letters in comments: n rows, D their length, y = 1 on rows of the target,
// m1 and m0 the means of the target's and the controls' rows.
package direction
