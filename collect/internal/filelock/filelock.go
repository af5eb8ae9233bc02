// Package filelock locks files between processes, by the operating system: a lock
// vanishes with the process that holds it, however that ends.
package filelock

import "errors"

// ErrBusy is what Try gives when another process holds the lock.
var ErrBusy = errors.New("held")
