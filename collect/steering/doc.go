// Package steering tests what directions do: it asks a model for facts while its
// activations are edited, and measures how the answers change.
//
// The questions are those of a file of facts. Each is put in the prompt's form
// with the beginning of its answer ("The capital is"), and the log-probabilities
// of the first tokens of all concepts' answers are read behind it. A concept is
// known where its own answer is the best of them; only known concepts are used.
//
// For a target, its direction is then put into the questions about the other
// concepts, at every token after the concept, and the answers are read again. See
// [Effect] for what is measured. Edits of mlp_in change one MLP and edits of the
// residual stream everything behind them: their effects are not comparable in
// size.
//
// Only what an edit changes is computed: tokens before the first edited one once
// for all, and blocks below the edited one once for each question.
package steering
