package bench

import (
	"context"
	"fmt"
	"io"
	"runtime"
	"runtime/debug"
	"strings"

	"golang.org/x/sys/cpu"

	"premlp/layers"
)

// Machine is where figures were measured, and what it can do at most.
type Machine struct {
	CPU        string   `json:"cpu"` // "" where the system does not say
	Cores      int      `json:"cores"`
	Features   []string `json:"features"` // vector instructions that matter here
	LastCache  int64    `json:"last_level_cache_bytes"`
	Load       *float64 `json:"load_average"` // of the last minute, before measuring; nil where the system does not say
	OS         string   `json:"os"`
	Arch       string   `json:"arch"`
	Go         string   `json:"go"`
	Revision   string   `json:"revision"` // of this program, with + where its tree had changes; "" where it was not stamped
	Kernel     string   `json:"kernel"`
	Arithmetic string   `json:"arithmetic"`

	PeakLoop string  `json:"peak_loop"` // the instructions of Peak; "": unmeasured
	Peak     []Limit `json:"fma_peak_gflops"`
	Read     []Limit `json:"dram_read_gb_per_s"`
}

// Limit is what a number of threads reach together.
type Limit struct {
	Threads int `json:"threads"`
	Figure
}

// MachineOptions says how a machine is measured; the zero value is right but in
// tests.
type MachineOptions struct {
	Threads   int   // most threads; 0: one per processor
	Runs      int   // of each measurement; 0: 7
	ReadBytes int64 // memory that is read; 0: 512 MiB, or four times the last-level cache
}

// readBytes returns ReadBytes, or what it is by itself.
func (o MachineOptions) readBytes(lastCache int64) int64 {
	if o.ReadBytes > 0 {
		return o.ReadBytes
	}
	return max(512<<20, 4*lastCache)
}

// DescribeMachine measures the machine this runs on: with one thread, with all,
// and for reads with every power of two between. It takes about a second.
func DescribeMachine(ctx context.Context, o MachineOptions) (*Machine, error) {
	m := &Machine{
		CPU: CPUName(), Cores: runtime.NumCPU(), Features: features(), LastCache: lastCache(),
		OS: runtime.GOOS, Arch: runtime.GOARCH, Go: runtime.Version(),
		Kernel: layers.Kernel(), Arithmetic: layers.Arithmetic(), Load: loadAverage(), Revision: revision(debug.ReadBuildInfo()),
	}
	o.Threads = threadsOr(o.Threads)
	if o.Runs == 0 {
		o.Runs = 7
	}
	o.ReadBytes = o.readBytes(m.LastCache)
	for threads := 1; ; threads = min(2*threads, o.Threads) {
		l, err := newLimits(threads, o.ReadBytes)
		if err != nil {
			return nil, err
		}
		err = m.measure(ctx, l, threads, o)
		l.close()
		if err != nil || threads >= o.Threads {
			return m, err
		}
	}
}

// measure adds the limits of a number of threads.
func (m *Machine) measure(ctx context.Context, l *limits, threads int, o MachineOptions) error {
	times, err := Interleave(ctx, o.Runs, nil, l.peak, l.read)
	if err != nil {
		return err
	}
	m.PeakLoop = l.meter.PeakLoop()
	if m.PeakLoop != "" && (threads == 1 || threads == o.Threads) {
		m.Peak = append(m.Peak, Limit{threads, l.peakOf(times[0])})
	}
	m.Read = append(m.Read, Limit{threads, l.readOf(times[1])})
	return nil
}

// Print writes the facts as lines of a report.
func (m *Machine) Print(w io.Writer) {
	name := m.CPU
	if name == "" {
		name = m.Arch
	}
	fmt.Fprintf(w, "machine  %s, %d cores, %s\n", name, m.Cores, strings.Join(m.Features, " "))
	if m.Load != nil {
		fmt.Fprintf(w, "load     %.1f before measuring\n", *m.Load)
	}
	fmt.Fprintf(w, "program  %s %s/%s, kernel %s, arithmetic %s\n", m.Go, m.OS, m.Arch, m.Kernel, m.Arithmetic)
	if m.PeakLoop == "" {
		fmt.Fprintln(w, "FMA peak unmeasured: no assembly in this build or for this processor")
	}
	for _, p := range m.Peak {
		fmt.Fprintf(w, "FMA peak %d threads (%s): best %.1f, median %.1f GFLOP/s\n", p.Threads, m.PeakLoop, p.Best, p.Median)
	}
	for _, r := range m.Read {
		fmt.Fprintf(w, "reads    %d threads: best %.1f, median %.1f GB/s from memory\n", r.Threads, r.Best, r.Median)
	}
}

// threadsOr returns threads, or one per processor for 0.
func threadsOr(threads int) int {
	if threads < 1 {
		return runtime.GOMAXPROCS(0)
	}
	return threads
}

// features lists the vector instructions of the processor.
func features() []string {
	list := []string{}
	for _, f := range []struct {
		name string
		has  bool
	}{
		{"avx2", cpu.X86.HasAVX2}, {"fma", cpu.X86.HasFMA},
		{"avx512f", cpu.X86.HasAVX512F}, {"avx512bw", cpu.X86.HasAVX512BW}, {"avx512vl", cpu.X86.HasAVX512VL},
		{"avx512vnni", cpu.X86.HasAVX512VNNI}, {"avx512bf16", cpu.X86.HasAVX512BF16},
		{"asimd", cpu.ARM64.HasASIMD}, {"sve", cpu.ARM64.HasSVE},
	} {
		if f.has {
			list = append(list, f.name)
		}
	}
	return list
}
