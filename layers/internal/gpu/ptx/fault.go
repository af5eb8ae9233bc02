package ptx

import "fmt"

// Dim is the extent of a grid or a block, or a place in one.
type Dim struct{ X, Y, Z int }

// Fault is what a kernel did that it must not.
type Fault struct {
	Kernel string
	Line   int    // of the PTX text
	Text   string // the instruction
	Block  Dim    // where
	Thread Dim
	What   string
}

// Error implements error.
func (f *Fault) Error() string {
	return fmt.Sprintf("%s: block (%d,%d,%d), thread (%d,%d,%d), PTX line %d, %s: %s", f.Kernel, f.Block.X, f.Block.Y, f.Block.Z, f.Thread.X, f.Thread.Y, f.Thread.Z, f.Line, f.Text, f.What)
}

// fault ends a block; block.execute recovers what it throws.
func (w *warp) fault(in *instr, lane int, format string, a ...any) {
	b := w.block
	x, y := b.launch.Block.X, b.launch.Block.Y
	thread := w.index*lanes + lane
	panic(&Fault{
		Kernel: b.kernel.Name, Line: int(in.line), Text: b.kernel.statementText(in.line), Block: b.at,
		Thread: Dim{thread % x, thread / x % y, thread / (x * y)},
		What:   fmt.Sprintf(format, a...),
	})
}
