package weights

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
)

// Error says what is wrong with one tensor that was asked for. Err wraps
// ErrMissing, ErrShape or ErrDType; Want and Have are shapes, nil where they
// are unknown.
type Error struct {
	Name       string
	Want, Have []int
	Err        error
}

// The reasons for which a Source refuses a tensor.
var (
	ErrMissing = errors.New("not in the checkpoint")
	ErrShape   = errors.New("wrong shape")
	ErrDType   = errors.New("unsupported type")
)

// Error returns one line: the tensor, what is wrong, what was wanted and found.
func (e *Error) Error() string {
	var b strings.Builder
	fmt.Fprintf(&b, "tensor %s: %v", quote(e.Name), e.Err)
	if !errors.Is(e.Err, ErrDType) {
		sep := ": "
		if e.Want != nil {
			b.WriteString(sep + "want " + shapeText(e.Want))
			sep = ", "
		}
		if e.Have != nil {
			b.WriteString(sep + "have " + shapeText(e.Have))
		}
	}
	return b.String()
}

// Unwrap returns Err.
func (e *Error) Unwrap() error { return e.Err }

// shapeText writes a shape as [2, 3]; a dimension that may be anything is ?.
func shapeText(shape []int) string {
	parts := make([]string, len(shape))
	for i, d := range shape {
		parts[i] = strconv.Itoa(d)
		if d < 0 {
			parts[i] = "?"
		}
	}
	return "[" + strings.Join(parts, ", ") + "]"
}

// quote writes a name from a file so that it can neither break nor flood a
// terminal.
func quote(name string) string {
	const most = 128
	if len(name) > most {
		return fmt.Sprintf("%+q… (%d bytes)", name[:most], len(name))
	}
	return strconv.Quote(name)
}
