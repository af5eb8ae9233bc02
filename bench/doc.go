// Package bench measures what premlp does, beside what the machine can do at
// most: its multiply-add peak and the speed at which it reads memory, measured
// in the same run as the work and in turn with it, so that both see the same
// clock and the same neighbours.
//
// Every result carries the machine's facts, and of every time the best, the
// median and the spread over the runs. Times are in seconds, rates in
// GFLOP/s (10⁹ floating-point operations a second) and GB/s (10⁹ bytes a
// second).
package bench
