package weights_test

import (
	"errors"
	"fmt"
	"log"
	"os"
	"path/filepath"

	"premlp/weights"
)

func Example() {
	dir, err := os.MkdirTemp("", "weights")
	if err != nil {
		log.Fatal(err)
	}
	defer os.RemoveAll(dir)
	path := filepath.Join(dir, "model.safetensors")
	err = weights.WriteSafetensors(path, []weights.Output{
		weights.FloatOutput("mlp.up_proj.weight", []float32{1, 2, 3, 4, 5, 6}, 2, 3),
		weights.FloatOutput("norm.weight", []float32{1, 1, 1}, 3),
	}, map[string]string{"format": "pt"})
	if err != nil {
		log.Fatal(err)
	}

	s, err := weights.OpenSafetensors(dir) // a folder with model.safetensors
	if err != nil {
		log.Fatal(err)
	}
	defer s.Close()
	source := weights.Track(s)
	up, err := source.Tensor("mlp.up_proj.weight", 2, 3)
	if err != nil {
		log.Fatal(err)
	}
	row := make([]float32, up.Cols())
	up.Row(row, 1)
	fmt.Println(up.DType, up.Shape, row)

	_, err = source.Tensor("mlp.down_proj.weight", 3, 2)
	fmt.Println(err, errors.Is(err, weights.ErrMissing))
	fmt.Println("unused:", source.Unused())
	// Output:
	// F32 [2 3] [4 5 6]
	// tensor "mlp.down_proj.weight": not in the checkpoint: want [3, 2] true
	// unused: [norm.weight]
}
