package layers_test

import (
	"context"
	"fmt"
	"log"

	"premlp/layers"
	"premlp/weights"
)

// A graph of one embedding and one norm, built on a checkpoint's tensors.
func Example() {
	source, err := weights.OpenSafetensors("../model/testdata/arch/llama")
	if err != nil {
		log.Fatal(err)
	}
	defer source.Close()
	const vocab, d = 199, 48

	g := layers.NewGraph(source, layers.NewStore())
	s := g.Root().Sub("model")
	x := layers.Embedding(s.Sub("embed_tokens"), vocab, d)                        // [T, D]
	y := layers.RMSNorm(s.Sub("layers").Layer(0).Sub("input_layernorm"), x, 1e-6) // [T, D]
	s.Tap(layers.MLPIn, y)

	p := layers.Point{Site: layers.MLPIn}
	m, err := g.Machine(layers.MachineOptions{Points: []layers.Point{p}, Vocab: vocab, Context: 256})
	if err != nil {
		log.Fatal(err)
	}
	defer m.Close()
	err = m.Run(context.Background(), layers.Pack([][]int32{{3, 1, 4}}, nil), func(p layers.Point, rows layers.Rows) error {
		fmt.Printf("%s: %d rows of %d, %d statistic each\n", p, rows.Len(), rows.Dim, rows.StatsPerRow)
		return nil
	})
	if err != nil {
		log.Fatal(err)
	}
	// Output: mlp_in.0: 3 rows of 48, 1 statistic each
}
