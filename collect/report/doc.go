// Package report shows what a dataset holds and what its directions are worth,
// in one HTML file that needs nothing else: no network, no other file.
//
// Make reads a dataset once more beside what package direction computed on it
// (analysis.go is the only file that knows that package) and draws the figures,
// one file each (figure_*.go); Page.Write writes them. Everything on the page
// follows from the dataset and the options: no time of its own is in it.
package report
