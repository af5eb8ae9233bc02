package dataset_test

import (
	"fmt"
	"os"
	"path/filepath"

	"premlp/collect/dataset"
	"premlp/collect/dataset/datasettest"
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

// The mean of layer 2's rows 3 to 9, read where they lie in the mapped file.
func ExampleReader_Layer() {
	tmp, err := os.MkdirTemp("", "dataset")
	if err != nil {
		fmt.Println(err)
		return
	}
	defer os.RemoveAll(tmp)
	dir, err := writeExample(tmp)
	if err != nil {
		fmt.Println(err)
		return
	}

	r, err := dataset.Open(dir)
	if err != nil {
		fmt.Println(err)
		return
	}
	defer r.Close()
	m := r.Manifest()
	mean := make([]float64, m.Dim)
	var values []float32
	const from, to = 3, 9
	for p, err := range r.Layer("mlp_in", 2, from, to) {
		if err != nil {
			fmt.Println(err)
			return
		}
		fmt.Printf("question %d: rows %d to %d\n", p.Question, p.Row, p.Row+p.Rows)
		values = m.DType.Decode(values, p.Data)
		for i, v := range values {
			mean[i%m.Dim] += float64(v) / (to - from)
		}
	}
	fmt.Printf("%.3f\n", mean)
	// Output:
	// question 2: rows 0 to 3
	// question 3: rows 0 to 3
	// [0.847 1.160 -0.639 0.085 -0.087 -1.167 -1.563 -0.632]
}

// writeExample writes a small dataset of random numbers: question i has i + 1
// rows.
func writeExample(parent string) (dir string, err error) {
	dir = filepath.Join(parent, "random")
	m, questions := datasettest.Manifest(), datasettest.Questions(5)
	list, err := dataset.NewList(dataset.Slice(questions))
	if err != nil {
		return "", err
	}
	w, err := dataset.Create(dir, m, list)
	if err != nil {
		return "", err
	}
	defer w.Close()
	for i := range questions {
		if err := w.Add(i, datasettest.Blocks(m, &questions[i], i)); err != nil {
			return "", err
		}
	}
	return dir, w.Finish(datasettest.Run())
}
