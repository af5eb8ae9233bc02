package gpu

import (
	"math"
	"reflect"
)

// Arg is an argument of a launch: its bits, and the type that PTX has for it.
type Arg struct {
	bits  uint64
	ptx   string // "u64", "u32", "f32", "f64"
	other string // a Go type that no kernel takes; "" of others
}

// Args makes arguments of a Pointer, an int32, an int64, a float32 or a float64 each.
func Args(args ...any) []Arg { return AppendArgs(nil, args...) }

// AppendArgs is Args behind those of to. Where to has room for them it allocates
// nothing, and neither does its caller for args.
func AppendArgs(to []Arg, args ...any) []Arg {
	for _, arg := range args {
		switch a := arg.(type) {
		case Pointer:
			to = append(to, Arg{bits: uint64(a), ptx: "u64"})
		case int64:
			to = append(to, Arg{bits: uint64(a), ptx: "u64"})
		case int32:
			to = append(to, Arg{bits: uint64(uint32(a)), ptx: "u32"})
		case float32:
			to = append(to, Arg{bits: uint64(math.Float32bits(a)), ptx: "f32"})
		case float64:
			to = append(to, Arg{bits: math.Float64bits(a), ptx: "f64"})
		case nil:
			to = append(to, Arg{other: "nil"})
		default:
			to = append(to, Arg{other: reflect.TypeOf(arg).String()}) // the launch refuses it
		}
	}
	return to
}

// String names the argument's type in errors.
func (a Arg) String() string {
	if a.other != "" {
		return a.other
	}
	return a.ptx
}
