// Package layers builds a transformer's forward graph out of Gorgonia nodes.
//
// A layer is a function from a [Scope] and nodes to a node. The Scope is a path
// into the checkpoint: s.Sub("mlp").Weight("up_proj.weight", F, D) asks for the
// tensor at that path and states its shape. Building never stops at the first
// fault; [Graph.Err] lists every one.
//
// # Letters in shapes
//
//	T  tokens of the batch        D  model width      V  vocabulary
//	H  query heads                K  key/value heads  E  head width
//	F  MLP width                  R  selected rows (len of Batch.Sel)
//
// # Decoding
//
// A machine with a [Cache] keeps the keys and values of the tokens it has
// computed. A batch that names rows of the cache continues sequences of earlier
// runs: its tokens get the bits they would have in one run of the whole
// sequence. Who runs the machine decides which rows a sequence has.
//
// # Interventions
//
// A batch may name edits: changes of chosen rows of a point ([Add],
// [SetProjection], [Replace]), made by the op that computes the point before any
// other op reads it. An op without edits does nothing more than it did.
//
// # Rules of the graph
//
// The package has one gorgonia.Op type, [Op]. Gorgonia merges nodes whose ops
// hash alike and its built-in arithmetic overwrites the values of earlier
// nodes, so the graph is made of Op alone: each instance carries a unique key
// (its module path) in its hash, writes only its own output, and no input.
// Node shapes are static, values are dynamic: a node is declared (maxTokens,
// columns) and holds a value of (T, columns), so one compiled machine serves
// every batch. Outputs live in an arena planned by liveness; a node's Value is
// right after a run only if it was kept (see [Machine]). Activations are taken
// as they are computed, through a [Sink].
package layers
