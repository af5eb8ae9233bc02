package bench_test

import (
	"context"
	"fmt"
	"log"

	"premlp/bench"
	"premlp/model"
)

// Times of equal runs are summed up the same way everywhere.
func ExampleSummarize() {
	t := bench.Summarize([]float64{0.5, 0.4, 0.7, 0.5, 0.6})
	fmt.Printf("best %.1f s, median %.1f s, spread %.0f %%\n", t.Best, t.Median, 100*t.Spread)
	// Output: best 0.4 s, median 0.5 s, spread 20 %
}

// A forward pass is measured in turn with the machine's peak.
func ExampleForward() {
	m, err := model.Open("../model/testdata/arch/llama")
	if err != nil {
		log.Fatal(err)
	}
	defer m.Close()
	r, err := bench.Forward(context.Background(), m, bench.ForwardOptions{
		Lengths: []int{8, 16}, Prompts: []int{2}, Runs: 3,
		Machine: bench.MachineOptions{Runs: 1, ReadBytes: 1 << 20}, // an example need not be exact
	})
	if err != nil {
		log.Fatal(err)
	}
	for _, row := range r.Rows {
		fmt.Printf("%d × %d tokens, %d runs, measured: %v\n", row.Prompts, row.Length, row.Times.Runs, row.TokensPerSecond.Best > 0)
	}
	// Output:
	// 2 × 8 tokens, 3 runs, measured: true
	// 2 × 16 tokens, 3 runs, measured: true
}
