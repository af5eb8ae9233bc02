package main

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"time"

	"github.com/spf13/cobra"

	"premlp/bench"
	"premlp/weights/catalogue"
)

// newBenchWorker is hidden: it is premlp's side of `make bench-peers`.
func newBenchWorker(e *env) *cobra.Command {
	f := benchJobFlags{}
	c := &cobra.Command{
		Use:   "worker --model MODEL --concept CONCEPT --controls FILE",
		Short: "Run pieces of work on request",
		Long: `Worker loads a model, prints {"ready": true} and then answers every line of
standard input by running what it asks for once:

  {"work": "prefill", "tokens": 512}          one prompt through all blocks
  {"work": "prefill_bf16", "tokens": 512}     the same with --fast-bf16
  {"work": "job"}                             the job, into a folder that is removed
  {"work": "job_unshared"}                    the same without shared prefixes
  {"work": "decode", "tokens": 64}            greedy tokens behind a short prompt
  {"work": "products", "shape": [16, 576, 1536], "times": 9}  products m, k, n of f32 weights

An answer is one line, {"seconds": 0.5, "tokens": 512}; of a request that failed,
{"error": "…"}. Between requests the program takes no processor time, so that it
can be measured in turn with others.`,
		Example: `  echo '{"work": "prefill", "tokens": 512}' | premlp bench worker --model smollm2-135m \
    --concept France --controls docs/examples/france-controls.txt`,
		Hidden: true,
		Args:   cobra.NoArgs,
		RunE:   func(c *cobra.Command, _ []string) error { return runBenchWorker(c.Context(), e, c, f) },
	}
	f.addJob(c)
	addThreads(c, &f.threads)
	return c
}

// workRequest asks the worker for one run.
type workRequest struct {
	Work   string `json:"work"`
	Tokens int    `json:"tokens"` // of the prompt, for prefill; to decode
	Shape  [3]int `json:"shape"`  // m, k, n of products
	Times  int    `json:"times"`  // that products run
}

// workAnswer is what one run took.
type workAnswer struct {
	Seconds float64 `json:"seconds"`
	Tokens  int64   `json:"tokens"` // computed
	Rows    int64   `json:"rows,omitempty"`
	Error   string  `json:"error,omitempty"`
}

// worker is a loaded model and what is kept ready for requests.
type worker struct {
	job     *benchedJob
	prefill *bench.Prefill
	shapes  map[[3]int]*bench.Product // of the products asked for
	fast    *bench.Prefill            // with --fast-bf16; nil before it is asked for
	threads int

	decoder  *bench.Decoder // nil before it is asked for
	decoding int            // tokens it decodes
}

func runBenchWorker(ctx context.Context, e *env, c *cobra.Command, f benchJobFlags) (err error) {
	f.runs = 1
	if err := f.check(); err != nil {
		return err
	}
	path, err := catalogue.Locate(f.job.model)
	if err != nil {
		return err
	}
	dir, err := os.MkdirTemp("", "premlp-bench-")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	w := &worker{threads: f.threads, shapes: map[[3]int]*bench.Product{}}
	if w.job, err = f.open(ctx, e, c, path, dir); err != nil {
		return err
	}
	defer w.job.loaded.Close()
	if w.prefill, err = bench.NewPrefill(w.job.loaded.Model, nil, f.threads, false); err != nil {
		return err
	}
	defer w.prefill.Close()
	defer func() {
		if w.decoder != nil {
			err = errors.Join(err, w.decoder.Close())
		}
		if w.fast != nil {
			err = errors.Join(err, w.fast.Close())
		}
		for _, p := range w.shapes {
			p.Close()
		}
	}()
	return w.serve(ctx, e.stdin, e.stdout)
}

// serve answers requests until there are no more.
func (w *worker) serve(ctx context.Context, in io.Reader, out io.Writer) error {
	answers := json.NewEncoder(out)
	if err := answers.Encode(map[string]bool{"ready": true}); err != nil {
		return err
	}
	for lines := bufio.NewScanner(in); lines.Scan(); {
		var request workRequest
		var a workAnswer
		err := json.Unmarshal(lines.Bytes(), &request)
		if err == nil {
			a, err = w.do(ctx, request)
		}
		if ctx.Err() != nil {
			return ctx.Err()
		}
		if err != nil {
			a = workAnswer{Error: err.Error()}
		}
		if err := answers.Encode(a); err != nil {
			return err
		}
	}
	return nil
}

// decode decodes that many tokens. The decoder of the first request is kept.
func (w *worker) decode(ctx context.Context, tokens int) (workAnswer, error) {
	if w.decoder == nil || w.decoding != tokens {
		if w.decoder != nil {
			if err := w.decoder.Close(); err != nil {
				return workAnswer{}, err
			}
		}
		var err error
		if w.decoder, err = bench.NewDecoder(w.job.loaded.Model, decodePrompt, tokens-1, w.threads); err != nil {
			return workAnswer{}, err
		}
		w.decoding = tokens
	}
	start := time.Now()
	_, err := w.decoder.Run(ctx)
	return workAnswer{Seconds: time.Since(start).Seconds(), Tokens: int64(tokens)}, err
}

// products multiplies with f32 weights, which are kept for the next request.
func (w *worker) products(shape [3]int, times int) (workAnswer, error) {
	p := w.shapes[shape]
	if p == nil {
		s, err := bench.ParseShape(fmt.Sprintf("%d,%d,%d", shape[0], shape[1], shape[2]))
		if err != nil {
			return workAnswer{}, err
		}
		if p, err = bench.NewProduct(s, "f32", w.threads); err != nil {
			return workAnswer{}, err
		}
		w.shapes[shape] = p
	}
	start := time.Now()
	err := p.Run(times)
	return workAnswer{Seconds: time.Since(start).Seconds()}, err
}

// decodePrompt is how many tokens the prompt of a decode request has, the first
// token of the answer follows from it.
const decodePrompt = 8

// pass runs one prompt of that length.
func pass(ctx context.Context, p *bench.Prefill, tokens int) (workAnswer, error) {
	start := time.Now()
	err := p.Run(ctx, 1, tokens)
	return workAnswer{Seconds: time.Since(start).Seconds(), Tokens: int64(tokens)}, err
}

// do runs one request.
func (w *worker) do(ctx context.Context, r workRequest) (workAnswer, error) {
	switch r.Work {
	case "prefill":
		return pass(ctx, w.prefill, r.Tokens)
	case "prefill_bf16":
		if err := checkFast(true); err != nil {
			return workAnswer{}, err
		}
		if w.fast == nil {
			var err error
			if w.fast, err = bench.NewPrefill(w.job.loaded.Model, nil, w.threads, true); err != nil {
				return workAnswer{}, err
			}
		}
		return pass(ctx, w.fast, r.Tokens)
	case "job", "job_unshared":
		once, err := w.job.once(ctx, r.Work == "job")
		if err != nil {
			return workAnswer{}, err
		}
		return workAnswer{Seconds: once.run, Tokens: once.summary.Tokens, Rows: once.summary.Rows}, nil
	case "decode":
		return w.decode(ctx, r.Tokens)
	case "products":
		return w.products(r.Shape, r.Times)
	}
	return workAnswer{}, fmt.Errorf("work: want prefill, prefill_bf16, job, job_unshared, decode or products, have %q", r.Work)
}
