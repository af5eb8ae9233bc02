package weights

import (
	"math/rand/v2"
	"reflect"
	"slices"
	"sync"
	"testing"
)

// randomTensor fills a tensor of the given shape with random blocks whose
// scales are finite.
func randomTensor(rng *rand.Rand, d DType, shape ...int) *Tensor {
	t := &Tensor{Name: "x", DType: d, Shape: shape}
	size := t.Rows() * t.RowBytes()
	t.data = make([]byte, size)
	for i := range t.data {
		t.data[i] = byte(rng.Uint32()) & 0x3b // no exponent of all ones
	}
	return t
}

// TestTensorViews checks Row, RawRow, Slice and Permute against Floats for
// every format, and views of views.
func TestTensorViews(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	for d := range formats {
		d := DType(d)
		t.Run(d.String(), func(t *testing.T) {
			cols := 2 * d.BlockLen()
			x := randomTensor(rng, d, 4, 3, cols)
			all := x.Floats()
			rows := func(order ...int) []float32 {
				var v []float32
				for _, r := range order {
					v = append(v, all[r*cols:(r+1)*cols]...)
				}
				return v
			}
			sameRows(t, x, rows(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11))
			sameRows(t, x.Slice(1, 3), rows(3, 4, 5, 6, 7, 8))
			sameRows(t, x.Slice(1, 3).Slice(1, 2), rows(6, 7, 8))
			sameRows(t, x.Slice(2, 2), nil)
			p := x.Permute([]int32{11, 10, 9, 8, 7, 6, 5, 4, 3, 2, 1, 0})
			sameRows(t, p, rows(11, 10, 9, 8, 7, 6, 5, 4, 3, 2, 1, 0))
			sameRows(t, p.Slice(0, 1), rows(11, 10, 9))
			sameRows(t, p.Slice(0, 1).Permute([]int32{2, 0, 1}), rows(9, 11, 10))
			sameRows(t, x.Slice(3, 4).Permute([]int32{1, 1, 0}), rows(10, 10, 9))
			turned := make([]float32, len(all))
			for i, v := range all {
				turned[(i/cols/3*cols+i%cols)*3+i/cols%3] = v
			}
			each := x.TransposeEach()
			sameRows(t, each, turned)
			if !reflect.DeepEqual(each.Shape, []int{4 * cols, 3}) || !reflect.DeepEqual((&Tensor{Shape: []int{4, 3, cols}}).TransposeEach().Shape, each.Shape) {
				t.Errorf("transposed: have %v", each.Shape)
			}
			storedRows(t, d, x, all)
			storedRows(t, d, x.Slice(1, 3), rows(3, 4, 5, 6, 7, 8))
			storedRows(t, d, p, rows(11, 10, 9, 8, 7, 6, 5, 4, 3, 2, 1, 0))
			if turned := x.Slice(1, 2).Transpose(); turned.Readable() {
				storedRows(t, d, turned, turned.Floats())
				storedRows(t, d, turned.Pick([]int32{1, 0, 1}), turned.Pick([]int32{1, 0, 1}).Floats())
			}
			if !reflect.DeepEqual(x.Shape, []int{4, 3, cols}) || !reflect.DeepEqual(x.Slice(1, 3).Shape, []int{2, 3, cols}) {
				t.Errorf("shapes: have %v, %v", x.Shape, x.Slice(1, 3).Shape)
			}

			vector := randomTensor(rng, d, cols)
			half := vector.Slice(d.BlockLen(), cols)
			sameBits(t, half.Floats(), vector.Floats()[d.BlockLen():])
			if vector.Rows() != 1 || vector.Cols() != cols || half.Cols() != d.BlockLen() {
				t.Errorf("vector: have %d rows of %d; half: %d", vector.Rows(), vector.Cols(), half.Cols())
			}
		})
	}
}

// storedRows decodes what Stored returns and compares it with want.
func storedRows(t *testing.T, d DType, x *Tensor, want []float32) {
	t.Helper()
	stored := x.Stored()
	if len(stored) != x.Rows()*x.RowBytes() {
		t.Fatalf("stored: want %d bytes, have %d", x.Rows()*x.RowBytes(), len(stored))
	}
	have := make([]float32, len(want))
	d.Decode(have, stored)
	sameBits(t, have, want)
}

// sameRows compares Floats, Row and RawRow of x with want.
func sameRows(t *testing.T, x *Tensor, want []float32) {
	t.Helper()
	sameBits(t, x.Floats(), want)
	cols := x.Cols()
	row, raw := make([]float32, cols+1), make([]float32, cols)
	for i := range x.Rows() {
		row[cols] = 12345
		x.Row(row, i)
		sameBits(t, row[:cols], want[i*cols:][:cols])
		if row[cols] != 12345 {
			t.Fatal("Row wrote past Cols()")
		}
		x.DType.Decode(raw, x.RawRow(i))
		sameBits(t, raw, want[i*cols:][:cols])
	}
}

func TestTensorMisuse(t *testing.T) {
	x := randomTensor(rand.New(rand.NewPCG(3, 4)), Q4_0, 64)
	m := randomTensor(rand.New(rand.NewPCG(3, 4)), F32, 2, 3)
	for name, f := range map[string]func(){
		"cuts a block":     func() { x.Slice(16, 32) },
		"slice past end":   func() { m.Slice(0, 3) },
		"slice backwards":  func() { m.Slice(2, 1) },
		"slice of scalar":  func() { (&Tensor{}).Slice(0, 0) },
		"each of a matrix": func() { m.TransposeEach() },
		"permute too few":  func() { m.Permute([]int32{0}) },
		"stored columns":   func() { randomTensor(rand.New(rand.NewPCG(3, 4)), Q4_0, 2, 32).Transpose().Stored() },
		"row past the end": func() { m.Row(make([]float32, 3), 2) },
		"dst too short":    func() { m.Row(make([]float32, 2), 0) },
	} {
		func() {
			defer func() {
				if recover() == nil {
					t.Errorf("%s: no panic", name)
				}
			}()
			f()
		}()
	}
}

func TestTensorConcurrentRows(t *testing.T) {
	g := openSample(t)
	x, err := g.Tensor("f32")
	if err != nil {
		t.Fatal(err)
	}
	want := x.Floats()
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			row := make([]float32, x.Cols())
			for i := range 600 {
				x.Row(row, i%6)
				if !slices.Equal(row, want[i%6*4:][:4]) {
					t.Errorf("row %d: have %v", i%6, row)
					return
				}
			}
		})
	}
	wg.Wait()
}

func TestTracker(t *testing.T) {
	tr := Track(openSample(t))
	if _, err := tr.Tensor("f32", 2, 3, 4); err != nil {
		t.Fatal(err)
	}
	if _, err := tr.Tensor("bf16", 1); err == nil {
		t.Fatal("want an error")
	}
	if _, err := tr.Tensor("absent"); err == nil {
		t.Fatal("want an error")
	}
	if !tr.Has("ids") {
		t.Error("Has is wrong")
	}
	if have, want := tr.Unused(), []string{"ids", "nv", "odd", "old", "q8"}; !slices.Equal(have, want) {
		t.Errorf("unused: want %q, have %q", want, have)
	}
}
