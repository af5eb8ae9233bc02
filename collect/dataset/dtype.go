package dataset

import "fmt"

// DType is how activations are stored. Norm statistics are always float32.
type DType string

const (
	F32  DType = "f32"  // exact
	BF16 DType = "bf16" // float32 rounded to nearest even, 8 bits of precision
	F16  DType = "f16"  // IEEE 754 binary16, rounded to nearest even; values past 65504 are refused
)

// Size is the number of bytes of one value, 0 for an unknown type.
func (d DType) Size() int {
	switch d {
	case F32:
		return 4
	case BF16, F16:
		return 2
	}
	return 0
}

// ParseDType reads "f32", "bf16" or "f16".
func ParseDType(s string) (DType, error) {
	if d := DType(s); d.Size() > 0 {
		return d, nil
	}
	return "", fmt.Errorf("dtype: want f32, bf16 or f16, have %q", s)
}
