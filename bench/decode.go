package bench

import (
	"context"
	"errors"
	"fmt"
	"io"

	"premlp/model"
)

// DecodeOptions says what Decode measures; all but Threads and Progress must be
// given.
type DecodeOptions struct {
	Prompt   int // tokens of the prompt
	Tokens   int // decoded in each run
	Threads  int // 0: one per processor
	Runs     int
	Machine  MachineOptions
	Progress func(row string, done, total int) // may be nil
}

// DecodeReport is what Decode measured.
type DecodeReport struct {
	Measure string   `json:"measure"` // "decode"
	Machine *Machine `json:"machine"`
	Model   Model    `json:"model"`
	Threads int      `json:"threads"`
	Prompt  int      `json:"prompt_tokens"`
	Tokens  int      `json:"tokens"` // decoded in each run
	// WeightBytes are the packed weights, which every token reads once.
	WeightBytes int64 `json:"weight_bytes"`

	Times           Times   `json:"times"` // of the tokens after the first
	TokensPerSecond Figure  `json:"tokens_per_s"`
	Rate            Figure  `json:"gb_per_s"`           // of packed weights
	Read            *Figure `json:"dram_read_gb_per_s"` // of the memory, in turn with the runs
	ReadShare       *Figure `json:"share_of_read"`      // of Read's best
}

// Decode measures greedy decoding of one stream with a cache, each run in turn
// with reads of memory. The prompt is not counted.
func Decode(ctx context.Context, m *model.Model, o DecodeOptions) (*DecodeReport, error) {
	o.Threads = threadsOr(o.Threads)
	o.Machine.Threads = o.Threads
	r := &DecodeReport{Measure: "decode", Threads: o.Threads, Prompt: o.Prompt, Tokens: o.Tokens}
	var err error
	if r.Model, err = DescribeModel(ctx, m); err != nil {
		return nil, err
	}
	if r.Machine, err = DescribeMachine(ctx, o.Machine); err != nil {
		return nil, err
	}
	d, err := NewDecoder(m, o.Prompt, o.Tokens, o.Threads)
	if err != nil {
		return nil, err
	}
	defer d.Close()
	r.WeightBytes = m.PackedBytes()
	l, err := newLimits(o.Threads, o.Machine.readBytes(r.Machine.LastCache))
	if err != nil {
		return nil, err
	}
	defer l.close()
	var decoded []float64
	times, err := Interleave(ctx, o.Runs, func(done, total int) {
		if o.Progress != nil {
			o.Progress("decode", done, total)
		}
	}, func(ctx context.Context) error {
		seconds, err := d.Run(ctx)
		decoded = append(decoded, seconds)
		return err
	}, l.read)
	if err != nil {
		return nil, err
	}
	r.Times = Summarize(decoded[len(decoded)-o.Runs:])
	r.TokensPerSecond = r.Times.per(float64(o.Tokens))
	r.Rate = r.Times.per(float64(o.Tokens) * float64(r.WeightBytes) / 1e9)
	reads := l.readOf(times[1])
	r.Read, r.ReadShare = &reads, r.Rate.of(reads)
	return r, nil
}

// Decoder decodes one stream over and over.
type Decoder struct {
	generator *model.Generator
	prompt    []int32
	tokens    int
}

// NewDecoder makes a decoder of that many tokens behind a prompt of token ids
// that do not repeat early.
func NewDecoder(m *model.Model, prompt, tokens, threads int) (*Decoder, error) {
	if prompt < 1 || tokens < 1 {
		return nil, errors.New("want at least one token of prompt and one to decode")
	}
	// The first token follows from the prompt alone; those after it are decoded.
	g, err := m.Generator(model.GeneratorOptions{Prompt: prompt, MaxTokens: tokens + 1, Threads: threads})
	if err != nil {
		return nil, err
	}
	d := &Decoder{generator: g, tokens: tokens, prompt: make([]int32, prompt)}
	for i := range d.prompt {
		d.prompt[i] = int32((i*104729 + 13) % m.Config().Vocab)
	}
	return d, nil
}

// Run decodes once and returns the seconds that the tokens after the first took.
func (d *Decoder) Run(ctx context.Context) (float64, error) {
	g, err := d.generator.Generate(ctx, d.prompt, model.GenerateOptions{MaxTokens: d.tokens + 1, IgnoreEnd: true}, func(model.Token) error { return nil })
	if err != nil {
		return 0, err
	}
	if g.Decoded != d.tokens {
		return 0, fmt.Errorf("want %d tokens decoded, have %d", d.tokens, g.Decoded)
	}
	return g.Decode.Seconds(), nil
}

// Close ends the decoder.
func (d *Decoder) Close() error { return d.generator.Close() }

// Print writes the report for a reader.
func (r *DecodeReport) Print(w io.Writer) {
	r.Machine.Print(w)
	fmt.Fprintf(w, "\ndecoding %d tokens behind a prompt of %d, one stream of %s, %d threads; best / median\n",
		r.Tokens, r.Prompt, r.Model.Architecture, r.Threads)
	t := table(w)
	fmt.Fprintln(t, "tokens/s\tpacked weights\tread at GB/s\tmemory reads beside it\tshare\tspread")
	fmt.Fprintf(t, "%s\t%.1f MB\t%s\t%s\t%s\t%.0f %%\n", pair(&r.TokensPerSecond, 1), float64(r.WeightBytes)/1e6,
		pair(&r.Rate, 1), pair(r.Read, 1), percent(r.ReadShare), 100*r.Times.Spread)
	t.Flush()
}
