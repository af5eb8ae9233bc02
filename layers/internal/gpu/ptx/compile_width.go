package ptx

import "strings"

// checkWidths holds that the registers of a plain instruction are as wide as its
// type says, as ptxas does.
func (c *compiler) checkWidths(s *statement, name, typ string) error {
	for i, want := range operandSizes(name, typ, len(s.operands)) {
		o := s.operands[i]
		if o.kind != opName || o.name == "_" {
			continue
		}
		if _, have := c.register(o.name); have != "" && sizeOf[have] != want {
			return wrong(s.line, "%s: operand %d: want a register of %d bits, have %s, a .%s", s.opcode, i+1, 8*want, o.name, have)
		}
	}
	return nil
}

// operandSizes returns the bytes of an instruction's operands, the result first.
func operandSizes(name, typ string, count int) []int64 {
	sizes := make([]int64, count)
	for i := range sizes {
		sizes[i] = sizeOf[typ]
	}
	op, rest, _ := strings.Cut(name, ".")
	wide := strings.HasPrefix(rest, "wide.")
	switch {
	case op == "mul" && wide:
		sizes[0] *= 2
	case op == "mad" && wide:
		sizes[0] *= 2
		sizes[3] *= 2
	case op == "shl" || op == "shr":
		sizes[2] = 4
	case op == "bfe":
		sizes[2], sizes[3] = 4, 4
	case op == "bfi":
		sizes[3], sizes[4] = 4, 4
	case op == "selp":
		sizes[3] = 1
	case op == "testp":
		sizes[0] = 1
	case op == "popc" || op == "clz" || op == "bfind":
		sizes[0] = 4
	}
	return sizes
}
