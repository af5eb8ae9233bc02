package facts_test

import (
	"fmt"
	"log"

	"premlp/collect/facts"
)

// A file of facts names concepts, what is asked about them, and how a model is
// made to begin its answer.
func Example() {
	f, err := facts.Read("../../docs/examples/capitals.json")
	if err != nil {
		log.Fatal(err)
	}
	a := f.Answers["capital"]
	fmt.Println(len(f.Concepts), "concepts;", a.Question)
	fmt.Println(a.Prefix, f.Concepts[0].Facts["capital"])
	// Output:
	// 21 concepts; What is the capital of {concept}?
	// The capital is Paris
}
