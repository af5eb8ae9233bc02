// Package model loads a decoder-only transformer and runs its forward pass.
//
// [Open] reads a checkpoint's config, [Model.Session] builds the graph up to the
// last place that is wanted and packs the weights it needs, and [Session.Run]
// computes a batch of prompts and hands over the activations as they are
// computed. Every architecture is one file here and one line in the table of
// arch.go.
package model
