package gpu

import "errors"

// ErrNone is the error of [Open] where there is no device to open: no driver, no
// card, or a program built without them.
var ErrNone = errors.New("no CUDA device")
