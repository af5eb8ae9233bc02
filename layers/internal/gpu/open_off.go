//go:build !gpu

package gpu

import "fmt"

// Open opens the CUDA device of a number: never in this build.
func Open(number int) (Device, error) {
	return nil, fmt.Errorf("cuda:%d: %w: this program was built without CUDA; build bin/premlp-gpu by 'make gpu', see docs/cuda.md", number, ErrNone)
}

// Count is the number of CUDA devices: never known in this build.
func Count() (int, error) {
	return 0, fmt.Errorf("%w: this program was built without CUDA; build bin/premlp-gpu by 'make gpu', see docs/cuda.md", ErrNone)
}
