// Package readout shows what a model makes of a direction without steering by it:
// which neurons of an MLP read it at mlp_in, which words of the vocabulary it
// stands for, and at which tokens of a text it is strong.
//
// What is said of a direction is said of many vectors. Beside every figure stands
// what random directions of the same length give, drawn from the normal
// distribution in all coordinates, and for a dataset what the other concepts'
// directions give: what is not above both says nothing about the concept. All
// sums are float64.
package readout
