package gpu

import (
	"fmt"
	"maps"

	"premlp/layers/internal/gpu/ptx"
)

// Call is a kind of call of a Device.
type Call string

// The calls that can be counted and made to fail.
const (
	CallAlloc    Call = "Alloc"
	CallFree     Call = "Free"
	CallUpload   Call = "Upload"
	CallDownload Call = "Download"
	CallLaunch   Call = "Launch"
	CallSync     Call = "Sync"

	CallAllocHost     Call = "AllocHost"
	CallDownloadLater Call = "DownloadLater"
)

// EmulatorStats counts what an Emulator was asked for since it was made or the last
// ResetStats.
type EmulatorStats struct {
	Calls      map[Call]int64
	Uploaded   int64 // bytes
	Downloaded int64
	Used       int64 // bytes allocated now, in pieces of 256
	Peak       int64 // the most that was
	Launches   map[string]int64
	Kernels    map[string]*ptx.Stats // the sum over a kernel's launches
}

func newEmulatorStats() EmulatorStats {
	return EmulatorStats{Calls: map[Call]int64{}, Launches: map[string]int64{}, Kernels: map[string]*ptx.Stats{}}
}

// Stats returns a copy of the counts.
func (e *Emulator) Stats() EmulatorStats {
	s := e.stats
	s.Calls, s.Launches, s.Kernels = maps.Clone(s.Calls), maps.Clone(s.Launches), map[string]*ptx.Stats{}
	for name, counts := range e.stats.Kernels {
		s.Kernels[name] = counts.Clone()
	}
	return s
}

// ResetStats sets the counts to 0, but for the memory that is in use.
func (e *Emulator) ResetStats() {
	used := e.stats.Used
	e.stats = newEmulatorStats()
	e.stats.Used, e.stats.Peak = used, used
}

func (s *EmulatorStats) add(kernel string, counts *ptx.Stats) {
	s.Launches[kernel]++
	if sum := s.Kernels[kernel]; sum != nil {
		sum.Add(counts)
	} else {
		s.Kernels[kernel] = counts
	}
}

// failure is an injected one: it happens when left reaches 0.
type failure struct {
	left int
	err  error
}

// FailAt makes the n-th call of a kind from now fail with err, n from 1 on. It
// fails once, and has no effect.
func (e *Emulator) FailAt(c Call, n int, err error) { e.failing[c] = failure{n, err} }

func (e *Emulator) inject(c Call) error {
	f, ok := e.failing[c]
	if !ok {
		return nil
	}
	if f.left--; f.left > 0 {
		e.failing[c] = f
		return nil
	}
	delete(e.failing, c)
	return fmt.Errorf("device: %s: %w", c, f.err)
}
