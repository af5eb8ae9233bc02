package main

import (
	"bytes"
	"errors"
	"fmt"
	"runtime"
	"runtime/pprof"

	"github.com/google/renameio/v2/maybe"
	"github.com/spf13/cobra"
)

// pprofFlags are the files that get profiles of this program, for go tool pprof.
type pprofFlags struct{ cpu, memory string }

// add adds the flags to every command.
func (f *pprofFlags) add(root *cobra.Command) {
	root.PersistentFlags().StringVar(&f.cpu, "cpuprofile", "", "file that gets a profile of the processor time, for go tool pprof")
	root.PersistentFlags().StringVar(&f.memory, "memprofile", "", "file that gets a profile of the memory, for go tool pprof")
}

// around runs a command's own code and writes the profiles that are asked for when
// it has ended, in whatever way.
func (f *pprofFlags) around(body func() error) error {
	if err := errors.Join(checkFolder(f.cpu), checkFolder(f.memory)); err != nil {
		return err
	}
	if f.cpu == "" {
		return f.finish(body())
	}
	var profile bytes.Buffer // a few kilobytes a minute
	if err := pprof.StartCPUProfile(&profile); err != nil {
		return fmt.Errorf("--cpuprofile: %w", err)
	}
	err := body()
	pprof.StopCPUProfile()
	if werr := maybe.WriteFile(f.cpu, profile.Bytes(), 0o644); werr != nil {
		err = errors.Join(err, fmt.Errorf("--cpuprofile: %w", werr))
	}
	return f.finish(err)
}

// finish writes the profile of the memory. err is the command's own.
func (f *pprofFlags) finish(err error) error {
	if f.memory == "" {
		return err
	}
	runtime.GC() // the figures of memory in use are those of the last collection
	var profile bytes.Buffer
	werr := pprof.WriteHeapProfile(&profile)
	if werr == nil {
		werr = maybe.WriteFile(f.memory, profile.Bytes(), 0o644)
	}
	if werr != nil {
		return errors.Join(err, fmt.Errorf("--memprofile: %w", werr))
	}
	return err
}
