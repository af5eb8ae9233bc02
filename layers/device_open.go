package layers

import (
	"fmt"
	"strconv"
	"strings"

	"premlp/layers/internal/gpu"
)

// ErrNoDevice is the error of [OpenDevice] where there is no such device: no driver,
// no card, or a program built without them. The error's text says which.
var ErrNoDevice = gpu.ErrNone

// OutOfMemory is the error of a device that has too little memory left.
type OutOfMemory = gpu.OutOfMemory

// ParseDevice checks a device's name: "cpu", this machine's processor; "cuda" or
// "cuda:N", a graphics card; "auto", the first card or else the processor. Number
// is N, 0 where none is given, and -1 of the processor.
func ParseDevice(name string) (number int, err error) {
	rest, numbered := strings.CutPrefix(name, "cuda:")
	switch {
	case name == "cpu":
		return -1, nil
	case name == "cuda", name == "auto":
		return 0, nil
	case numbered:
		n, err := strconv.ParseUint(rest, 10, 15)
		if err == nil {
			return int(n), nil
		}
	}
	return 0, fmt.Errorf("want cpu, cuda, cuda:N or auto, have %q", name)
}

// OpenDevice opens the device of a name; see [ParseDevice]. It is nil for the
// processor. With "auto" a card that is there and does not work is an error.
func OpenDevice(name string) (Device, error) {
	number, err := ParseDevice(name)
	if err != nil {
		return nil, fmt.Errorf("device: %w", err)
	}
	if number < 0 {
		return nil, nil
	}
	return gpu.Open(number)
}

// EmulatedDevice executes the kernels' own text on this machine's processor, with so
// much memory in bytes. It is a proof of the kernels, and slow: a model of a few
// million parameters is as much as it can run.
func EmulatedDevice(memory int64) (Device, error) {
	return gpu.NewEmulator(gpu.PTX, memory, gpu.PTX80, gpu.PTX90)
}

// DeviceName says which device it is, in one line: "cpu" of nil.
func DeviceName(d Device) string {
	if d == nil {
		return "cpu"
	}
	i := d.Info()
	return fmt.Sprintf("%s: %s, %s", i.Kind, i.Name, i.Version)
}
