package layers

import (
	"fmt"

	"github.com/chewxy/hm"
	"gorgonia.org/tensor"
)

// deviceValue is a node's value on a device. Its Data copies it back.
type deviceValue struct {
	d *onDevice
	matAt
}

func (v deviceValue) Shape() tensor.Shape { return tensor.Shape{v.rows, v.cols} }
func (v deviceValue) Size() int           { return v.len() }
func (v deviceValue) Dtype() tensor.Dtype { return tensor.Float32 }
func (v deviceValue) Type() hm.Type       { return matrix }
func (v deviceValue) Uintptr() uintptr    { return uintptr(v.at) }
func (v deviceValue) MemSize() uintptr    { return uintptr(4 * v.len()) }
func (v deviceValue) Format(f fmt.State, _ rune) {
	fmt.Fprintf(f, "[%d, %d] on a device", v.rows, v.cols)
}

// Data returns the values, []float32, or the error of copying them.
func (v deviceValue) Data() any {
	m, err := v.d.fetch(v.matAt)
	if err != nil {
		return err
	}
	return m.Data
}
