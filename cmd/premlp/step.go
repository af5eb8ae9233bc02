package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"time"

	"github.com/spf13/cobra"
	"github.com/vbauerster/mpb/v8/cwriter"

	"premlp/cmd/premlp/screen"
	"premlp/collect"
	"premlp/collect/walk"
	"premlp/layers"
)

// stepFlags are the flags of step.
type stepFlags struct {
	model, prompt, system, script string
	device                        string
	chat, plain                   bool
	threads                       int
}

func newStep(e *env) *cobra.Command {
	var f stepFlags
	c := &cobra.Command{
		Use:   "step --model MODEL --prompt TEXT [--chat]",
		Short: "Walk through a forward pass op by op: stop, print, compare, patch",
		Long: `Step runs a prompt and stops wherever it is told to: at the next op, at a site of a
layer, where a norm is above a number, where a value is not finite, where one
token overtakes another in the logit lens. There values are printed, compared
with another prompt's, another model's or a file's, changed, and saved; then the
run goes on with what they are. A run in pieces has the bits of a run in one go.

On a terminal it is a screen of layers and tokens with a line for commands; with
--plain, or where stdin or stdout is no terminal, commands are read line by line;
--script reads them from a file and prints each with its result, so that a walk
can be repeated. 'help' lists the commands.`,
		Example: `  premlp step --model smollm2-135m --chat --prompt "What is the capital of France?"
  echo "to mlp_in.3
  stats
  lens" | premlp step --model tiny-countries --prompt "The capital of France is"
  premlp step --model tiny-countries --prompt "The capital of France is" --script walk.txt`,
		Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			return e.withDevice(f.device, func(d layers.Device) error { return runStep(c.Context(), e, f, d) })
		},
	}
	c.Flags().StringVar(&f.model, "model", "", "the model: a .gguf file, a folder with config.json, or a catalogue name")
	c.Flags().StringVar(&f.prompt, "prompt", "", "the text to run, or with --chat to ask")
	c.Flags().BoolVar(&f.chat, "chat", false, "put the prompt into the model's chat template")
	c.Flags().StringVar(&f.system, "system", "", "system message, with --chat (default: the template's own)")
	c.Flags().StringVar(&f.script, "script", "", "read commands from this file and stop at the first that fails")
	c.Flags().BoolVar(&f.plain, "plain", false, "no screen: read commands line by line")
	addThreads(c, &f.threads)
	addDevice(c, &f.device)
	require(c, "model", "prompt")
	return c
}

func runStep(ctx context.Context, e *env, f stepFlags, device layers.Device) (err error) {
	l, err := loadModel(e, f.model)
	if err != nil {
		return err
	}
	defer l.Close()
	w, err := walk.New(l, walk.Options{Text: f.prompt, Threads: f.threads, Device: device, Prompt: f.ids})
	if err != nil {
		return err
	}
	defer func() {
		if closed := w.Close(); closed != nil {
			err = errors.Join(err, closed)
		}
	}()
	if f.script != "" {
		file, err := os.Open(f.script)
		if err != nil {
			return err
		}
		defer file.Close()
		return runLines(ctx, e, w, lines{in: file, echo: true, strict: true})
	}
	human := isTerminal(e.stdin) && isTerminal(e.stdout) && !e.json
	if human && !f.plain && os.Getenv("TERM") != "dumb" {
		return screen.Run(ctx, w, screen.Options{Model: f.model, Prompt: f.prompt, In: e.stdin, Out: e.stdout})
	}
	return runLines(ctx, e, w, lines{in: e.stdin, prompt: human})
}

// isTerminal reports whether somebody sits at the other end.
func isTerminal(stream any) bool {
	file, ok := stream.(*os.File)
	return ok && cwriter.IsTerminal(int(file.Fd()))
}

// ids are a text's tokens in the form that the flags ask for.
func (f stepFlags) ids(l *collect.Loaded, text string) ([]int32, error) {
	if !f.chat {
		return l.RawPrompt(text)
	}
	if l.Chat == nil {
		return nil, usagef("--chat: the model has no chat template")
	}
	var system *string
	if f.system != "" {
		system = &f.system
	}
	return l.ChatPrompt(text, system, time.Now())
}

// stepped is a command of a script and what it found.
type stepped struct {
	Command string      `json:"command"`
	Result  walk.Result `json:"result"`
	Error   string      `json:"error,omitempty"`
}

// lines are where commands come from, and what is done about them.
type lines struct {
	in     io.Reader
	echo   bool // print each before its result
	strict bool // end at the first that fails
	prompt bool // ask for each
}

// runLines runs commands line by line.
func runLines(ctx context.Context, e *env, w *walk.Walk, l lines) error {
	all := []stepped{}
	out := &firstError{w: e.stdout}
	ask := func() {
		if l.prompt {
			fmt.Fprint(out, "> ")
		}
	}
	if l.prompt {
		fmt.Fprintln(out, "'help' lists the commands")
	}
	ask()
	err := eachLine(ctx, l.in, func(line string) error {
		r, err := w.Do(ctx, line)
		if errors.Is(err, walk.ErrQuit) {
			return err
		}
		if l.echo && !e.json {
			fmt.Fprintf(out, "> %s\n", line)
		}
		if ctx.Err() != nil {
			return ctx.Err()
		}
		switch {
		case e.json && (r != nil || err != nil):
			s := stepped{Command: line, Result: r}
			if err != nil {
				s.Error = err.Error()
			}
			all = append(all, s)
		case err != nil && !l.strict:
			fmt.Fprintln(out, err)
		case r != nil && !e.json:
			r.Print(out)
		}
		if err != nil && l.strict {
			return fmt.Errorf("%s: %w", line, err)
		}
		ask()
		return out.err
	})
	switch {
	case errors.Is(err, walk.ErrQuit):
		err = nil
	case err == nil && l.prompt: // the input's end
		fmt.Fprintln(out)
	}
	if e.json && ctx.Err() == nil {
		return errors.Join(e.Result(all, nil), err)
	}
	return err
}

// eachLine calls do for each line until it fails, the input ends or ctx is
// cancelled, which a read from a terminal would wait out.
func eachLine(ctx context.Context, in io.Reader, do func(line string) error) error {
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	read, ended := make(chan string), make(chan error, 1)
	go func() {
		scanner := bufio.NewScanner(in)
		for scanner.Scan() {
			select {
			case read <- scanner.Text():
			case <-ctx.Done():
				return
			}
		}
		ended <- scanner.Err()
	}()
	for {
		select {
		case line := <-read:
			if err := do(line); err != nil {
				return err
			}
		case err := <-ended:
			return err
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}
