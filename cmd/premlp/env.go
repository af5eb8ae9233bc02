package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
)

// env is what a command may touch of the outside: where it prints and the
// flags every command has.
//
// Results go to stdout through Result, once. Everything else (notes, progress,
// errors) goes to stderr.
type env struct {
	stdin  io.Reader
	stdout io.Writer
	stderr io.Writer
	json   bool // --json
	quiet  bool // --quiet

	started bool // the command's own code has begun
	printed bool // Result was called
}

// Result prints what the command found: v as one JSON document with --json,
// else what human writes. A command calls it at most once; a check that failed
// calls it and then returns the error.
func (e *env) Result(v any, human func(w io.Writer)) error {
	if e.printed {
		return errors.New("result: want one, have a second")
	}
	e.printed = true
	if e.json {
		return writeJSON(e.stdout, v)
	}
	w := &firstError{w: e.stdout}
	human(w)
	return w.err
}

// Notef prints one line on stderr, unless --quiet.
func (e *env) Notef(format string, args ...any) {
	if !e.quiet {
		fmt.Fprintf(e.stderr, format+"\n", args...)
	}
}

func writeJSON(w io.Writer, v any) error {
	enc := json.NewEncoder(w)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", "  ")
	return enc.Encode(v)
}

// firstError keeps the first write error, so that human forms need not check
// each line and a full disk or closed pipe still ends as a failure.
type firstError struct {
	w   io.Writer
	err error
}

func (f *firstError) Write(p []byte) (int, error) {
	if f.err != nil {
		return 0, f.err
	}
	n, err := f.w.Write(p)
	f.err = err
	return n, err
}
