package gpu

import "fmt"

// Error implements error.
func (e *OutOfMemory) Error() string {
	return fmt.Sprintf("device memory: want %d bytes, have %d free", e.Wanted, e.Free)
}
