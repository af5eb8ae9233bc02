package ptx

import "slices"

// plainConversion returns a quick version of the conversions that kernels do in
// their loops, or nil.
func plainConversion(to, from string, mode rounding, mods []string) alu {
	if slices.Contains(mods, "sat") || slices.Contains(mods, "relu") {
		return nil
	}
	if isFloatType(to) || isFloatType(from) {
		if mode != nearestEven {
			return nil
		}
		switch to + "." + from {
		case "f32.s32":
			return func(d, a, _, _, _ *row) {
				for i := range d {
					d[i] = bits32(float32(int32(a[i])))
				}
			}
		case "f32.u32":
			return func(d, a, _, _, _ *row) {
				for i := range d {
					d[i] = bits32(float32(uint32(a[i])))
				}
			}
		case "f64.f32":
			return func(d, a, _, _, _ *row) {
				for i := range d {
					d[i] = bits64(float64(f32(a[i])))
				}
			}
		case "f32.f64":
			return func(d, a, _, _, _ *row) {
				for i := range d {
					d[i] = bits32(float32(f64(a[i])))
				}
			}
		}
		return nil
	}
	switch from { // the writer of a narrower type drops what is above it
	case "u64", "s64", "b64":
		return alus["mov.64"]
	case "u32", "b32":
		return extend[uint32]
	case "s32":
		return extend[int32]
	case "u16", "b16":
		return extend[uint16]
	case "s16":
		return extend[int16]
	case "u8", "b8":
		return extend[uint8]
	case "s8":
		return extend[int8]
	}
	return nil
}

func extend[T integer](d, a, _, _, _ *row) {
	for i := range d {
		d[i] = uint64(T(a[i]))
	}
}

// cvtPair compiles cvt.rn.bf16x2.f32 d, a, b: a goes to the upper half.
func (c *compiler) cvtPair(s *statement, to, from string, mods []string) error {
	if len(s.operands) != 3 || from != "f32" || to != "bf16x2" && to != "f16x2" {
		return wrong(s.line, "%s: not a conversion that is known here", s.opcode)
	}
	mode := nearestEven
	for _, m := range mods {
		r, ok := roundings[m]
		if !ok {
			return wrong(s.line, "%s: .%s is not known here", s.opcode, m)
		}
		mode = r
	}
	write := floatToHalf
	if to == "bf16x2" {
		write = floatToBfloat
	}
	d, err := c.destination(s.operands[0])
	if err != nil {
		return err
	}
	a, err := c.from(s.operands[1], from)
	if err != nil {
		return err
	}
	b, err := c.from(s.operands[2], from)
	if err != nil {
		return err
	}
	c.compute(func(d, a, b, _, _ *row) {
		for i := range d {
			d[i] = write(float64(f32(a[i])), mode)<<16 | write(float64(f32(b[i])), mode)
		}
	}, d, a, b)
	return nil
}
