// Mlpnorm prints the length of each token's mlp_in row at layer 2 of a model:
//
//	go run ./docs/examples/mlpnorm model/testdata/arch/llama
package main

import (
	"context"
	"fmt"
	"os"

	"gonum.org/v1/gonum/blas/blas32"
	"premlp/model"
)

func main() {
	m, err := model.Open(os.Args[1])
	check(err)
	s, err := m.Session(model.SessionOptions{Points: []model.Point{{Site: "mlp_in", Layer: 2}}})
	check(err)
	prompt := model.Pack([][]int32{{1, 17, 42, 99}}, nil)
	check(s.Run(context.Background(), prompt, func(p model.Point, rows model.Rows) error {
		for t := range rows.Len() {
			norm := blas32.Nrm2(blas32.Vector{N: rows.Dim, Inc: 1, Data: rows.Row(t)})
			fmt.Printf("token %d: |%s| = %.2f\n", t, p, norm)
		}
		return nil
	}))
}

func check(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}
