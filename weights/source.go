package weights

import "iter"

// Source hands out tensors by name. Its methods are safe for concurrent use.
type Source interface {
	// Tensor returns the named tensor. shape is what the caller expects, -1
	// standing for any length; without one, every shape is accepted. The
	// error is an *Error that wraps ErrMissing, ErrShape or ErrDType.
	Tensor(name string, shape ...int) (*Tensor, error)
	// Has tells whether there is a tensor of that name, of whatever type.
	Has(name string) bool
	// Names yields the names of all tensors, sorted.
	Names() iter.Seq[string]
}
