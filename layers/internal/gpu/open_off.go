//go:build !gpu

package gpu

import "fmt"

// Open opens the CUDA device of a number: never in this build.
func Open(number int) (Device, error) {
	return nil, fmt.Errorf("cuda:%d: %w: this program was built without CUDA; build bin/premlp-gpu by 'make gpu', see docs/cuda.md", number, ErrNone)
}
