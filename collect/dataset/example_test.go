package dataset_test

import (
	"fmt"
	"os"
	"path/filepath"

	"premlp/collect/dataset"
)

// Write one question's activations at one site and layer, then read them back.
func Example() {
	tmp, err := os.MkdirTemp("", "dataset")
	if err != nil {
		fmt.Println(err)
		return
	}
	defer os.RemoveAll(tmp)
	dir := filepath.Join(tmp, "france")

	manifest := dataset.Manifest{
		Model: dataset.Model{Name: "tiny", Layers: 2, Dim: 4}, Target: "France",
		Sites: []string{"mlp_in"}, Layers: []int{1}, DType: dataset.F32, Dim: 4, Arithmetic: "example",
	}
	questions := []dataset.Question{{
		ID: "q00001", Set: dataset.Target, Concept: "France", Template: "Is {concept} big?",
		Text: "Is France big?", Prompt: "Is France big?",
		IDs: []int32{7, 8, 9, 5}, Spans: [][2]int{{0, 2}, {2, 9}, {9, 13}, {13, 14}},
		TextSpan: [2]int{3, 9}, PromptSpan: [2]int{3, 9}, TokenSpan: [2]int{1, 2},
		Rows: []int32{2, 3}, Tokens: []string{" big", "?"},
	}}

	list, err := dataset.NewList(dataset.Slice(questions))
	if err != nil {
		fmt.Println(err)
		return
	}
	w, err := dataset.Create(dir, manifest, list)
	if err != nil {
		fmt.Println(err)
		return
	}
	defer w.Close()
	rows := []float32{1, 2, 3, 4, 5, 6, 7, 8} // [1 layer, 2 rows, 4]
	if err := w.Add(0, map[string]dataset.Block{"mlp_in": {Data: rows}}); err != nil {
		fmt.Println(err)
		return
	}
	if err := w.Finish(dataset.RunInfo{Version: "1.0.0"}); err != nil {
		fmt.Println(err)
		return
	}

	r, err := dataset.Open(dir)
	if err != nil {
		fmt.Println(err)
		return
	}
	defer r.Close()
	for i := range r.Len() {
		q, err := r.Question(i)
		if err != nil {
			fmt.Println(err)
			return
		}
		x, err := r.Rows(i, "mlp_in", 1, nil)
		if err != nil {
			fmt.Println(err)
			return
		}
		fmt.Println(q.ID, q.Tokens, x)
	}
	// Output: q00001 [ big ?] [1 2 3 4 5 6 7 8]
}
