package layers

// watchFinite makes computed look for values that are no finite numbers. Nothing
// in the program sets it: a debugger does, before or during a run.
var watchFinite bool

// computed is the place for breakpoints: every op passes it once its value is
// computed and edited, before anything reads it. The arguments are the op (its
// key, kind, layer), its inputs and its value, which may be changed here. It
// costs a call: nothing beside an op. docs/debugging.md shows its use.
//
//go:noinline
func computed(o *Op, in []Mat, out Mat) {
	if !watchFinite {
		return
	}
	for i, x := range out.Data {
		if x-x != 0 {
			notFinite(o, in, out, i/out.Cols, i%out.Cols)
			return
		}
	}
}

// notFinite is the place for a breakpoint at ops whose value holds a NaN or an
// infinity, the first of them in out at row, col. It is passed where watchFinite
// is set.
//
//go:noinline
func notFinite(o *Op, in []Mat, out Mat, row, col int) {}
