package main

import (
	"context"
	"errors"
	"fmt"

	"github.com/spf13/cobra"
)

// The exit statuses.
const (
	exitDone        = 0
	exitFailed      = 1 // the run or a check failed
	exitUsage       = 2 // the command line is wrong
	exitInterrupted = 130
)

// usageError marks an error of the command line that only the command's own
// code can see (two flags that exclude each other, a value out of range).
type usageError struct{ error }

func (u usageError) Unwrap() error { return u.error }

// usagef returns a usageError with the formatted text.
func usagef(format string, args ...any) error {
	return usageError{fmt.Errorf(format, args...)}
}

// fail prints the error of one command once and returns the exit status.
func (e *env) fail(ctx context.Context, cmd *cobra.Command, err error) int {
	status, text := exitFailed, err.Error()
	var usage usageError
	switch {
	case !e.started || errors.As(err, &usage):
		status = exitUsage
	case ctx.Err() != nil && errors.Is(err, ctx.Err()):
		status = exitInterrupted
		if text = "interrupted: " + text; err == ctx.Err() {
			text = "interrupted"
		}
	}
	fmt.Fprintf(e.stderr, "%s: %s\n", cmd.CommandPath(), text)
	if status == exitUsage {
		fmt.Fprintf(e.stderr, "usage: %s\nSee '%s --help'.\n", cmd.UseLine(), cmd.CommandPath())
	}
	if e.json && !e.printed {
		// Nothing more can be reported when stdout itself is gone.
		_ = writeJSON(e.stdout, errorDocument{Error: text, Command: cmd.CommandPath(), Exit: status})
	}
	return status
}

// errorDocument is what --json prints for a command that failed before it had
// a result.
type errorDocument struct {
	Error   string `json:"error"`
	Command string `json:"command"`
	Exit    int    `json:"exit"`
}
