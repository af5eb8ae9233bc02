package ptx

// lanes is how many threads a warp has.
const lanes = 32

// row is one register of the threads of a warp. What is above the register's width
// is undefined: an instruction reads as many bits as its type has.
type row [lanes]uint64

// alu computes d from up to four sources, for all lanes of a warp. It cannot fail.
// What it computes in a lane that does not take part is dropped.
type alu func(d, a, b, c, e *row)

// instr is a compiled instruction. Its operands are indices of rows.
type instr struct {
	kind          kind
	guardNot      bool
	guard         int32 // row of the predicate, or none
	d, a, b, c, e int32
	f             alu
	target        int32 // of a branch: index of an instruction
	x             int32 // index into the kernel's accesses or exchanges
	line          int32 // of the text
	branch        int32 // index into the counts of branches, or none
}

// none stands where there is no row.
const none = -1

type kind uint8

const (
	kindALU kind = iota
	kindBranch
	kindExit
	kindLoad
	kindStore
	kindAtomic
	kindBarrier
	kindExchange // shfl, vote: lanes of a warp read each other
	kindTrap
	kindNothing
)

// access says what a load, store or atomic does. Its address is row a of the
// instruction plus offset.
type access struct {
	space  space
	size   int64 // bytes of an element
	count  int   // elements, 1, 2, 4 or 8
	rows   [8]int32
	signed bool // sign-extend what is loaded
	narrow bool // the address is 32 bits
	offset int64
	update func(old, b, c uint64) uint64 // of an atomic
}

// exchange says what an instruction does that reads across the lanes of a warp.
type exchange struct {
	members int32 // row of the mask of lanes that take part, or none: those that are there
	apply   func(w *warp, in *instr, mask uint32)
}

// Param is a parameter of a kernel.
type Param struct {
	Name   string
	Type   string // as "u64", "f32"; "b8" of a structure
	Offset int64  // in the buffer of arguments
	Size   int64  // bytes
}

// Kernel is a compiled .entry.
type Kernel struct {
	Name       string
	Params     []Param
	ParamBytes int64 // size of the buffer of arguments
	Shared     int64 // bytes of shared memory that it declares
	Local      int64 // bytes of local memory of a thread
	MaxThreads int   // of a block, by .maxntid; 0 is any

	code      []instr
	accesses  []access
	exchanges []exchange
	rows      int
	consts    []constant
	specials  []special
	lines     []string // of the whole text, for messages
	granule   int64    // the smallest access to shared memory
	branches  []Branch // without counts

	globalGranule int64 // the smallest store or load of global memory
}

// constant is a row that holds one value.
type constant struct {
	row   int32
	value uint64
}

// special is a row that holds a special register.
type special struct {
	row int32
	id  specialID
}

// statementText is the line of the text that an instruction stands on.
func (k *Kernel) statementText(line int32) string {
	if line < 1 || int(line) > len(k.lines) {
		return ""
	}
	return trimStatement(k.lines[line-1])
}
