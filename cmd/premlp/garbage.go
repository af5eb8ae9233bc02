package main

import (
	"os"
	"runtime/debug"
)

// boundGarbage keeps garbage to a quarter of what is in use, until the function
// it returns is called. While a job runs, what is in use is weights and arenas:
// large arrays without pointers, cheap to collect, to whose size garbage would
// grow otherwise. A GOGC of the user's stands.
func boundGarbage() (restore func()) {
	if os.Getenv("GOGC") != "" {
		return func() {}
	}
	before := debug.SetGCPercent(25)
	return func() { debug.SetGCPercent(before) }
}
