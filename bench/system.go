package bench

import (
	"bufio"
	"os"
	"runtime/debug"
	"strconv"
	"strings"
)

// CPUName returns what the system calls its processor, "" where it does not
// say.
func CPUName() string { return fieldOf("/proc/cpuinfo", "model name") }

// fieldOf returns the value of the first line "name: value" of a file, "" where
// there is none.
func fieldOf(path, field string) string {
	f, err := os.Open(path)
	if err != nil {
		return ""
	}
	defer f.Close()
	for lines := bufio.NewScanner(f); lines.Scan(); {
		if name, value, ok := strings.Cut(lines.Text(), ":"); ok && strings.TrimSpace(name) == field {
			return strings.TrimSpace(value)
		}
	}
	return ""
}

// lastCache returns the bytes of the last-level cache, 0 where the system does
// not say.
func lastCache() int64 {
	var largest int64
	for i := range 8 {
		data, err := os.ReadFile("/sys/devices/system/cpu/cpu0/cache/index" + strconv.Itoa(i) + "/size")
		if err != nil {
			break
		}
		largest = max(largest, kilobytes(strings.TrimSuffix(strings.TrimSpace(string(data)), "K")))
	}
	return largest
}

// loadAverage returns how many processes ran or waited to run in the last minute, nil
// where the system does not say.
func loadAverage() *float64 {
	data, err := os.ReadFile("/proc/loadavg")
	if err != nil {
		return nil
	}
	first, _, _ := strings.Cut(string(data), " ")
	load, err := strconv.ParseFloat(first, 64)
	if err != nil {
		return nil
	}
	return &load
}

// revision returns the commit that a program was built from.
func revision(info *debug.BuildInfo, ok bool) string {
	if !ok {
		return ""
	}
	commit, changed := "", ""
	for _, s := range info.Settings {
		switch {
		case s.Key == "vcs.revision":
			commit = s.Value
		case s.Key == "vcs.modified" && s.Value == "true":
			changed = "+"
		}
	}
	if commit == "" {
		return ""
	}
	return commit + changed
}

// Memory is what this process holds of the machine's memory, in bytes; zero
// where the system does not say.
type Memory struct {
	Peak int64 `json:"peak_resident_bytes"` // most that was resident since ForgetPeak, mapped files included
	File int64 `json:"file_resident_bytes"` // of mapped files, now
}

// ForgetPeak gives free memory back and lets Memory.Peak begin anew: what
// measuring the machine took is none of the job's. Where the system can do
// neither, the peak is the process's.
func ForgetPeak() {
	debug.FreeOSMemory()
	_ = os.WriteFile("/proc/self/clear_refs", []byte("5"), 0)
}

// ReadMemory returns the memory of this process.
func ReadMemory() Memory {
	read := func(field string) int64 {
		return kilobytes(strings.TrimSuffix(fieldOf("/proc/self/status", field), " kB"))
	}
	return Memory{Peak: read("VmHWM"), File: read("RssFile")}
}

// kilobytes returns the bytes of a number of KiB in text, 0 for anything else.
func kilobytes(text string) int64 {
	n, err := strconv.ParseInt(text, 10, 64)
	if err != nil {
		return 0
	}
	return n << 10
}
