package layers

import (
	"fmt"
	"slices"
	"strings"

	"premlp/layers/internal/gpu"
)

// allDevices is the name that stands for every graphics card.
const allDevices = "cuda:all"

// ParseDevices checks a list of devices: names as [ParseDevice] takes them,
// between commas and each once, or "cuda:all", every graphics card there is. Of
// several, none may be "auto".
func ParseDevices(list string) (names []string, err error) {
	if list == allDevices {
		return []string{list}, nil
	}
	numbers := map[int]bool{}
	names = strings.Split(list, ",")
	for _, name := range names {
		n, err := ParseDevice(name)
		if err != nil {
			return nil, fmt.Errorf("want cpu, cuda, cuda:N, auto, %s, or several between commas, have %q", allDevices, name)
		}
		if len(names) > 1 && name == "auto" {
			return nil, fmt.Errorf("want no auto among several devices, have %q", list)
		}
		if numbers[n] {
			return nil, fmt.Errorf("want each device once, have %q", list)
		}
		numbers[n] = true
	}
	return names, nil
}

// DeviceNames is ParseDevices with the names of all cards in the place of
// "cuda:all"; it asks the driver for their number. Without any the error is
// [ErrNoDevice].
func DeviceNames(list string) ([]string, error) {
	names, err := ParseDevices(list)
	if err != nil || !slices.Equal(names, []string{allDevices}) {
		return names, err
	}
	count, err := gpu.Count() // 0 with an error
	names = nil
	for i := range count {
		names = append(names, fmt.Sprintf("cuda:%d", i))
	}
	return names, err
}
