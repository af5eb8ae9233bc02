package ptx

// variable is a declared piece of memory: a parameter, a table, an array that the
// threads of a block share.
type variable struct {
	name  string
	space space
	typ   string // of an element, as "b8", "f32"
	count int64  // elements
	size  int64  // bytes in all; 0 for .extern x[]
	align int64
	data  []byte // what it starts as, or nil for zeros
	line  int
}

// space is a PTX state space.
type space uint8

const (
	spaceGeneric space = iota
	spaceGlobal
	spaceShared
	spaceConst
	spaceLocal
	spaceParam
)

var spaceNames = [...]string{"generic", "global", "shared", "const", "local", "param"}

func (s space) String() string { return spaceNames[s] }

// function is an .entry or a .func as it stands in the text.
type function struct {
	name       string
	entry      bool
	results    []variable
	params     []variable
	body       []statement // nil if it is only declared
	maxThreads int         // of .maxntid or .reqntid; 0 is any
	line       int
}

// statement is one line of a function.
type statement struct {
	kind     statementKind
	line     int
	label    string     // of a label
	decl     []variable // of memory
	regs     registers  // of .reg
	guard    string     // @%p1
	guardNot bool       // @!%p1
	opcode   string     // as "ld.global.f32"
	operands []operand
	targets  []string // of .branchtargets
}

type statementKind uint8

const (
	stInstruction statementKind = iota
	stLabel
	stMemory
	stRegisters
	stOpen  // {
	stClose // }
	stTargets
)

// registers is a .reg declaration: names, or a stem that stands for stem0, stem1, ...
type registers struct {
	typ   string
	names []string
	stem  string
	count int
}

// operand is one operand of an instruction.
type operand struct {
	kind   operandKind
	name   string    // of a name; of an address with a name for its base
	offset int64     // of an address, and of a name with + behind it
	value  uint64    // of a number: its bits
	number byte      // of a number: 'i' integer, 's' bits of a float32, 'd' of a float64
	parts  []operand // of a vector {a, b}, a pair a|b or a list (a, b)
	not    bool      // !name
}

type operandKind uint8

const (
	opName operandKind = iota
	opNumber
	opAddress // [base+offset]
	opVector
	opPair
	opList
)
