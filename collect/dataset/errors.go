package dataset

import "errors"

// Reasons for which a dataset cannot be made, resumed or read. The errors of
// this package wrap them with the place, what was wanted and what was found.
var (
	ErrExists     = errors.New("already exists")
	ErrUnfinished = errors.New("unfinished")
	ErrLocked     = errors.New("in use by another run")
	ErrMismatch   = errors.New("does not match the unfinished dataset")
	ErrCorrupt    = errors.New("corrupt")
	ErrClosed     = errors.New("closed")
)
