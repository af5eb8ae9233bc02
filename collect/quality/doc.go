// Package quality measures whether the rows of a dataset are fit to take
// directions from: per site, layer and set their norms, outlying, repeated and
// broken rows, dead and saturated coordinates, effective rank and cosines; the
// drift of the difference between the sets from template to template; and the
// imbalance between the sets in places and tokens. Each is held against two
// thresholds, listed in checks.go, and gets a verdict: ok, look or bad.
//
// The thresholds are conventions that catch faults in the data or its design,
// not tests of significance; every measured value is reported with them.
package quality
