package gpu

import "unsafe"

// BytesOf is the memory of a slice; devices are little-endian, as are all machines
// that have one.
func BytesOf[V int8 | int32 | float32](x []V) []byte {
	if len(x) == 0 {
		return nil
	}
	return unsafe.Slice((*byte)(unsafe.Pointer(&x[0])), len(x)*int(unsafe.Sizeof(x[0])))
}
