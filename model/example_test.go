package model_test

import (
	"context"
	"fmt"
	"log"

	"premlp/model"
)

// A session computes chosen sites of chosen layers and hands over the rows of
// the selected tokens while the pass runs.
func Example() {
	m, err := model.Open("testdata/arch/llama")
	if err != nil {
		log.Fatal(err)
	}
	defer m.Close()
	fmt.Println(m.Config().Architecture, m.Config().Layers, "layers of width", m.Config().Dim)

	s, err := m.Session(model.SessionOptions{Points: []model.Point{
		{Site: "mlp_in", Layer: 0}, {Site: "resid_post", Layer: 1},
	}})
	if err != nil {
		log.Fatal(err)
	}
	defer s.Close()

	// Two prompts; of the first the last two tokens are read, of the second all.
	batch := model.Pack([][]int32{{1, 17, 42, 99}, {5, 6}}, [][]int32{{2, 3}, {0, 1}})
	err = s.Run(context.Background(), batch, func(p model.Point, rows model.Rows) error {
		fmt.Printf("%s: %d rows of %d\n", p, rows.Len(), rows.Dim)
		return nil
	})
	if err != nil {
		log.Fatal(err)
	}
	// Output:
	// LlamaForCausalLM 3 layers of width 48
	// mlp_in.0: 4 rows of 48
	// resid_post.1: 4 rows of 48
}

// Values of kept points can be read after a run, all tokens of them.
func ExampleSession_Value() {
	m, err := model.Open("testdata/arch/llama")
	if err != nil {
		log.Fatal(err)
	}
	defer m.Close()
	p := model.Point{Site: "resid_mid", Layer: 2}
	s, err := m.Session(model.SessionOptions{Keep: []model.Point{p}})
	if err != nil {
		log.Fatal(err)
	}
	defer s.Close()
	if err := s.Run(context.Background(), model.Pack([][]int32{{1, 17, 42}}, nil), nil); err != nil {
		log.Fatal(err)
	}
	v, err := s.Value(p)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(v.Rows, "tokens of width", v.Cols)
	// Output: 3 tokens of width 48
}

// A generator continues a prompt: two samples that share its keys and values,
// drawn from a seed.
func ExampleGenerator() {
	m, err := model.Open("testdata/arch/llama")
	if err != nil {
		log.Fatal(err)
	}
	defer m.Close()
	g, err := m.Generator(model.GeneratorOptions{Prompt: 4, MaxTokens: 3, Samples: 2})
	if err != nil {
		log.Fatal(err)
	}
	defer g.Close()

	o := model.GenerateOptions{Sampling: model.Sampling{Temperature: 1, TopK: 40}, Seed: 1, Samples: 2}
	r, err := g.Generate(context.Background(), []int32{1, 17, 42, 99}, o, func(t model.Token) error {
		fmt.Printf("sample %d: token %d, log-probability %.2f\n", t.Sample, t.ID, t.LogProb)
		return nil
	})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println("stopped:", r.Samples[0].Stopped)
	// Output:
	// sample 0: token 181, log-probability -2.78
	// sample 1: token 26, log-probability -2.88
	// sample 0: token 182, log-probability -4.12
	// sample 1: token 28, log-probability -4.83
	// sample 0: token 135, log-probability -2.59
	// sample 1: token 45, log-probability -4.58
	// stopped: length
}

// An edit changes activations on their way through the model: here a vector is
// added to the last two tokens' residual stream behind block 0.
func ExampleEdit() {
	m, err := model.Open("testdata/arch/llama")
	if err != nil {
		log.Fatal(err)
	}
	defer m.Close()
	at := model.Point{Site: "resid_post", Layer: 0}
	s, err := m.Session(model.SessionOptions{Points: []model.Point{{Site: "resid_pre", Layer: 1}}})
	if err != nil {
		log.Fatal(err)
	}
	defer s.Close()
	vector := make([]float32, m.Config().Dim)
	vector[0] = 10

	batch := model.Pack([][]int32{{1, 17, 42, 99}}, nil)
	show := func(_ model.Point, rows model.Rows) error {
		fmt.Printf("%.2f %.2f %.2f\n", rows.Row(1)[0], rows.Row(2)[0], rows.Row(3)[0])
		return nil
	}
	for _, batch.Edits = range [][]model.Edit{nil, {{At: at, Rows: []int32{2, 3}, Change: model.Add{Vector: vector}}}} {
		if err := s.Run(context.Background(), batch, show); err != nil {
			log.Fatal(err)
		}
	}
	// Output:
	// 1.09 5.14 -0.55
	// 1.09 15.14 9.45
}

// A session can be stepped: it pauses behind an op, whose value is read and
// changed there, and goes on with what it is then.
func ExampleSession_Continue() {
	m, err := model.Open("testdata/arch/llama")
	if err != nil {
		log.Fatal(err)
	}
	defer m.Close()
	s, err := m.Session(model.SessionOptions{Logits: true, KeepAll: true})
	if err != nil {
		log.Fatal(err)
	}
	defer s.Close()
	ctx := context.Background()
	if err := s.Begin(model.Pack([][]int32{{1, 17, 42}}, nil)); err != nil {
		log.Fatal(err)
	}
	o, err := s.Continue(ctx, func(o *model.Op, value model.Mat) bool {
		return o.Kind() == "attention" && o.Layer() == 1
	})
	if err != nil {
		log.Fatal(err)
	}
	v, err := s.ValueOf(o)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Printf("%s: %d tokens of width %d, first value %.4f\n", o.Key(), v.Rows, v.Cols, v.Row(0)[0])

	// Without what the last token attended to:
	if err := s.Patch(o, []int32{2}, model.Replace{Rows: make([]float32, v.Cols)}); err != nil {
		log.Fatal(err)
	}
	if o, err = s.Step(ctx); err != nil { // the next op
		log.Fatal(err)
	}
	fmt.Println(o.Kind(), o.Key())
	if o, err = s.Continue(ctx, nil); err != nil { // to the end
		log.Fatal(err)
	}
	fmt.Println(o == nil, s.Done() == len(s.Ops()))
	// Output:
	// model.layers.1.self_attn.attn: 3 tokens of width 48, first value -0.0564
	// linear model.layers.1.self_attn.o_proj
	// true true
}
