package collect_test

import (
	"fmt"
	"os"

	"premlp/collect"
	"premlp/tokenizer"
)

// A question's rows are the tokens after the concept's last occurrence.
func ExampleBuildQuestions() {
	data, err := os.ReadFile("../tokenizer/testdata/mini/smollm2.json")
	if err != nil {
		fmt.Println(err)
		return
	}
	tok, err := tokenizer.FromJSON(data)
	if err != nil {
		fmt.Println(err)
		return
	}
	questions, err := collect.BuildQuestions(collect.Job{
		Target: "France", Controls: []string{"Germany"}, Templates: collect.SeedTemplates[3:4],
	}, tok)
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, q := range questions {
		fmt.Printf("%s %s %q: concept at bytes %v, tokens %v; rows %v\n", q.ID, q.Set, q.Text, q.TextSpan, q.TokenSpan, q.Rows)
	}
	for _, f := range collect.CheckDesign(questions, tok) {
		fmt.Println(f)
	}
	// Output:
	// q00001 target "Name a famous landmark in France.": concept at bytes [26 32], tokens [13 14]; rows [14]
	// q00002 control "Name a famous landmark in Germany.": concept at bytes [26 33], tokens [13 14]; rows [14]
}

// Niger does not stand in Nigeria.
func ExampleLastOccurrence() {
	s, err := collect.LastOccurrence("Is Niger's neighbour Nigeria?", "Niger")
	fmt.Println(s.Start, s.End, err)
	_, err = collect.LastOccurrence("Is Nigeria large?", "Niger")
	fmt.Println(err)
	// Output:
	// 3 8 <nil>
	// concept not found: "Niger" is only inside other words: "Nigeria" at byte 3
}
