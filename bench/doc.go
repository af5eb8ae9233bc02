// Package bench measures forward passes: how many tokens a second a model
// computes, by batch size and by how far the pass goes.
package bench
