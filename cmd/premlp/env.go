package main

import (
	"bytes"
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
	pprof  pprofFlags

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
	if e.json {
		// Encoded whole first: a value JSON cannot hold (NaN) must leave room
		// for the error's document.
		var document bytes.Buffer
		if err := writeJSON(&document, v); err != nil {
			return fmt.Errorf("result: %w", err)
		}
		e.printed = true
		_, err := document.WriteTo(e.stdout)
		return err
	}
	e.printed = true
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
