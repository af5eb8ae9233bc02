package main

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"

	"github.com/spf13/cobra"

	"premlp/collect"
	"premlp/tokenizer"
)

// tokenizeFlags are the flags of tokenize.
type tokenizeFlags struct {
	model, tokenizer, text, jsonl string
	special                       bool
}

func newTokenize(e *env) *cobra.Command {
	var f tokenizeFlags
	c := &cobra.Command{
		Use:   "tokenize (--model MODEL | --tokenizer FILE) (--text TEXT | --jsonl FILE)",
		Short: "Show the tokens of a text and where each stands in it",
		Long: `Tokenize prints the ids of a text's tokens, the bytes [start, end) of the text
that each stands for, and the text that the ids decode to. Special tokens written
out in the text are recognised; --special adds the prefix and suffix that the
tokenizer itself has. A text that is not UTF-8 is read with U+FFFD for the parts
that are not.

--jsonl reads lines {"s": text} and writes one line for each, with or without
--json: {"ids": [...], "boff": [[start, end], ...], "dec": text}.`,
		Example: `  premlp tokenize --model smollm2-135m --text "The capital of France is"
  premlp tokenize --tokenizer tokenizer.json --jsonl questions.jsonl > tokens.jsonl
  premlp tokenize --tokenizer tokenizer.json --special --json --text "Bonjour"`,
		Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error { return runTokenize(e, c, f) },
	}
	c.Flags().StringVar(&f.model, "model", "", "the model: a .gguf file, a folder with config.json, or a catalogue name")
	c.Flags().StringVar(&f.tokenizer, "tokenizer", "", "a tokenizer.json or tokenizer.model file")
	c.Flags().StringVar(&f.text, "text", "", "the text")
	c.Flags().StringVar(&f.jsonl, "jsonl", "", `a file of lines {"s": text}, - for stdin`)
	c.Flags().BoolVar(&f.special, "special", false, "add the tokenizer's own prefix and suffix")
	c.MarkFlagsOneRequired("model", "tokenizer")
	c.MarkFlagsMutuallyExclusive("model", "tokenizer")
	c.MarkFlagsOneRequired("text", "jsonl")
	c.MarkFlagsMutuallyExclusive("text", "jsonl")
	return c
}

// tokenized is the result for one text: a line of --jsonl.
type tokenized struct {
	IDs  []int32  `json:"ids"`
	Boff [][2]int `json:"boff"`
	Dec  string   `json:"dec"`
}

// tokenizeReport is the result for --text.
type tokenizeReport struct {
	tokenized
	Tokens  []string `json:"tokens"`
	Special []bool   `json:"special"`
	Digest  string   `json:"tokenizer"`
}

func runTokenize(e *env, c *cobra.Command, f tokenizeFlags) error {
	tok, err := f.open()
	if err != nil {
		return err
	}
	if c.Flags().Changed("jsonl") {
		return tokenizeLines(e, tok, f)
	}
	one, special, err := tokenizeText(tok, f.text, f.special)
	if err != nil {
		return err
	}
	report := tokenizeReport{tokenized: one, Tokens: []string{}, Special: append([]bool{}, special...), Digest: tok.Digest()}
	for _, id := range one.IDs {
		token, _ := tok.Token(id)
		report.Tokens = append(report.Tokens, token)
	}
	return e.Result(report, func(w io.Writer) {
		for i, id := range one.IDs {
			mark := ""
			if special[i] {
				mark = "  special"
			}
			fmt.Fprintf(w, "%5d %7d %6d %6d  %q%s\n", i, id, one.Boff[i][0], one.Boff[i][1], report.Tokens[i], mark)
		}
		fmt.Fprintf(w, "%d tokens; they decode to %q\n", len(one.IDs), one.Dec)
	})
}

// open opens the tokenizer that the flags name.
func (f tokenizeFlags) open() (*tokenizer.Tokenizer, error) {
	if f.tokenizer != "" {
		return collect.OpenTokenizerFile(f.tokenizer)
	}
	m, err := openModel(f.model)
	if err != nil {
		return nil, err
	}
	tok, err := collect.OpenTokenizer(m)
	return tok, errors.Join(err, m.Close())
}

func tokenizeText(tok *tokenizer.Tokenizer, text string, special bool) (tokenized, []bool, error) {
	enc, err := tok.Encode(text, special)
	if err != nil {
		return tokenized{}, nil, err
	}
	t := tokenized{IDs: append([]int32{}, enc.IDs...), Boff: make([][2]int, len(enc.Spans))}
	for i, s := range enc.Spans {
		t.Boff[i] = [2]int{s.Start, s.End}
	}
	t.Dec, err = tok.Decode(enc.IDs, false)
	return t, enc.Special, err
}

// maxJSONLine bounds one line of --jsonl.
const maxJSONLine = 256 << 20

// tokenizeLines writes one line for each line of the file.
func tokenizeLines(e *env, tok *tokenizer.Tokenizer, f tokenizeFlags) error {
	in := e.stdin
	if f.jsonl != "-" {
		file, err := os.Open(f.jsonl)
		if err != nil {
			return err
		}
		defer file.Close()
		in = file
	}
	e.printed = true // the lines are the result: no error document after them
	out := bufio.NewWriter(e.stdout)
	enc := json.NewEncoder(out)
	enc.SetEscapeHTML(false)
	lines := bufio.NewScanner(in)
	lines.Buffer(nil, maxJSONLine)
	for n := 1; lines.Scan(); n++ {
		var line struct{ S *string }
		err := json.Unmarshal(lines.Bytes(), &line)
		if err == nil && line.S == nil {
			err = errors.New(`want {"s": text}, have no "s"`)
		}
		var t tokenized
		if err == nil {
			t, _, err = tokenizeText(tok, *line.S, f.special)
		}
		if err == nil {
			err = enc.Encode(t)
		}
		if err != nil {
			return errors.Join(fmt.Errorf("%s: line %d: %w", f.jsonl, n, err), out.Flush())
		}
	}
	if err := lines.Err(); err != nil {
		return errors.Join(fmt.Errorf("%s: %w", f.jsonl, err), out.Flush())
	}
	return out.Flush()
}
