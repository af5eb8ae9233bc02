package gpu

import (
	"regexp"
	"strings"
	"testing"
)

// oneWay lists the branches that no launch takes both ways: by kernel and by the
// condition that decides, registers left out, and why.
var oneWay = []struct{ kernels, condition, reason string }{
	{"function", "setp.eq.s32 _, _, 4", "of the numbers up to 4 the others are told apart before"},
	{"gated", "setp.eq.s32 _, _, 4", "of the numbers up to 4 the others are told apart before"},
	{"function|gated", "setp.gt.f32 _, _, 0f42B17218", "exp of GELU: its argument is at most 0"},
	{"gated", "setp.geu.f64 _, _, 0d3FB0000000000000", "soft cap, of a limit of 0: x/0 is infinite"},
	{"gated", "setp.lt.f32 _, _, 0fC2CFF1B5", "soft cap, of a limit of 0: x/0 is infinite"},
	{"rmsnorm|add_rmsnorm|layernorm", "setp.lt.s32 _, _, 1", "a row has a value"},
	{"matmul|matmul_large", "setp.lt.s32 _, _, 1", "k is 1 or more"},
	{"round_.*", "setp.ge.s32 _, _, _", "a row's end is in the last of four steps, not in those before"},
	{"round_.*", "setp.lt.s32 _, _, _", "a row's end is in the last of four steps, not in those before"},
	{"round_.*", "setp.ne.s32 _, _, _", "a row is 128 bytes or more, of which a warp has as many steps"},
	{"(bf16|tf32)_.*", "setp.lt.s32 _, _, 128", "a rounded row is 128 bytes or more"},
	{"attention_.*", "setp.gt.f32 _, _, 0f42B17218", "exp of a score less the largest: at most 0"},
	{"attention_.*", "setp.nan.f32 _, _, _", "exp of a sink less the largest, or of a score that is no number beside a bias"},
	{"attention_.*", "setp.lt.s32 _, _, 1", "a head has a value, a tile a key"},
	{"attention_.*", "setp.eq.s32 _, _, 1", "keys that all queries of a tile see are 64 at once"},
	{"attention_.*", "setp.eq.s32 _, _, 0", "keys that all queries of a tile see are 64 at once; a key lies in one of the ranges"},
	{"attention_.*", "setp.ge.s32 _, _, _", "a key lies in one of the ranges"},
	{"attention_64", "setp.lt.s32 _, _, _", "a tile has a key"},
	{"attention_128", "and.pred _, _, _", "a tile of queries that see all keys has no rest"},
}

// ruledOut says why a branch goes one way, "" where nothing says so.
func ruledOut(kernel, condition string) string {
	for _, o := range oneWay {
		if o.condition == condition && regexp.MustCompile("^("+o.kernels+")$").MatchString(kernel) {
			return o.reason
		}
	}
	return ""
}

// covered fails where the launches of a kernel took a branch one way only and neither
// oneWay lists it nor is it the slow path of a division.
func (b *bench) covered(kernels ...string) {
	b.Helper()
	if testing.Short() {
		return // there are few shapes
	}
	stats := b.e.Stats()
	for _, name := range kernels {
		s := stats.Kernels[name]
		if s == nil {
			b.Errorf("%s: never launched", name)
			continue
		}
		lines := textOf(name)
		slow, listed := 0, 0
		for _, m := range s.Missing() {
			if !m.Jump {
				continue
			}
			switch condition := lines.condition(m.Line); {
			case condition == slowDivision:
				slow++
			case ruledOut(name, condition) != "":
				listed++
			default:
				b.Errorf("%s: line %d: %s: %s: taken %d times, not %d", name, m.Line, strings.TrimSpace(m.Text), condition, m.Taken, m.Not)
			}
		}
		b.Logf("%s: %d launches, %d instructions of threads, %d branches; one way only: %d slow paths of divisions, %d ruled out", name, stats.Launches[name], s.Instructions, len(s.Branches), slow, listed)
	}
}

// slowDivision is the condition that a 64-bit division's operands have more than 32
// bits: only tensors of 2^32 values have such.
const slowDivision = "division of more than 32 bits"

// ptxLines is a PTX text by lines.
type ptxLines []string

// textOf returns the text that has a kernel.
func textOf(kernel string) ptxLines {
	for _, text := range []string{PTX, PTX80, PTX90} {
		if strings.Contains(text, ".entry "+kernel+"(") {
			return strings.Split(text, "\n")
		}
	}
	return nil
}

var (
	guard    = regexp.MustCompile(`^\s*@!?(%p\d+)`)
	register = regexp.MustCompile(`%[a-z]+\d+`)
	high     = regexp.MustCompile(`setp\.(?:ne|eq)\.s64\s+%p\d+, (%rd\d+), 0;`)
)

// condition is what sets the predicate of the branch at a line, from 1 on: the nearest
// instruction before it, or else behind it, with registers left out.
func (l ptxLines) condition(line int) string {
	m := guard.FindStringSubmatch(l[line-1])
	if m == nil {
		return strings.TrimSpace(l[line-1])
	}
	set := l.set(line-1, m[1])
	if d := high.FindStringSubmatch(set); d != nil && strings.Contains(l.set(line-1, d[1]), "-4294967296") {
		return slowDivision
	}
	return strings.TrimSuffix(strings.Join(strings.Fields(register.ReplaceAllString(set, "_")), " "), ";")
}

// set finds the instruction that sets a register, before a line of its kernel.
func (l ptxLines) set(line int, register string) string {
	sets := regexp.MustCompile(`^\s*[a-z][a-z0-9.]*\s+\{?` + register + `\b`)
	begin := line
	for begin > 0 && !strings.Contains(l[begin], ".entry") {
		begin--
	}
	for at := line - 1; at >= begin; at-- {
		if sets.MatchString(l[at]) && !strings.Contains(l[at], "st.") {
			return strings.TrimSpace(l[at])
		}
	}
	for at := line; at < len(l) && !strings.Contains(l[at], ".entry"); at++ {
		if sets.MatchString(l[at]) {
			return strings.TrimSpace(l[at])
		}
	}
	return register
}
